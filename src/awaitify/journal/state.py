"""Where the journal of a root is, and who may write there."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from awaitify.journal import JournalError

VARIABLE = "AWAITIFY_STATE_DIR"
"""The environment variable that names another state directory."""
_ROOT = "root"


def home() -> Path:
    """Return the state directory of the user; it need not exist."""
    if named := os.environ.get(VARIABLE):
        return Path(named).absolute()
    # Loaded late: it is not needed where nothing is written.
    import platformdirs

    return Path(platformdirs.user_state_dir("awaitify", appauthor=False))


def place(root: Path) -> Path:
    """Return the directory for the runs of a root; it need not exist."""
    real = os.path.realpath(root)
    digest = hashlib.sha256(os.fsencode(os.path.normcase(real))).hexdigest()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", os.path.basename(real))[:40]
    return home() / f"{name or 'root'}-{digest[:12]}"


def make(root: Path) -> Path:
    """Return the same directory, and make it.

    Raises:
        JournalError: that is not possible.

    """
    directory = place(root)
    name = directory / _ROOT
    try:
        # Copies of code: nobody else's business.
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not name.exists():
            name.write_bytes(os.fsencode(os.path.realpath(root)))
    except OSError as error:
        raise unusable(directory, error) from error
    return directory


def unusable(directory: Path, error: OSError) -> JournalError:
    """Return the error that says why a directory of the journal is of no use."""
    return JournalError(
        f"the journal cannot be kept in {directory}: {error.strerror or error}; "
        f"{VARIABLE} names another place"
    )


def roots() -> list[Path]:
    """Return the roots that have a journal."""
    found = []
    for name in sorted(home().glob(f"*/{_ROOT}")):
        with suppress(OSError):
            found.append(Path(os.fsdecode(name.read_bytes())))
    return found


@contextmanager
def lock(directory: Path, *, wait: bool = True, name: str = "lock") -> Iterator[bool]:
    """Keep other processes from doing something at the same time.

    A process that is killed loses its lock.

    Args:
        directory: that of a root, or of a run; it exists.
        wait: for whoever has it, if need be.
        name: what it is about; without one it is writing.

    Yields:
        Whether the lock was got; where the system has none, it always is.

    Raises:
        JournalError: the directory cannot be written to.

    """
    try:
        handle = os.open(directory / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unusable(directory, error) from error
    _handles.add(handle)
    try:
        yield _lock(handle, wait)
    finally:
        _handles.discard(handle)
        with suppress(OSError):
            os.close(handle)


_handles: set[int] = set()


def _leave_locks() -> None:
    """Let no process that was forked keep what its parent has locked."""
    while _handles:
        with suppress(OSError):
            os.close(_handles.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_locks)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, wait: bool) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return wait
        return True

else:
    import fcntl

    def _lock(handle: int, wait: bool) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            # Some network file systems have no locks.
            return True
        return True
