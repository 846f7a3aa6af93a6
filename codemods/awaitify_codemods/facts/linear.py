"""The order in which Python looks through the bases of a class, if there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from awaitify_codemods.facts.values import Class, External

Base = Class | External | None

# What these derive from in turn; nothing else of the standard library matters here.
_ABOVE = {
    "unittest.IsolatedAsyncioTestCase": "unittest.TestCase",
    "unittest.async_case.IsolatedAsyncioTestCase": "unittest.TestCase",
    "unittest.case.TestCase": "unittest.TestCase",
}
_OBJECT = External("builtins.object")


def linear(
    base: Base, bases: Callable[[Class], Sequence[Base]], depth: int = 0
) -> list[Base] | None:
    """Return the method resolution order of a class; None if Python refuses one.

    Args:
        base: the class.
        bases: the direct bases of a class that can be read.
        depth: how many classes below are being asked about.

    """
    if depth > 30:
        return None
    if isinstance(base, Class):
        direct = list(bases(base)) or [_OBJECT]
    elif base is None or base == _OBJECT:
        return [base]
    else:
        direct = [External(_ABOVE[base.name]) if base.name in _ABOVE else _OBJECT]
    above = [linear(each, bases, depth + 1) for each in direct]
    known = [each for each in above if each is not None]
    if len(known) < len(above):
        return None
    merged = _merge([*known, direct])
    return None if merged is None else [base, *merged]


def _merge(rows: list[list[Base]]) -> list[Base] | None:
    """Merge orders so that each is kept: the C3 linearisation."""
    found: list[Base] = []
    rows = [list(row) for row in rows]
    while rows := [row for row in rows if row]:
        heads = (row[0] for row in rows)
        later = {each for row in rows for each in row[1:]}
        head = next((each for each in heads if each not in later), later)
        if isinstance(head, set):
            return None
        found.append(head)
        rows = [row[1:] if row[0] == head else row for row in rows]
    return found
