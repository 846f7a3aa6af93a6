"""Pieces of Markdown; in names, messages and code no character means anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awaitify.report import escaping
from awaitify.report.excerpts import name


@dataclass(frozen=True)
class Limits:
    """How much is told of what is long."""

    items: int
    """Of each kind."""
    lines: int
    """Of a message."""
    size: int
    """The characters of a message."""
    width: int
    """Of a name."""


def bullets(lines: Iterable[str], most: int) -> str:
    """Return a list; of one that is long the beginning."""
    found = list(lines)
    shown = [f"* {line}" for line in found[:most]]
    if len(found) > most:
        shown.append(f"* ... and {len(found) - most} more")
    return "\n".join(shown)


def table(
    head: Sequence[str],
    rows: Sequence[tuple[str | int, ...]],
    limits: Limits,
    most: int = 20,
) -> str:
    """Return a table of which the first column is text, and the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    lines += [[prose(str(row[0]), limits), *map(str, row[1:])] for row in rows[:most]]
    if len(rows) > most:
        lines.append([f"... and {len(rows) - most} more", *[""] * (len(head) - 1)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def codes(names: Sequence[str], limits: Limits) -> str:
    """Return the first of some names, and how many there are."""
    if not names:
        return "no test"
    shown = ", ".join(code(each, limits) for each in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def code(text: str, limits: Limits) -> str:
    """Return a name as code, in which nothing means anything."""
    shown = name(text, limits.width)
    ticks = "`" * (_longest_run(shown) + 1)
    if not shown.strip():
        return f"{ticks}{shown or ' '}{ticks}"
    # One space goes from each end; without it a tick there would end the code.
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """Return text as a block of code, which nothing in it ends."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def escaped(text: str) -> str:
    """Return a sentence of ours in which no character means anything."""
    return re.sub(r"([\\`*_{}\[\]<>#|&~])", r"\\\1", text)


def prose(text: str, limits: Limits) -> str:
    """Return a message on one line that means nothing."""
    return escaping.markdown(name(text, limits.width))
