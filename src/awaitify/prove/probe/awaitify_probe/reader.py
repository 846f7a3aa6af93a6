"""Whether there is still someone who reads what is noted."""

from __future__ import annotations

import os
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Reader:
    """The process that has started the suite: it holds a lock for as long as it lives.

    Args:
        path: the file that is locked; None if none could be.

    """

    # Not names of the module: what fakes the file system for a test looks there.
    _open, _close = staticmethod(os.open), staticmethod(os.close)
    _lock: Any = staticmethod(fcntl.flock) if fcntl is not None else None

    def __init__(self, path: str | None) -> None:
        self._path = path

    def is_gone(self) -> bool:
        """Whether nobody will read what comes, and nobody would end the suite."""
        if self._path is None or self._lock is None:
            return False
        try:
            file = self._open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            self._lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            self._close(file)
        return True
