"""What a run changes, as plain data and as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_SCHEMA = 1


class ManifestError(ValueError):
    """It is damaged, or of a later version."""


@dataclass(frozen=True)
class File:
    """One file that a run changes; paths are posix and relative to the root."""

    path: str
    mode: int | None
    """The permissions from before; None if there was no file."""
    before: str | None
    """The hash of its bytes; None if there was no file."""
    after: str | None
    """The same; None if the run removes it."""
    copy: str
    """The name of the copy of its bytes from before."""
    beside: str
    """The name, in its directory, under which its successor is written."""
    earlier: tuple[str | None, ...] = ()
    """Hashes, like `after`, of what earlier rounds of the run have made of it."""


@dataclass(frozen=True)
class Manifest:
    """One run."""

    root: str
    time: str
    """In UTC, as in ISO 8601."""
    command: str
    """As it was typed."""
    version: str
    """Of awaitify."""
    head: str | None
    """The commit that was checked out, if any."""
    files: tuple[File, ...]
    rounds: int = 0
    """How often it was written so far; 0 for a run that is written once, at once."""

    def as_json(self) -> bytes:
        """Return it as text; `of_json` reads it back."""
        return json.dumps({"schema": _SCHEMA, **asdict(self)}, indent=1).encode()


def of_json(text: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ManifestError: it is none of ours.

    """
    try:
        data = json.loads(text)
        if data["schema"] != _SCHEMA:
            raise ManifestError(f"written by awaitify {data['version']}, a later one")
        return _manifest(data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError("damaged") from error


def _manifest(data: Mapping[str, Any]) -> Manifest:
    # What a run of several rounds says beyond others came later than the schema.
    values = {
        name: data[name] for name in Manifest.__dataclass_fields__ if name in data
    }
    return Manifest(**{**values, "files": tuple(map(_file, data["files"]))})


def _file(data: Mapping[str, Any]) -> File:
    values = {name: data[name] for name in File.__dataclass_fields__ if name in data}
    return File(**{**values, "earlier": tuple(data.get("earlier", ()))})


def digest(source: bytes) -> str:
    """Return the hash by which bytes are known again."""
    return hashlib.sha256(source).hexdigest()
