"""The one place where files are replaced: each atomically, all of them or none."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """New bytes of a file, and those that they were derived from."""

    path: Path
    before: bytes | None
    """None makes a file where there is none."""
    after: bytes | None
    """None removes the file."""
    mode: int | None = None
    """The permissions it gets; None for those that it has."""
    beside: str = field(
        default_factory=lambda: f".awaitify-{secrets.token_hex(8)}", compare=False
    )
    """The name, in the same directory, under which the new file is written."""


@dataclass(frozen=True)
class Failure:
    """A file that could not be changed, and why."""

    path: Path
    message: str


_Step = tuple[Change, os.stat_result | None]
"""A change and what the file was like before it; None if there was none."""


def apply(
    changes: Sequence[Change], root: Path, pause: Callable[[], None] = lambda: None
) -> tuple[Failure, ...]:
    """Carry out all changes, or none if any of them fails.

    A file is replaced by one written beside it and flushed to disk, so that it
    is whole at every moment; its permissions and owner stay.

    Args:
        changes: at most one of a file.
        root: a real path that holds all of them. What leads out of it, or is
            reached through a link, is not touched.
        pause: called between two files; what it raises undoes all of it.

    Returns:
        What failed. Unless it is empty, every file has its old bytes; one that
        could not even be given those back is named with "not restored".

    """
    prepared: list[Change] = []
    done: list[_Step] = []
    try:
        failures = _prepare(changes, root, pause, prepared)
        if not failures:
            failures = _commit(changes, root, pause, done)
    except BaseException:
        _clear(prepared)
        _roll_back(done)
        raise
    # First what was only prepared: on a full disk it makes room to restore.
    _clear(prepared)
    if failures:
        return (*failures, *_roll_back(done))
    for directory in {change.path.parent for change, _ in done}:
        flush(directory)
    return ()


def verify(changes: Iterable[Change], root: Path) -> tuple[Failure, ...]:
    """Return what keeps the changes from being carried out, as far as one sees."""
    failures = []
    for change in changes:
        try:
            _verify(change, root)
        except OSError as error:
            failures.append(_failure(change, error))
    return tuple(failures)


def flush(directory: Path) -> None:
    """Make sure that what was renamed in a directory survives a power cut."""
    # Windows cannot open a directory.
    if os.name == "nt":
        return
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _verify(change: Change, root: Path) -> os.stat_result | None:
    """Check that a file is what the change expects, and may change."""
    path = change.path
    inside = os.path.relpath(path, root)
    if os.path.realpath(path) != os.path.join(os.path.realpath(root), inside):
        raise OSError("a link leads there")
    if change.before is None:
        if os.path.lexists(path):
            raise OSError("made by somebody else meanwhile")
        status = None
    else:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise OSError("no longer a file")
        if path.read_bytes() != change.before:
            raise OSError("changed since it was read")
        if not os.access(path, os.W_OK):
            raise PermissionError("not writable")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError("its directory is not writable")
    return status


def _prepare(
    changes: Sequence[Change],
    root: Path,
    pause: Callable[[], None],
    prepared: list[Change],
) -> list[Failure]:
    """Write the successors of all files beside them."""
    failures = []
    for change in changes:
        pause()
        try:
            status = _verify(change, root)
            if change.after is not None:
                _write_beside(change, change.after, status, change.mode)
                prepared.append(change)
        except OSError as error:
            failures.append(_failure(change, error))
    return failures


def _write_beside(
    change: Change, source: bytes, status: os.stat_result | None, mode: int | None
) -> None:
    new = change.path.with_name(change.beside)
    # Nobody else may read it before it has the permissions of the old one.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(new, flags, 0o600)
    try:
        with open(handle, "wb") as file:
            file.write(source)
            file.flush()
            os.fsync(file.fileno())
        if status is not None:
            _take_over(change.path, status, new)
        elif mode is None:
            mode = 0o666 & ~_umask()
        if mode is not None:
            new.chmod(mode)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _take_over(old: Path, status: os.stat_result, new: Path) -> None:
    # Owner first: changing it clears some of the mode's bits.
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(new, status.st_uid, status.st_gid)
    if old.exists():
        # Access lists and labels stay, but not the time of the last change.
        shutil.copystat(old, new)
        os.utime(new)
    new.chmod(stat.S_IMODE(status.st_mode))


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _commit(
    changes: Sequence[Change],
    root: Path,
    pause: Callable[[], None],
    done: list[_Step],
) -> list[Failure]:
    for change in changes:
        pause()
        try:
            status = _verify(change, root)
            # Noted first: an interrupt may come right after the change.
            done.append((change, status))
            _carry_out(change, change.after)
        except OSError as error:
            return [_failure(change, error)]
    return []


def _carry_out(change: Change, source: bytes | None) -> None:
    if source is None:
        change.path.unlink()
    else:
        os.replace(change.path.with_name(change.beside), change.path)


def _roll_back(done: Sequence[_Step]) -> list[Failure]:
    failures = []
    for change, status in done:
        try:
            now = change.path.read_bytes() if os.path.lexists(change.path) else None
            if now == change.before:
                continue
            if now != change.after:
                raise OSError("changed by somebody else meanwhile")
            if change.before is not None:
                _write_beside(change, change.before, status, None)
            _carry_out(change, change.before)
        except OSError as error:
            failures.append(Failure(change.path, f"not restored: {_reason(error)}"))
    return failures


def _clear(changes: Iterable[Change]) -> None:
    for change in changes:
        with suppress(OSError):
            change.path.with_name(change.beside).unlink()


def _failure(change: Change, error: OSError) -> Failure:
    return Failure(change.path, _reason(error))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
