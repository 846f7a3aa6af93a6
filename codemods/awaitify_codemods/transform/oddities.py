"""What LibCST does not keep of a file: kept all the same, or the file is refused."""

from __future__ import annotations

import re

import libcst as cst

from awaitify_codemods.facts.parsing import encoding_of
from awaitify_codemods.transform import TransformError

_SUSPICIOUS = re.compile(rb"\r(?!\n)|^[ \t]*\f", re.MULTILINE)
_BEFORE_CODE = re.compile(rb"([ \t]*\f[ \t\f]*)(?=[^ \t\f])")
_ALONE = re.compile(rb"^([ \t]*\f[ \t\f]*)(?=\r?$)", re.MULTILINE)
# No file has these in it.
_MARK = b"# awaitify: a form feed before code, 5f0c1d\n"
_MARK_ALONE = b"# awaitify: a form feed, 5f0c1d"


def kept(source: bytes) -> bytes:
    """Return a file that LibCST gives back as it is.

    It drops a form feed that stands before code: that becomes a comment of its own
    until `restored`. So does one on a line of its own, or it would be one blank line
    among others.

    Raises:
        TransformError: there is something else that it, or the encoding, loses.

    """
    if not source.isascii() or b"coding" in source[:500]:
        encoding = encoding_of(source)
        if source.decode(encoding).encode(encoding) != source:
            raise TransformError(f"bytes that {encoding} does not keep")
    if not _SUSPICIOUS.search(source):
        return source
    told = _ALONE.sub(rb"\1" + _MARK_ALONE, source)
    given = cst.parse_module(told).bytes
    pairs = zip(told.split(b"\n"), given.split(b"\n"), strict=False)
    marked = b"\n".join(old if old == new else _marked(old) for old, new in pairs)
    if cst.parse_module(marked).bytes != marked or restored(marked) != source:
        raise TransformError("line ends or form feeds that LibCST does not keep")
    return marked


def restored(result: bytes) -> bytes:
    """Return a result with the form feeds where they were."""
    return result.replace(_MARK, b"").replace(_MARK_ALONE, b"")


def _marked(line: bytes) -> bytes:
    return _BEFORE_CODE.sub(rb"\1" + _MARK, line, count=1)
