"""What decides about configuration files: plain data, made without reading any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify.pytest_config import PytestConfig

if TYPE_CHECKING:
    # Of all runs, most find what was made before, and need no versions for it.
    from packaging.version import Version

    from awaitify_codemods.plan import Setting


@dataclass(frozen=True)
class Wanted:
    """What the user said about the result."""

    python: Version | None = None
    pytest_asyncio: Version | None = None
    mode: str = ""
    """The asyncio mode, if it was said."""


@dataclass(frozen=True)
class Given:
    """All that decides what becomes of configuration files."""

    files: Mapping[str, bytes]
    """The Python files of the project, as they are."""
    tests: frozenset[str]
    """Those that pytest collects, and conftest files."""
    selected: frozenset[str]
    documents: Mapping[str, bytes]
    """The files that configure pytest or declare requirements and may be edited."""
    configs: Mapping[str, PytestConfig]
    """Folder -> the configuration it holds; the root always has one."""
    modes: Mapping[str, str]
    closed: frozenset[str] = frozenset()
    """Documents that must stay as they are."""
    site: tuple[Path, ...] = ()
    """Where the project's interpreter has what is installed."""
    python: tuple[int, int] | None = None
    """The version of that interpreter, if it is known."""
    wanted: Wanted = field(default_factory=Wanted)
    chosen: Callable[[str, str], bool] = lambda path, code: True
    """Whether a rule was chosen for a file."""
    unsafe: Callable[[str], bool] = lambda path: False
    """Whether for a file what may change what tests observe was asked for."""
    results: Mapping[str, bytes | None] = field(default_factory=dict)
    """What the migration makes of Python files."""
    wishes: tuple[Setting, ...] = ()
