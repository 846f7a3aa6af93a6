"""What the command line names: paths, a list of paths, or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from awaitify.config import STREAM, Options, UsageError
from awaitify.repository import unquoted


@dataclass(frozen=True)
class Named:
    """What was named, and is there."""

    paths: tuple[Path, ...]
    """Files and directories; empty if a list names none."""
    missing: tuple[Path, ...] = ()
    """What was named beside them and does not exist."""
    source: bytes | None = None
    """Standard input, where it is the file to work on."""


def read(options: Options) -> Named:
    """Return what was named, with whatever has to be read to know it.

    Raises:
        UsageError: the list of files cannot be read.

    """
    if options.paths == (STREAM,):
        path = options.stdin_filename or Path(os.curdir)
        return Named((path,), source=_standard_input())
    paths = options.paths or (Path(os.curdir),)
    if options.files_from is not None:
        paths = tuple(filter(_may_be_python, _listed(options.files_from)))
    there = tuple(path for path in paths if path.exists())
    return Named(there, tuple(path for path in paths if path not in there))


def _may_be_python(path: Path) -> bool:
    # A list comes from a tool, which names whatever changed.
    return path.suffix == ".py" or path.is_dir()


def _listed(file: Path) -> Iterator[Path]:
    try:
        data = _standard_input() if file == STREAM else file.read_bytes()
    except OSError as error:
        raise UsageError(f"--files-from: {file}: {error.strerror}") from error
    for entry in data.split(b"\0" if b"\0" in data else b"\n"):
        name = entry if b"\0" in data else entry.removesuffix(b"\r")
        if name:
            yield Path(os.fsdecode(unquoted(name)))


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read()
