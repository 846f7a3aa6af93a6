"""What LibCST does not keep of a file: kept all the same, or the file is refused."""

from __future__ import annotations

import re

import libcst as cst

from awaitify_codemods.facts.parsing import encoding_of
from awaitify_codemods.transform import TransformError

_SUSPICIOUS = re.compile(rb"\r(?!\n)|^[ \t]*\f", re.MULTILINE)
_FORM_FEED = re.compile(rb"([ \t]*\f[ \t\f]*)(?=[^ \t\f])")
_MARK = b"# awaitify: form feed 5f0c1d\n"


def kept(source: bytes) -> bytes:
    """Return a file that LibCST gives back as it is.

    It drops a form feed that stands before code. That becomes a line of its own,
    with a comment, until `restored`.

    Raises:
        TransformError: there is something else that it, or the encoding, loses.

    """
    if not source.isascii() or b"coding" in source[:500]:
        encoding = encoding_of(source)
        if source.decode(encoding).encode(encoding) != source:
            raise TransformError(f"bytes that {encoding} does not keep")
    if not _SUSPICIOUS.search(source):
        return source
    given = cst.parse_module(source).bytes
    if given == source:
        return source
    pairs = zip(source.split(b"\n"), given.split(b"\n"), strict=False)
    marked = b"\n".join(old if old == new else _marked(old) for old, new in pairs)
    if _MARK in source or cst.parse_module(marked).bytes != marked:
        raise TransformError("line ends or form feeds that LibCST does not keep")
    if restored(marked) != source:
        raise TransformError("line ends or form feeds that LibCST does not keep")
    return marked


def restored(result: bytes) -> bytes:
    """Return a result with the form feeds where they were."""
    return result.replace(_MARK, b"")


def _marked(line: bytes) -> bytes:
    return _FORM_FEED.sub(rb"\1" + _MARK, line, count=1)
