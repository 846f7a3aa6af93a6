"""What runs the project's pytest: its own interpreter, or the command it names."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from awaitify.config import Options, UsageError
from awaitify.environment import Environment
from awaitify.project import Project
from awaitify.prove.run import Suite

_NAME = re.compile(r"[-_.]+")


def suite(options: Options, found: Project) -> Suite:
    """Return what runs the suite: where the user is, as the user would.

    Args:
        options: ``command`` of the configuration comes first, then ``--python``.
        found: the project, and the environment that was found for it.

    Raises:
        UsageError: there is no interpreter, or no pytest where it would look for it.

    """
    here = Path(os.path.realpath(os.curdir))
    command = _command(options, found)
    return Suite(command, options.pytest_arguments, here, found.root)


def plugins(environment: Environment) -> frozenset[str]:
    """Return the names of the distributions that an environment has."""
    return frozenset(
        _NAME.sub("-", entry.name.partition("-")[0]).lower()
        for place in environment.site
        if place.is_dir()
        for entry in place.glob("*.dist-info")
    )


def _command(options: Options, found: Project) -> tuple[str, ...]:
    environment = found.environment
    if options.command is not None and "python" not in options.given:
        try:
            words = shlex.split(options.command)
        except ValueError as error:
            raise UsageError(f"prove.command: {error}") from error
        if not words:
            raise UsageError("prove.command names no command")
        # What has a directory is looked for from the project's root on.
        name = str(found.root / words[0]) if os.path.dirname(words[0]) else words[0]
        return name, *words[1:]
    python = executable(options.python, environment)
    if python is None:
        raise UsageError(
            "no interpreter of the project was found: activate its virtual "
            "environment, or name it with --python, or name what runs pytest as "
            "`command` in [tool.awaitify.prove]"
        )
    if environment.site and not any(
        (place / "pytest").is_dir() for place in environment.site
    ):
        raise UsageError(f"{python} has no pytest: name another with --python")
    return (str(python), "-m", "pytest")


def executable(python: str | None, environment: Environment) -> Path | None:
    """Return the interpreter that is named, or that of an environment."""
    if python is not None:
        path = Path(python).expanduser()
        if not path.exists():
            which = shutil.which(python)
            return Path(which) if which else None
        if path.is_file():
            # Not resolved: a link is what makes it that of a virtual environment.
            return path.absolute()
    home = Path(python).absolute() if python is not None else environment.home
    return next(_executables(home), None) if home is not None else None


def _executables(home: Path) -> Iterator[Path]:
    for name in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
        if (home / name).is_file():
            yield home / name
