"""What became of a run: the files as they are now, compared with its manifest."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path

from awaitify.journal import JournalError, manifest, runs, state
from awaitify.journal.manifest import File
from awaitify.journal.runs import Run


class Verdict(str, Enum):
    """Which bytes a file has."""

    BEFORE = "before"
    AFTER = "after"
    CHANGED = "changed since"


class State(str, Enum):
    """What became of a run."""

    DONE = "done"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    UNDONE = "undone"
    PARTLY_UNDONE = "partly undone"
    CHANGED = "changed since"


@dataclass(frozen=True)
class Seen:
    """A file as it is now."""

    source: bytes | None = None
    digest: str | None = None
    """The hash of its bytes; None if there is no file."""
    obstacle: str = ""
    """Why it is out of reach, if it is."""


Look = Callable[[str], Seen]
"""From a path, relative to the root, to the file as it is now."""


def looking(root: Path) -> Look:
    """Return a look at the files of a root that looks at each of them once."""

    @cache
    def look_once(path: str) -> Seen:
        return replace(look(root, path), source=None)

    return look_once


def look(root: Path, path: str) -> Seen:
    """Return a file as it is now; links are not followed."""
    full = root / path
    try:
        if os.path.realpath(full) != os.path.join(
            os.path.realpath(root), *_parts(path)
        ):
            return Seen(obstacle="a link leads there now")
        if not stat.S_ISREG(full.lstat().st_mode):
            return Seen(obstacle="something that is no file is in its place")
        source = full.read_bytes()
        return Seen(source, manifest.digest(source))
    except FileNotFoundError:
        return Seen()
    except NotADirectoryError:
        return Seen(obstacle="its directory is a file now")
    except OSError as error:
        return Seen(obstacle=error.strerror or str(error))


def _parts(path: str) -> list[str]:
    return path.split("/")


def judge(file: File, seen: Seen) -> Verdict:
    """Say which bytes a file has."""
    if seen.obstacle:
        return Verdict.CHANGED
    if seen.digest == file.before:
        return Verdict.BEFORE
    made = (file.after, *file.earlier)
    return Verdict.AFTER if seen.digest in made else Verdict.CHANGED


def verdicts(run: Run, look: Look) -> dict[str, Verdict]:
    """Return which bytes each file of a run has."""
    return {file.path: judge(file, look(file.path)) for file in run.manifest.files}


def of(run: Run, verdicts: Iterable[Verdict]) -> State:
    """Return what became of a run.

    Args:
        run: of any age.
        verdicts: those on its files.

    """
    if run.undone:
        return State.UNDONE
    if is_held(run):
        return State.RUNNING
    counts = Counter(verdicts)
    after = counts[Verdict.AFTER]
    if after == counts.total() and not run.is_open:
        return State.DONE
    if not run.done and (after or not counts[Verdict.CHANGED]):
        return State.RUNNING if _is_written(run) else State.INTERRUPTED
    if counts[Verdict.BEFORE]:
        return State.PARTLY_UNDONE if after or counts[Verdict.CHANGED] else State.UNDONE
    return State.CHANGED


def is_held(run: Run) -> bool:
    """Say whether a process is at work on a run that has several rounds."""
    if not run.is_open:
        return False
    try:
        with state.lock(run.directory, wait=False, name=runs.HELD) as got:
            return not got
    except JournalError:
        return False


def _is_written(run: Run) -> bool:
    try:
        with state.lock(run.directory.parent, wait=False) as got:
            return not got
    except JournalError:
        return False


def clear_litter(run: Run, root: Path) -> None:
    """Remove what a killed run has left beside the files it was to replace."""
    for file in run.manifest.files:
        new = (root / file.path).with_name(file.beside)
        # Not through a link: what is there is not what the run has written.
        with suppress(OSError):
            parts = [*_parts(file.path)[:-1], file.beside]
            if os.path.realpath(new) == os.path.join(os.path.realpath(root), *parts):
                new.unlink()
