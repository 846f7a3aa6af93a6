"""What becomes of files, hunk by hunk: where each stands, and what it belongs to.

A hunk here has no context. Those of one unit belong together: functions that become
async with their callers, over as many files as they are in. To take some of a unit
and not the others is to break what calls them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaitify_codemods import Unit

ALONE = -1
"""The unit of a hunk that belongs to none."""

_NEWLINE = re.compile(rb"\r\n?|\n")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Hunk:
    """Lines that follow one another and are replaced by others."""

    start: int
    """The first line that is replaced, from 1; where none is, the one before which
    the new ones are put."""
    old: tuple[bytes, ...]
    """The lines as they are, with their ends; a line ends with ``\\n`` alone."""
    new_start: int
    """The same in the new file."""
    new: tuple[bytes, ...]
    definition: str = ""
    """The innermost definition it stands in, as pytest names it: ``TestX::test_y``;
    "" for the level of the module."""
    unit: int = ALONE
    """The number of what it belongs to, over all files of a run; or `ALONE`."""


@dataclass(frozen=True)
class Change:
    """What becomes of one file."""

    path: str
    """Posix, relative to the project's root."""
    before: bytes | None
    """None for a file that is made."""
    after: bytes | None
    """None for a file that goes."""
    hunks: tuple[Hunk, ...]
    executable: bool = False
    """Whether a file that goes has the executable bit."""
    diff: bytes = b""
    """Its patch, of a report that was read back: the bytes are not known then."""


def lines(source: bytes | None) -> list[bytes]:
    r"""Return the lines of a file with their ends, as git has them: by ``\n`` alone."""
    *whole, rest = (source or b"").split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def changes(
    files: Iterable[tuple[str, bytes | None, bytes | None]], units: Sequence[Unit]
) -> tuple[Change, ...]:
    """Return what becomes of files.

    Args:
        files: path, bytes before and bytes after of those that change.
        units: those of the plan.

    """
    numbers: dict[str, dict[str, int]] = {}
    for number, unit in enumerate(units):
        for function in unit.functions:
            numbers.setdefault(function.partition("::")[0], {})[function] = number
    found, joined = [], _Joined()
    for path, before, after in files:
        own = numbers.get(path, {})
        hunks = tuple(_hunks(path, before, after, own, joined))
        found.append((path, before, after, hunks))
    return tuple(
        Change(path, before, after, tuple(joined.numbered(each) for each in hunks))
        for path, before, after, hunks in found
    )


def spans(source: bytes) -> list[tuple[int, int, str]]:
    """Return the definitions of a file: first line, the one after the last, name.

    Lines are those of `lines`, from 0; what cannot be parsed has none.
    """
    return _Definitions(source).spans


@dataclass(frozen=True)
class _Raw:
    hunk: Hunk
    units: frozenset[int]


class _Joined:
    """Units that cannot be told apart, as lines of both are in one hunk."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}

    def add(self, units: Iterable[int]) -> None:
        first, *others = sorted({self.first(each) for each in units})
        self._first.update(dict.fromkeys(others, first))

    def first(self, unit: int) -> int:
        while unit in self._first:
            unit = self._first[unit]
        return unit

    def numbered(self, raw: _Raw) -> Hunk:
        unit = self.first(min(raw.units)) if raw.units else ALONE
        return Hunk(**{**vars(raw.hunk), "unit": unit})


def _hunks(
    path: str,
    before: bytes | None,
    after: bytes | None,
    numbers: Mapping[str, int],
    joined: _Joined,
) -> Iterator[_Raw]:
    old, new = lines(before), lines(after)
    were, are = _Definitions(before), _Definitions(after)
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            continue
        # What is put above a function, a decorator, is the function's in the result.
        inside = {*(were.around(a, b) if a < b else ()), *are.around(c, d)}
        names = are.around(c, d) if c < d else were.around(a, b)
        units = {n for each in inside if each for n in _units(path, each, numbers)}
        if units:
            joined.add(units)
        hunk = Hunk(a + 1, tuple(old[a:b]), c + 1, tuple(new[c:d]), names[0])
        yield _Raw(hunk, frozenset(units))


def _units(path: str, name: str, numbers: Mapping[str, int]) -> Iterator[int]:
    """Yield the units of a definition; of a class they are those of its methods."""
    full = f"{path}::{name}"
    found = [numbers[each] for each in _outwards(full) if each in numbers]
    inner = (n for each, n in numbers.items() if each.startswith(f"{full}::"))
    yield from found or inner


def _outwards(name: str) -> Iterator[str]:
    """Yield a full name and those of the definitions around it."""
    while "::" in name:
        yield name
        name = name.rpartition("::")[0]


class _Definitions:
    """Which lines of a file are whose."""

    def __init__(self, source: bytes | None) -> None:
        self.spans: list[tuple[int, int, str]] = []
        if source is None:
            return
        ends = [match.end() for match in _NEWLINE.finditer(source)]
        # Python counts a lone \r as the end of a line, too.
        counted = [source[end - 1 : end] == b"\n" for end in ends]
        self._lines = [0, *accumulate(counted)]
        from awaitify_codemods.facts.parsing import compiled

        # What is no Python, or nests too deeply, has no definitions to tell.
        with suppress(SyntaxError, ValueError, RecursionError):
            tree = compiled("", source, ast.PyCF_ONLY_AST)
            assert isinstance(tree, ast.Module)
            self._visit(tree, "")

    def _visit(self, node: ast.AST, within: str) -> None:
        for each in ast.iter_child_nodes(node):
            if not isinstance(each, _DEFINITIONS):
                if isinstance(each, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                    self._visit(each, within)
                continue
            name = f"{within}::{each.name}" if within else each.name
            first = min([each.lineno, *(d.lineno for d in each.decorator_list)])
            last = each.end_lineno or each.lineno
            self.spans.append((self._line(first), self._line(last) + 1, name))
            self._visit(each, name)

    def _line(self, line: int) -> int:
        return self._lines[min(line - 1, len(self._lines) - 1)]

    def around(self, start: int, stop: int) -> list[str]:
        """Return the innermost definitions of lines, in order; "" for none."""
        found: dict[str, None] = {}
        for line in range(start, max(stop, start + 1)):
            inner = [name for a, b, name in self.spans if a <= line < b]
            found.setdefault(inner[-1] if inner else "")
        return list(found)
