"""The runs of a root: recorded before they begin, listed, dropped."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from awaitify.apply import Change, flush
from awaitify.journal import manifest, state
from awaitify.journal.manifest import File, Manifest, ManifestError

KEPT = 50
"""So many runs of a root are kept."""
_RUN = re.compile(r"(\d{8}-\d{6})-(\d+)")
_MANIFEST, _COPIES, _DONE, _UNDONE = "manifest.json", "before", "done", "undone"
_DROPPED = "dropped-"
HELD = "held"
"""The lock of whoever is at work on a run that has several rounds."""


@dataclass(frozen=True)
class Run:
    """One run in the journal."""

    id: str
    directory: Path
    manifest: Manifest
    done: bool
    """Whether it was carried out to the end."""
    undone: bool

    @property
    def is_open(self) -> bool:
        """Say whether another round may follow, or could have."""
        return bool(self.manifest.rounds) and not self.done and not self.undone

    def read_copy(self, file: File) -> bytes:
        """Return the bytes that a file had before the run.

        Raises:
            OSError: they are gone, or not the same any more.

        """
        source = (self.directory / _COPIES / file.copy).read_bytes()
        if manifest.digest(source) != file.before:
            raise OSError("its copy in the journal is damaged")
        return source


@dataclass(frozen=True)
class Unreadable:
    """A run whose manifest cannot be used, and why."""

    id: str
    message: str


@dataclass(frozen=True)
class Occasion:
    """What a run is known by."""

    command: str
    version: str
    head: str | None


def is_id(word: str) -> bool:
    """Say whether a word has the form of a run's id."""
    return _RUN.fullmatch(word) is not None


def listed(root: Path) -> list[Run | Unreadable]:
    """Return the runs of a root, newest first."""
    return list(_load_each(state.place(root)))


def unfinished(root: Path) -> list[Run]:
    """Return the runs that were not carried out to the end; fast if there is none."""
    place = state.place(root)
    ids = [i for i in _ids(place) if not any(_marks(place / i))]
    return [run for run in map(_load, (place / i for i in ids)) if isinstance(run, Run)]


def begin(
    place: Path,
    root: Path,
    changes: Sequence[Change],
    what: Occasion,
    *,
    rounds: int = 0,
) -> Run:
    """Record a run that is about to change files; the caller has the lock.

    Args:
        place: where the runs of the root are.
        root: where the files are.
        changes: what it is about to do.
        what: what the run is known by.
        rounds: 1 if others may follow.

    Raises:
        JournalError: it could not be recorded; nothing of it is left.
        OSError: one of the files is gone.

    """
    modes = [_mode(change) for change in changes]
    directory = None
    try:
        directory, now = _make_directory(place)
        files = [
            _copy(directory, number, change, mode, root)
            for number, (change, mode) in enumerate(zip(changes, modes, strict=True))
        ]
        contents = Manifest(
            root=str(root),
            time=now.isoformat(timespec="seconds"),
            command=what.command,
            version=what.version,
            head=what.head,
            files=tuple(files),
            rounds=rounds,
        )
        # From here on the run exists.
        _record(directory, contents)
        flush(place)
    except OSError as error:
        if directory is not None:
            drop(directory)
        raise state.unusable(place, error) from error
    except BaseException:
        if directory is not None:
            drop(directory)
        raise
    return Run(directory.name, directory, contents, done=False, undone=False)


def extend(run: Run, root: Path, changes: Sequence[Change]) -> Run:
    """Record that a run is about to change files once more; the caller has the lock.

    Args:
        run: what was recorded before.
        root: where the files are.
        changes: from the bytes before the first round to those after this one, also
            of each file that an earlier round has changed.

    Raises:
        JournalError: it could not be recorded; what was recorded before still is.
        OSError: one of the files is gone.

    """
    known = {file.path: file for file in run.manifest.files}
    paths = [change.path.relative_to(root).as_posix() for change in changes]
    # Numbered on from all there ever were: what an undo needs is not overwritten.
    number = 1 + max(int(file.copy) for file in run.manifest.files)
    new = [c for c, path in zip(changes, paths, strict=True) if path not in known]
    modes = [_mode(change) for change in new]
    try:
        added = [
            _copy(run.directory, number + n, change, mode, root)
            for n, (change, mode) in enumerate(zip(new, modes, strict=True))
        ]
        old = (
            _moved_on(known[path], change)
            for change, path in zip(changes, paths, strict=True)
            if path in known
        )
        rounds = run.manifest.rounds + 1
        return _rewrite(run, replace(run.manifest, files=(*old, *added), rounds=rounds))
    except OSError as error:
        # It makes room to restore what there is.
        for name in ("new", *(f"{_COPIES}/{number + n}" for n in range(len(new)))):
            with suppress(OSError):
                (run.directory / name).unlink()
        raise state.unusable(run.directory.parent, error) from error


