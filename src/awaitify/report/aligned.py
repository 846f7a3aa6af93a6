"""Changes as two columns: which line stands beside which, and what differs in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from awaitify.changes import Change, Hunk, lines
from awaitify.report.colours import BEGINS

_CONTEXT = 3
_MOST = 40
"""Blocks of more lines than that are put side by side in order: comparing each line
with each takes too long."""
_WIDEST = 1000
"""Longer lines are no code that anybody reads: they are not compared."""
_ALIKE = 0.5
_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)

_DEFINED = re.compile(r"\s*(?:async\s+)?(?P<kind>def|class)\s+(?P<name>\w+)")

Marks = tuple[tuple[int, int], ...]
"""What differs in a line: from where to where, in characters."""


@dataclass(frozen=True)
class Row:
    """Two lines beside each other; where one is missing, the other is new or gone."""

    old: int | None
    """Its number, from 1."""
    new: int | None
    changed: bool = False
    old_marks: Marks = ()
    new_marks: Marks = ()


@dataclass(frozen=True)
class Piece:
    """Hunks near each other, with the lines around them."""

    rows: tuple[Row, ...]
    touched: tuple[range, ...]
    """The old lines that each hunk is about; where it replaces none, the one after."""


@dataclass(frozen=True)
class Section:
    """What becomes of one definition."""

    definition: str
    """``TestX::test_y``; "" for the level of the module."""
    pieces: tuple[Piece, ...]
    units: tuple[int, ...]


@dataclass(frozen=True)
class Texts:
    """Both sides of a change as text, line by line, without ends of lines."""

    old: Sequence[str]
    new: Sequence[str]
    whole: bool
    """Whether all lines are there; of what was stored only those that change are."""


def texts(change: Change) -> Texts:
    """Return the lines of both sides; those that are not known are empty."""
    if change.before or change.after or not change.hunks:
        return Texts(_decoded(change.before), _decoded(change.after), True)
    last = change.hunks[-1]
    old = [""] * (last.start + len(last.old))
    new = [""] * (last.new_start + len(last.new))
    for hunk in change.hunks:
        _put(old, hunk.start, hunk.old)
        _put(new, hunk.new_start, hunk.new)
    return Texts(old, new, False)


def sections(change: Change, found: Texts) -> tuple[Section, ...]:
    """Return what becomes of each definition, in the order of lines."""
    made = []
    rooms = list(_rooms(change.hunks, found))
    outer = Outer(found)
    named = groupby(rooms, lambda room: outer.of(room.hunk.definition))
    for definition, group in named:
        these = list(group)
        pieces = tuple(_piece(near, found) for near in _near(these))
        units = tuple(sorted({room.hunk.unit for room in these}))
        made.append(Section(definition, pieces, units))
    return tuple(made)


class Outer:
    """Which function or method a definition is in: those inside of one are its own."""

    def __init__(self, found: Texts | None) -> None:
        sides = (found.old, found.new) if found else ()
        matches = [m for side in sides for m in map(_DEFINED.match, side) if m]
        classes = {m["name"] for m in matches if m["kind"] == "class"}
        self._functions = {m["name"] for m in matches} - classes

    def of(self, definition: str) -> str:
        """Return the name of the outermost function, or the class where none is."""
        parts = definition.split("::")
        for number, part in enumerate(parts, 1):
            if part in self._functions:
                return "::".join(parts[:number])
        return definition


@dataclass(frozen=True)
class _Room:
    """A hunk, and how many lines around it are free for context."""

    hunk: Hunk
    above: int
    below: int


def _rooms(hunks: Sequence[Hunk], found: Texts) -> Iterator[_Room]:
    for number, hunk in enumerate(hunks):
        if not found.whole:
            yield _Room(hunk, 0, 0)
            continue
        first = _end(hunks[number - 1]) if number else 1
        last = len(found.old) + 1
        if number + 1 < len(hunks):
            last = hunks[number + 1].start
        yield _Room(hunk, hunk.start - first, last - _end(hunk))


def _end(hunk: Hunk) -> int:
    return hunk.start + len(hunk.old)


def _near(rooms: Sequence[_Room]) -> Iterator[list[_Room]]:
    """Yield hunks whose context meets."""
    near: list[_Room] = []
    for room in rooms:
        if near and room.hunk.start - _end(near[-1].hunk) > 2 * _CONTEXT:
            yield near
            near = []
        near.append(room)
    if near:
        yield near


def _piece(near: Sequence[_Room], found: Texts) -> Piece:
    rows: list[Row] = []
    first, last = near[0], near[-1]
    above = 0 if _begins(first.hunk) else min(_CONTEXT, first.above)
    rows += _same(first.hunk.start - above, first.hunk.new_start - above, above)
    for number, room in enumerate(near):
        hunk = room.hunk
        rows += _changed(hunk, found)
        if number + 1 < len(near):
            gap = near[number + 1].hunk.start - _end(hunk) if found.whole else 0
        else:
            gap = _below(last, found)
        rows += _same(_end(hunk), hunk.new_start + len(hunk.new), gap)
    touched = tuple(
        range(room.hunk.start, max(_end(room.hunk), room.hunk.start + 1))
        for room in near
    )
    return Piece(tuple(rows), touched)


def _begins(hunk: Hunk) -> bool:
    """Whether a definition begins with a hunk: what is above is of others."""
    first = (*hunk.new, *hunk.old)[:1]
    return bool(hunk.definition and first and BEGINS.match(_text(first[0])))


def _below(room: _Room, found: Texts) -> int:
    """Return how many lines below a hunk are shown: none of the next definition."""
    gap = min(_CONTEXT, room.below)
    lines = found.old[_end(room.hunk) - 1 :][:gap]
    if not room.hunk.definition:
        return gap
    for number, line in enumerate(lines):
        if BEGINS.match(line):
            lines = lines[:number]
            break
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return len(lines)


def _same(old: int, new: int, number: int) -> Iterator[Row]:
    return (Row(old + n, new + n) for n in range(number))


def _changed(hunk: Hunk, found: Texts) -> Iterator[Row]:
    old = [found.old[hunk.start - 1 + n] for n in range(len(hunk.old))]
    new = [found.new[hunk.new_start - 1 + n] for n in range(len(hunk.new))]
    for a, b in _paired(old, new):
        marks: tuple[Marks, Marks] = ((), ())
        if a is not None and b is not None:
            marks = _differing(old[a], new[b])
        yield Row(
            None if a is None else hunk.start + a,
            None if b is None else hunk.new_start + b,
            True,
            *marks,
        )


def _paired(
    old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[int | None, int | None]]:
    """Yield which line is which: those that are most alike, in order."""
    if len(old) > _MOST or len(new) > _MOST:
        for n in range(max(len(old), len(new))):
            yield (n if n < len(old) else None), (n if n < len(new) else None)
        return
    best = _best(old, new)
    a, b = 0, 0
    while a < len(old) or b < len(new):
        if a < len(old) and b < len(new) and best[a][b][1] == "both":
            yield a, b
            a, b = a + 1, b + 1
        elif b == len(new) or (a < len(old) and best[a][b][1] == "old"):
            yield a, None
            a += 1
        else:
            yield None, b
            b += 1


def _best(old: Sequence[str], new: Sequence[str]) -> list[list[tuple[float, str]]]:
    """Return for the rest from each pair of lines on how alike it is, and by what."""
    best = [[(0.0, "") for _ in range(len(new) + 1)] for _ in range(len(old) + 1)]
    for a in reversed(range(len(old))):
        for b in reversed(range(len(new))):
            alike = _likeness(old[a], new[b])
            ways = [(best[a + 1][b][0], "old"), (best[a][b + 1][0], "new")]
            if alike >= _ALIKE:
                ways.append((best[a + 1][b + 1][0] + alike, "both"))
            best[a][b] = max(ways, key=lambda way: way[0])
    return best


def _likeness(old: str, new: str) -> float:
    one, other = old.strip(), new.strip()
    if not one or not other or len(one) + len(other) > _WIDEST:
        return 1.0 if one == other else 0.0
    matcher = SequenceMatcher(None, _words(one), _words(other), autojunk=False)
    if matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _differing(old: str, new: str) -> tuple[Marks, Marks]:
    """Return what differs in two lines that stand beside each other."""
    if len(old) + len(new) > _WIDEST:
        return (), ()
    a, b = _words(old), _words(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < _ALIKE:
        # All of it is another line.
        return (), ()
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        _spans(a, [(i, j) for _, i, j, _, _ in codes]),
        _spans(b, [(i, j) for _, _, _, i, j in codes]),
    )


def _spans(words: Sequence[str], parts: Iterable[tuple[int, int]]) -> Marks:
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    # That a line is indented otherwise can be seen.
    seen = 1 if words and not words[0].strip() else 0
    return tuple(
        (starts[max(i, seen)], starts[j]) for i, j in parts if max(i, seen) < j
    )


def _words(line: str) -> list[str]:
    return _WORD.findall(line)


def _decoded(source: bytes | None) -> list[str]:
    return [_text(line) for line in lines(source)]


def _put(side: list[str], start: int, found: Sequence[bytes]) -> None:
    side[start - 1 : start - 1 + len(found)] = map(_text, found)


def _text(line: bytes) -> str:
    shown = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return shown.decode()
    except UnicodeDecodeError:
        return shown.decode("latin-1")
