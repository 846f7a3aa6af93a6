"""The pinned suites: what the manifest says, and where a prepared one lies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from tests.suite_runs import Run, run_pytest

_MANIFEST = Path(__file__).with_name("manifest.toml")
_SECONDS_PER_RUN = 480


@dataclass(frozen=True)
class Suite:
    """One entry of the manifest."""

    key: str
    version: str
    sha256: str
    python: str
    """The Python to prefer, as ``3.12``."""
    tests: Sequence[str]
    """Paths or patterns, relative to the source."""
    collected: int
    passed: int
    name: str = ""
    """The distribution; the key unless it differs."""
    requirements: Sequence[str] = ()
    """What the environment needs beside the distribution itself."""
    arguments: Sequence[str] = ()
    """More arguments of pytest."""
    notes: str = ""


@dataclass(frozen=True)
class Place:
    """The folder of one prepared suite, and what is in it."""

    folder: Path
    source: Path = field(init=False)
    environment: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", self.folder / "source")
        object.__setattr__(self, "environment", self.folder / "environment")

    @property
    def python(self) -> Path:
        """The interpreter of the suite's environment."""
        scripts = "Scripts" if os.name == "nt" else "bin"
        return self.environment / scripts / "python"

    def run(self, suite: Suite, source: Path, record: str) -> Run:
        """Run the suite's tests as they stand in `source`."""
        arguments = ["-q", "-p", "no:cacheprovider", "--tb=short"]
        return run_pytest(
            source,
            [*arguments, *test_paths(suite, source), *suite.arguments],
            self.folder / record,
            python=self.python,
            timeout=_SECONDS_PER_RUN,
        )


def load() -> dict[str, Suite]:
    """Read the manifest."""
    data: dict[str, Any] = tomlkit.parse(_MANIFEST.read_text("utf-8")).unwrap()
    common = data.pop("common")
    return {key: _suite(key, entry, common) for key, entry in data.items()}


def _suite(key: str, entry: dict[str, Any], common: list[str]) -> Suite:
    requirements = [*entry.pop("requirements", ()), *common]
    name = entry.pop("name", key)
    return Suite(key, name=name, requirements=requirements, **entry)


def cache() -> Path:
    """Return the folder that holds prepared suites: $AWAITIFY_CORPUS, if set."""
    default = Path(tempfile.gettempdir(), "awaitify-corpus")
    return Path(os.environ.get("AWAITIFY_CORPUS") or default).resolve()


def place(suite: Suite) -> Place:
    """Return where `suite` lies.

    Raises:
        ValueError: inside a git repository, whose ignore files and state would
            count for the suite.

    """
    folder = cache() / suite.key
    for parent in folder.parents:
        if (parent / ".git").exists():
            raise ValueError(f"{folder} is inside the git repository {parent}")
    return Place(folder)


def test_paths(suite: Suite, source: Path) -> list[str]:
    """Return the suite's tests, patterns resolved, relative to `source`."""
    return [
        path
        for pattern in suite.tests
        for path in (
            sorted(p.relative_to(source).as_posix() for p in source.glob(pattern))
            or [pattern]
        )
    ]
