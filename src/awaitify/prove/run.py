"""Runs a suite, with the probe, in a process group that ends with it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from awaitify.prove import group, reading
from awaitify.prove.outcome import SuiteRun

_PLUGINS = Path(__file__).parent / "probe"
# What pytest and its plugins set for the processes of their own tests.
_OF_ANOTHER_RUN = (
    "PYTEST_CURRENT_TEST",
    "PYTEST_VERSION",
    "PYTEST_XDIST_",
    "COV_CORE_",
)


@dataclass(frozen=True)
class Suite:
    """What runs which tests, and where."""

    command: tuple[str, ...]
    """What runs pytest: ``python -m pytest``, ``uv run pytest``."""
    arguments: tuple[str, ...]
    """Of pytest: those that the user has given, and those of a repetition."""
    cwd: Path
    root: Path
    """What paths are relative to."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to that of this process."""


class NotRun(Exception):
    """The command cannot be started."""


def run(suite: Suite, *, deadline: float | None) -> SuiteRun:
    """Run a suite to its end.

    Args:
        suite: what to run.
        deadline: the seconds after which it is ended; None for as long as it takes.

    Returns:
        What is known of it: of one that did not come to its end, too.

    Raises:
        NotRun: there is no such command.
        KeyboardInterrupt: it was interrupted; nothing of it runs any more.

    """
    # Links resolved: a temporary directory often lies behind one, and tests compare.
    with tempfile.TemporaryDirectory(prefix="awaitify-") as name, _held(name) as lock:
        folder = Path(name).resolve()
        notes = folder / "notes"
        notes.mkdir()
        begin = time.perf_counter()
        try:
            ended = group.run(
                [*suite.command, *suite.arguments],
                suite.cwd,
                {**_environment(suite, folder), **lock},
                deadline,
            )
        except OSError as error:
            why = error.strerror or str(error)
            raise NotRun(f"{suite.command[0]} cannot be run: {why}") from error
        seconds = time.perf_counter() - begin
        return reading.suite_run(reading.notes(notes), ended, seconds)


@contextmanager
def _held(folder: str) -> Iterator[Mapping[str, str]]:
    """Hold a lock by which the suite sees that we are there; yield its variable.

    If we are killed, the suite is not: it ends after the test that it runs then.
    """
    try:
        import fcntl
    except ImportError:
        yield {}
        return
    path = os.path.join(folder, "lock")
    with open(path, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # The file system knows no locks.
            yield {}
        else:
            yield {"AWAITIFY_LOCK": path}


def _environment(suite: Suite, folder: Path) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OF_ANOTHER_RUN)
    }
    environment = {**inherited, **suite.environment}
    path, options = (environment.get(n) for n in ("PYTHONPATH", "PYTEST_ADDOPTS"))
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_PLUGINS.resolve()), path])),
        # Not on the command line: what is tested may read that.
        "PYTEST_ADDOPTS": " ".join(filter(None, ["-p awaitify_probe", options])),
        # Files are replaced within a second: their compiled form would be run.
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWAITIFY_NOTES": str(folder / "notes"),
        "AWAITIFY_ROOT": str(suite.root),
        "AWAITIFY_PYTEST_CACHE": str(folder / "cache"),
    }
