"""Where a process of the suite writes what it has seen, one line of JSON a note.

A line is on its file before the test goes on, whatever becomes of the process. The
file is opened anew each time: tests close descriptors, fork, and count them.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any


class Notes:
    """The notes of one process, and of what it forks."""

    # Not names of the module: what fakes the file system for a test looks there.
    _open = staticmethod(os.open)
    _write = staticmethod(os.write)
    _close = staticmethod(os.close)
    _flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    _flags |= getattr(os, "O_CLOEXEC", 0)
    _encode = staticmethod(json.JSONEncoder(separators=(",", ":")).encode)

    def __init__(self, folder: str) -> None:
        self.folder = folder
        name = f"{os.getpid()}-{time.time_ns()}.jsonl"
        self._path = os.path.join(folder, name)
        self._waiting: list[str] = []

    def add(self, note: str, **more: Any) -> None:
        """Note something, with the next that is written."""
        self._waiting.append(self._encode({"note": note, **more}))

    def write(self) -> None:
        """Write what was noted."""
        # Other threads, and the collector of garbage, may add some meanwhile.
        lines = self._waiting[:]
        if not lines:
            return
        data = ("\n".join(lines) + "\n").encode("ascii")
        try:
            file = self._open(self._path, self._flags, 0o600)
        except OSError:
            # No descriptor is left: perhaps there is one after the next test.
            return
        del self._waiting[: len(lines)]
        try:
            while data:
                data = data[self._write(file, data) :]
        except OSError:
            # The disk is full: a test that is not known to have ended has not.
            return
        finally:
            self._close(file)
