"""A disk of its own that can be made small, where the system lets us have one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOMY = 256 << 20


@dataclass(frozen=True)
class Disk:
    """A file system in memory."""

    path: Path

    def leave(self, free: int) -> None:
        """Leave only so many bytes on it."""
        status = os.statvfs(self.path)
        used = (status.f_blocks - status.f_bfree) * status.f_frsize
        self._resize(used + free)

    def widen(self) -> None:
        """Give it room again."""
        self._resize(_ROOMY)

    def _resize(self, size: int) -> None:
        options = f"remount,size={size}"
        subprocess.run(["mount", "-o", options, str(self.path)], check=True)


@contextmanager
def disk(path: Path) -> Iterator[Disk | None]:
    """Yield a disk that is mounted at an empty directory; None without the rights."""
    if sys.platform != "linux":
        yield None
        return
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_ROOMY}", "awaitify", str(path)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", str(path)], check=True)
