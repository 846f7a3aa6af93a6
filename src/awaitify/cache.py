"""What was computed before, in files named after what it was computed from.

Nothing is ever changed in place: an entry is written beside its place and moved
there, so several runs may use one cache at once. It begins with the digest of
the rest; one that is torn, truncated or damaged is as good as none.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "AWAITIFY_CACHE_DIR"

_DAY = 24 * 60 * 60
_UNUSED = 30 * _DAY
_MOST = 500_000_000
_TAG = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# This directory is a cache of awaitify; it can be removed at any time.\n"
    b"# See https://bford.info/cachedir/\n"
)


@dataclass(eq=False)
class Cache:
    """Answers by their keys.

    Args:
        directory: made when something is stored.

    """

    directory: Path
    trouble: str = field(default="", init=False)
    """Why something could not be stored; it is no error."""

    def get(self, key: str) -> bytes | None:
        """Return what was stored under a key, if it is there in full."""
        path = self._path(key)
        try:
            stored = path.read_bytes()
        except OSError:
            return None
        seal, _, data = stored.partition(b"\n")
        if seal != _seal(data):
            return None
        with suppress(OSError):
            # Who removes what is not used must see that it is.
            if time.time() - path.stat().st_mtime > _DAY:
                os.utime(path)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Store an answer; where that fails, the next run computes it again."""
        path = self._path(key)
        try:
            self._prepare()
            path.parent.mkdir(exist_ok=True)
            _write(path, _seal(data) + b"\n" + data)
        except OSError as error:
            self.trouble = f"{error.filename or path}: {error.strerror or error}"
            return
        self._tidy()

    def _path(self, key: str) -> Path:
        return self.directory / "entries" / key[:2] / key[2:]

    def _prepare(self) -> None:
        entries = self.directory / "entries"
        if entries.is_dir():
            return
        entries.mkdir(parents=True, exist_ok=True)
        # For those who back up, and where it lies in a project, for git.
        _write(self.directory / "CACHEDIR.TAG", _TAG)
        _write(self.directory / ".gitignore", b"*\n")

    def _tidy(self) -> None:
        """Once a day, remove what was not used for long, and the oldest of too much."""
        stamp = self.directory / "tidied"
        now = time.time()
        with suppress(OSError):
            if now - stamp.stat().st_mtime < _DAY:
                return
        with suppress(OSError):
            stamp.touch()
        size = 0
        for status, path in sorted(self._entries(), key=lambda e: -e[0].st_mtime):
            size += status.st_size
            if size > _MOST or now - status.st_mtime > _UNUSED:
                with suppress(OSError):
                    path.unlink()

    def _entries(self) -> Iterator[tuple[os.stat_result, Path]]:
        for path in self.directory.glob("entries/*/*"):
            # Another run may remove them at the same time.
            with suppress(OSError):
                yield path.stat(), path


def at(directory: Path | None) -> Cache:
    """Return the cache in a directory, in the one that is set, or in the user's own."""
    if directory is None and (named := os.environ.get(VARIABLE)):
        directory = Path(named)
    if directory is None:
        from platformdirs import user_cache_path

        directory = user_cache_path("awaitify")
    return Cache(directory.absolute())


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _seal(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
