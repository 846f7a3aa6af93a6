"""What decides about configuration files: plain data, made without reading any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


@dataclass(eq=False)
class After(Mapping[str, bytes]):
    """The files of a project as they will be; those that go are empty."""

    files: Mapping[str, bytes]
    results: Mapping[str, bytes | None]

    def __getitem__(self, path: str) -> bytes:
        """Return the new bytes of a file, or those that stay."""
        if path in self.results:
            return self.results[path] or b""
        return self.files[path]

    def __iter__(self) -> Iterator[str]:
        yield from self.files
        yield from (path for path in self.results if path not in self.files)

    def __len__(self) -> int:
        return sum(1 for _ in self)


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
