"""Files beside the journal that are whole or not there: packed, with a digest."""

from __future__ import annotations

import hashlib
import os
import secrets
import zlib
from contextlib import suppress
from pathlib import Path


class SealError(ValueError):
    """A file is not what was written."""


def sealed(data: bytes) -> bytes:
    """Return data as it is kept."""
    packed = zlib.compress(data)
    return hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed


def unsealed(data: bytes) -> bytes:
    """Return what was kept.

    Raises:
        SealError: it is damaged.

    """
    seal, _, packed = data.partition(b"\n")
    if hashlib.sha256(packed).hexdigest().encode() != seal:
        raise SealError("damaged")
    return zlib.decompress(packed)


def put(path: Path, data: bytes) -> bool:
    """Put a file in its place, as a whole; return whether that worked."""
    new = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        # Copies of code and of what a suite prints: nobody else's business.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_bytes(data)
        os.replace(new, path)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            new.unlink()
    return True


def prune(directory: Path, most: int, suffix: str = "") -> None:
    """Remove all files of a directory but the newest ones."""
    for path in newest_first(directory, suffix)[most:]:
        with suppress(OSError):
            path.unlink()


def newest_first(directory: Path, suffix: str) -> list[Path]:
    """Return the files of a directory whose names end in some way."""
    found = []
    for path in directory.glob(f"*{suffix}"):
        with suppress(OSError):
            if not path.name.startswith("."):
                found.append((path.stat().st_mtime_ns, path.name, path))
    return [path for *_, path in sorted(found, reverse=True)]
