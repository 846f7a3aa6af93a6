"""Names and messages of others, in which every character can be seen; cut if long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awaitify.report.escaping import visible
from awaitify.report.lines import count


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
