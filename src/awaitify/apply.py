"""Writes results in place: each file atomically, all of them or none."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """New bytes of a file, and those that they were derived from."""

    path: Path
    before: bytes
    after: bytes | None
    """None removes the file."""


@dataclass(frozen=True)
class Failure:
    """A file that could not be changed, and why."""

    path: Path
    message: str


def apply(changes: Sequence[Change]) -> tuple[Failure, ...]:
    """Carry out all changes, or none if any of them fails.

    A file is replaced by one written beside it and flushed to disk, so that it
    is whole at every moment; its permissions and owner stay.

    Returns:
        What failed. Unless it is empty, every file has its old bytes; one that
        could not even be given those back is named with "not restored".

    """
    prepared: list[tuple[Change, Path | None]] = []
    failures: list[Failure] = []
    try:
        for change in changes:
            try:
                prepared.append((change, _prepare(change)))
            except OSError as error:
                failures.append(_failure(change, error))
        if not failures:
            failures = _commit(prepared)
    finally:
        for _, new in prepared:
            if new is not None:
                new.unlink(missing_ok=True)
    return tuple(failures)


def _prepare(change: Change) -> Path | None:
    """Check that the file may change, and write its successor beside it."""
    path = change.path
    if path.read_bytes() != change.before:
        raise OSError("changed since it was read")
    if not os.access(path, os.W_OK):
        raise PermissionError("not writable")
    if change.after is None:
        if not os.access(path.parent, os.W_OK):
            raise PermissionError("its directory is not writable")
        return None
    return _write_beside(path, change.after, path.stat())


def _write_beside(path: Path, source: bytes, status: os.stat_result) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".awaitify-")
    new = Path(name)
    try:
        with open(handle, "wb") as file:
            file.write(source)
            file.flush()
            os.fsync(file.fileno())
        # Owner first: changing it clears some of the mode's bits.
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(new, status.st_uid, status.st_gid)
        new.chmod(stat.S_IMODE(status.st_mode))
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def _commit(prepared: Sequence[tuple[Change, Path | None]]) -> list[Failure]:
    done: list[tuple[Change, os.stat_result]] = []
    try:
        for change, new in prepared:
            # Noted first: an interrupt may come right after the change.
            done.append((change, change.path.stat()))
            try:
                if new is None:
                    change.path.unlink()
                else:
                    os.replace(new, change.path)
            except OSError as error:
                done.pop()
                return [_failure(change, error), *_roll_back(done)]
    except BaseException:
        _roll_back(done)
        raise
    for directory in {change.path.parent for change, _ in done}:
        _flush(directory)
    return []


def _roll_back(done: Sequence[tuple[Change, os.stat_result]]) -> list[Failure]:
    failures = []
    for change, status in done:
        try:
            if change.path.exists() and change.path.read_bytes() == change.before:
                continue
            os.replace(_write_beside(change.path, change.before, status), change.path)
        except OSError as error:
            failures.append(Failure(change.path, f"not restored: {error}"))
    return failures


def _flush(directory: Path) -> None:
    # A rename survives a power cut once its directory is on disk; Windows
    # cannot open one.
    if os.name == "nt":
        return
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _failure(change: Change, error: OSError) -> Failure:
    return Failure(change.path, error.strerror or str(error))