def _moved_on(file: File, change: Change) -> File:
    after = None if change.after is None else manifest.digest(change.after)
    made = {*file.earlier, file.after} - {after, file.before}
    earlier = tuple(sorted(made, key=lambda each: each or ""))
    return replace(file, after=after, earlier=earlier)


def is_over(run: Run) -> bool:
    """Say whether a run was ended by somebody since it was read."""
    return any(_marks(run.directory)) or not (run.directory / _MANIFEST).exists()


def settle(run: Run, files: Iterable[File]) -> None:
    """Note which of the files of a run that has several rounds it has changed."""
    # What stands there now is right, too, if not as short.
    with suppress(OSError):
        run = _rewrite(run, replace(run.manifest, files=tuple(files)))
    finish(run)


def _rewrite(run: Run, contents: Manifest) -> Run:
    _record(run.directory, contents)
    return replace(run, manifest=contents)


def _record(directory: Path, contents: Manifest) -> None:
    """Put a manifest in its place, at once and for good."""
    flush(directory / _COPIES)
    _save(directory / "new", contents.as_json())
    os.replace(directory / "new", directory / _MANIFEST)
    flush(directory)


def finish(run: Run) -> None:
    """Note that a run was carried out to the end, and drop the oldest ones."""
    # The files are there, and their hashes say so, too: no reason to fail.
    with suppress(OSError):
        _save(run.directory / _DONE, b"")
        flush(run.directory)
    _prune(run.directory.parent)


def mark_undone(run: Run) -> None:
    """Note that everything is as it was before a run."""
    with suppress(OSError):
        _save(run.directory / _UNDONE, b"")
        flush(run.directory)


def drop(directory: Path) -> None:
    """Remove a run from the journal."""
    # At once by its name, then bit by bit.
    dropped = directory.with_name(f"{_DROPPED}{directory.name}")
    with suppress(OSError):
        directory.rename(dropped)
    shutil.rmtree(dropped, ignore_errors=True)


def clear_remains(place: Path) -> None:
    """Remove what was recorded or dropped only in part; the caller has the lock."""
    for directory in place.glob(f"{_DROPPED}*"):
        shutil.rmtree(directory, ignore_errors=True)
    for name in _ids(place):
        if not (place / name / _MANIFEST).exists():
            drop(place / name)


def _ids(place: Path) -> list[str]:
    """Return the ids of all runs, newest first."""
    try:
        names = os.listdir(place)
    except OSError:
        return []
    return sorted(filter(is_id, names), key=_order, reverse=True)


def _order(name: str) -> tuple[str, int]:
    stamp, _, number = name.rpartition("-")
    return stamp, int(number)


def _load_each(place: Path) -> Iterator[Run | Unreadable]:
    for name in _ids(place):
        run = _load(place / name)
        if run is not None:
            yield run


def _load(directory: Path) -> Run | Unreadable | None:
    try:
        text = (directory / _MANIFEST).read_bytes()
        done, undone = _marks(directory)
        return Run(directory.name, directory, manifest.of_json(text), done, undone)
    except FileNotFoundError:
        # Being recorded, or dropped, right now; or never got that far.
        return None
    except OSError as error:
        return Unreadable(directory.name, error.strerror or str(error))
    except ManifestError as error:
        return Unreadable(directory.name, str(error))


def _marks(directory: Path) -> tuple[bool, bool]:
    return (directory / _DONE).exists(), (directory / _UNDONE).exists()


def _make_directory(place: Path) -> tuple[Path, datetime]:
    now = datetime.now(timezone.utc)
    stamp, number = now.strftime("%Y%m%d-%H%M%S"), 1
    if newest := next(iter(_ids(place)), None):
        # A clock that was set back does not make the newest run an older one.
        last, count = _order(newest)
        if last >= stamp:
            stamp, number = last, count + 1
    while True:
        directory = place / f"{stamp}-{number}"
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
            continue
        try:
            (directory / _COPIES).mkdir(mode=0o700)
        except BaseException:
            drop(directory)
            raise
        return directory, now


def _mode(change: Change) -> int | None:
    if change.before is None:
        return None
    return stat.S_IMODE(change.path.lstat().st_mode)


def _copy(
    directory: Path, number: int, change: Change, mode: int | None, root: Path
) -> File:
    if change.before is not None:
        _save(directory / _COPIES / str(number), change.before)
    return File(
        path=change.path.relative_to(root).as_posix(),
        mode=mode,
        before=None if change.before is None else manifest.digest(change.before),
        after=None if change.after is None else manifest.digest(change.after),
        copy=str(number),
        beside=change.beside,
    )


def _save(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _prune(place: Path) -> None:
    ended = [name for name in _ids(place) if any(_marks(place / name))]
    for name in ended[KEPT:]:
        drop(place / name)


def newer(runs: Iterable[Run], run: Run) -> list[Run]:
    """Return the runs that came after one, newest first."""
    return [each for each in runs if _order(each.id) > _order(run.id)]
