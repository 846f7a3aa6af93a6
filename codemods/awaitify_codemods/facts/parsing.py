"""Bytes in, a syntax tree out; or the line and the reason why there is none."""

from __future__ import annotations

import ast
import codecs
import io
import re
import sys
import tokenize
import warnings
from typing import cast

_VERSION = "{}.{}".format(*sys.version_info)
_TOO_DEEP = "nested too deeply"

# What only Python 2 read, if the line is a syntax error to this one.
_PYTHON_2 = re.compile(
    rb"""^\s*(print|exec)\s+[^\s(=.,:]|\bprint\s*>>|;\s*print\s+["'\w]
    |\bexcept\b[^:(]*,\s*\w+\s*:|\braise\s+[\w.]+\s*,|<>|\b0[0-7]+\b|\b\d+[lL]\b
    |\b[uU][rR]["']|`|\bdef\s+\w+\s*\([^)]*\([^)]*\)\s*[,)]""",
    re.VERBOSE,
)
_PYTHON_2_MESSAGES = ("Missing parentheses in call to", "leading zeros in decimal")
_CALLS_A_LEVEL = 6
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_CONTRADICTION = "the encoding cookie contradicts the byte order mark"
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=]", re.MULTILINE)


def parse(path: str, source: bytes) -> ast.Module:
    """Return the tree of a file, as the running Python reads it.

    Raises:
        SyntaxError: it cannot be read, for whatever reason; says on which line.

    """
    if source.startswith(_WIDE):
        raise _failure(path, 1, "UTF-16 and UTF-32 are no encodings of Python source")
    if b"\0" in source:
        raise _failure(path, _line_at(source, source.index(b"\0")), "holds a null byte")
    if not source.isascii():
        _decode(path, source)
    return cast(ast.Module, compiled(path, source, ast.PyCF_ONLY_AST))


def compiled(path: str, source: bytes, flags: int = 0) -> object:
    """Compile a file, and keep what Python has to say about its code to ourselves.

    Invalid escapes in strings are no concern of ours, nor of ``-W error``.

    Raises:
        SyntaxError: it cannot be compiled, for whatever reason; says on which line.

    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(source, path, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        line = error.lineno or _cookie_line(source)
        raise _failure(path, line, _explained(error, source, line)) from error
    except (RecursionError, MemoryError):
        # The parser says it has no memory where its own stack is full.
        raise _failure(path, 1, _TOO_DEEP) from None
    except ValueError as error:
        raise _failure(path, 1, str(error)) from error


def deepest() -> int:
    """Return how deep a tree may be for all that is done with it.

    Whatever walks it, down to writing it out, takes up to so many calls a level.
    """
    return sys.getrecursionlimit() // _CALLS_A_LEVEL


def too_deep(path: str, node: ast.AST) -> SyntaxError:
    """Return the error for a file in which a node lies too deep."""
    return _failure(path, getattr(node, "lineno", 1), _TOO_DEEP)


def encoding_of(source: bytes) -> str:
    """Return the encoding of a file.

    Raises:
        SyntaxError: its cookie names none, or contradicts its byte order mark.

    """
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0]


def text_of(source: bytes) -> str:
    """Return the text of a file that can be parsed, without a byte order mark."""
    return source.decode("utf-8-sig" if source.isascii() else encoding_of(source))


def _decode(path: str, source: bytes) -> None:
    try:
        encoding = encoding_of(source)
    except SyntaxError as error:
        # It looks at the first two lines alone, and may fall over those.
        if "invalid or missing encoding" not in str(error):
            marked = source.startswith(codecs.BOM_UTF8) and "problem" in error.msg
            message = _CONTRADICTION if marked else error.msg
            raise _failure(path, _cookie_line(source), message) from error
        encoding = "utf-8"
    try:
        source.decode(encoding)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{source[error.start]:02x}"
        said = "" if encoding == "utf-8" else " as its encoding cookie says"
        line = _line_at(source, error.start)
        raise _failure(path, line, f"not {encoding}{said}: {byte}") from error
    except (LookupError, ValueError) as error:
        raise _failure(path, _cookie_line(source), str(error)) from error


def _explained(error: SyntaxError, source: bytes, number: int) -> str:
    message = error.msg or "invalid syntax"
    if isinstance(error, IndentationError) or "encoding" in message:
        return message
    if "too many nested" in message:
        return f"{_TOO_DEEP} ({message})"
    lines = re.split(rb"\r\n|\r|\n", source)
    line = lines[number - 1] if number <= len(lines) else b""
    if "outside" in message:
        return message
    if message.startswith(_PYTHON_2_MESSAGES) or _PYTHON_2.search(line):
        return f"{message} (this looks like Python 2)"
    return (
        f"{message} (for Python {_VERSION}, which runs awaitify: a newer one may "
        "know more)"
    )


def _cookie_line(source: bytes) -> int:
    found = _COOKIE.search(source)
    return _line_at(source, found.end()) if found else 1


def _line_at(source: bytes, position: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", source[:position])) + 1


def _failure(path: str, line: int, message: str) -> SyntaxError:
    return SyntaxError(message, (path, line, None, None))
