"""Names and messages of others, in which every character can be seen; cut if long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from awaitify.report.lines import count

# What moves the cursor, ends a line, turns the direction of text around, or is no
# character of its own.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
    "\ufdd0-\ufdef\ufffe\uffff]"
)


def visible(text: str) -> str:
    """Return text in which every character can be seen, and written as UTF-8."""
    return _ODD.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        # A byte of a name that is no UTF-8.
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def line(text: str, width: int = 300) -> str:
    """Return the first line of a text that says something, cut if it is long."""
    lines = [each.strip() for each in visible(text).split("\n")]
    first = next(filter(None, lines), "").replace("\t", " ")
    return first if len(first) <= width else f"{first[: width - 4]} ..."


def name(text: str, width: int = 500) -> str:
    """Return a name on one line, however odd it is."""
    shown = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= width else f"{shown[: width - 4]} ..."


def block(text: str, lines: int, size: int) -> str:
    """Return a text of several lines; of one that is long the beginning."""
    shown = visible(text).strip("\n").split("\n")
    kept = list(_fitting(shown[:lines], size))
    if hidden := len(shown) - len(kept):
        kept.append(f"... ({count(hidden, 'more line')})")
    return "\n".join(kept)


def end(text: str, lines: int, size: int) -> str:
    """Return a text of several lines; of one that is long the end, which says why."""
    shown = visible(text).strip("\n").split("\n")
    kept = list(_fitting(shown[-lines:][::-1], size))
    if hidden := len(shown) - len(kept):
        kept.append(f"({count(hidden, 'line')} before that) ...")
    return "\n".join(kept[::-1])


def _fitting(lines: Iterable[str], size: int) -> Iterator[str]:
    """Yield lines as long as there is room; the last one may be cut."""
    for each in lines:
        if len(each) > size:
            yield f"{each[:size]} ..."
            return
        yield each
        size -= len(each)
