"""What there is to do, as the file says it once all is checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One repository, or one folder of one."""

    name: str
    source: str
    """An absolute path, or a URL."""
    is_url: bool
    ref: str | None
    paths: tuple[str, ...]
    """What is migrated; relative to the folder."""
    flags: tuple[str, ...]
    python: str | None
    command: str | None
    """What runs pytest, for a proof."""
    owner: str
    prove: bool
    branch: str
    message: str
    on_done: tuple[str, ...]
    """Words in which placeholders stand for what came out; empty for no command."""
    blame_ignore_revs: bool
    timeout: float | None
    """Seconds, for all that it takes."""
    memory: int | None
    """Bytes, of all its processes together."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong with the file; it keeps one entry from being done, or all."""

    line: int
    message: str
    name: str = ""
    """Of the entry."""


@dataclass(frozen=True)
class Batch:
    """All of a file."""

    file: Path
    entries: tuple[Entry, ...]
    mistakes: tuple[Mistake, ...]
    """Those of single entries."""
    jobs: int | None
    patches: Path | None
    reports: Path | None
