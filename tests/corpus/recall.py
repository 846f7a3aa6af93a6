"""Turns the AsyncMocks of a suite whose mocks are right into MagicMocks: what is found.

``python -m tests.corpus.recall KEY|FOLDER...`` from the repository's root. In a round
no two of them stand in one function. Exits with 1 if a proposal is wrong: one for the
suite as it is, or one for a mock that was not turned.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from awaitify_codemods import Sources
from awaitify_codemods.plan import LEFT
from tests.corpus.mocked import proposals, read, suite, swapped

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ALIAS = re.compile(rb"\bTurnedMock(\d+)\b")


@dataclass(frozen=True)
class Construction:
    """A mention of AsyncMock that makes one: a callee, or a ``new_callable``."""

    path: str
    start: int
    """The offset of the mention in bytes."""
    end: int
    line: int
    function: str
    """The innermost function or class that is not in a function."""


@dataclass
class Recall:
    """What was found of a suite's AsyncMocks."""

    key: str
    of: int = 0
    found: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    """Made otherwise: by a change of something that the same function makes."""
    missing: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """Changes where nothing was turned."""
    unmutated: list[str] = field(default_factory=list)
    """Changes of the suite as it is."""

    @property
    def share(self) -> float:
        """Return the share that was found."""
        return len(self.found) / self.of if self.of else 1.0

    @property
    def wrong(self) -> list[str]:
        """Return the changes that no AsyncMock asks for."""
        return [*self.unmutated, *self.elsewhere]

    def row(self) -> dict[str, Any]:
        """Return the outcome as one row."""
        return {
            "key": self.key,
            "of": self.of,
            "found": len(self.found),
            "below": len(self.below),
            "missing": len(self.missing),
            "share": round(self.share, 3),
            "elsewhere": self.elsewhere,
            "unmutated": self.unmutated,
        }


def recall(key: str, sources: Sources, most_rounds: int = 1000) -> Recall:
    """Turn each AsyncMock of a project's tests, and see which ones are found."""
    result = Recall(key, unmutated=proposals(sources))
    sites = [
        site
        for path in sorted(sources.selected)
        if b"AsyncMock" in sources.files[path]
        for site in constructions(path, sources.files[path])
    ]
    for turned in rounds(sites)[:most_rounds]:
        result.of += len(turned)
        _compare(sources, dict(enumerate(turned)), result)
    return result


def constructions(path: str, source: bytes) -> list[Construction]:
    """Return the mentions of AsyncMock that make one, in order."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for function, node in _with_functions(tree, ""):
        for each in _mentions(node):
            start = starts[each.lineno - 1] + each.col_offset
            end = starts[(each.end_lineno or 0) - 1] + (each.end_col_offset or 0)
            found.append(Construction(path, start, end, each.lineno, function))
    return sorted(found, key=lambda each: each.start)


def _with_functions(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, (*_FUNCTIONS, ast.ClassDef))
        inside = f"{function}.{child.name}" if named else function
        yield inside, child
        yield from _with_functions(child, inside)


def _mentions(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and _is_async_mock(node.func):
        yield node.func
    if isinstance(node, ast.keyword) and node.arg == "new_callable":
        if _is_async_mock(node.value):
            yield node.value


def _is_async_mock(node: ast.expr) -> bool:
    match node:
        case ast.Name("AsyncMock") | ast.Attribute(ast.Name(), "AsyncMock"):
            return True
        case ast.Attribute(ast.Attribute(), "AsyncMock"):
            return True
    return False


def rounds(sites: Iterable[Construction]) -> list[list[Construction]]:
    """Split constructions so that no two of a list stand in one function."""
    found: list[list[Construction]] = []
    seen: Counter[tuple[str, str]] = Counter()
    for site in sites:
        place = (site.path, site.function)
        if seen[place] == len(found):
            found.append([])
        found[seen[place]].append(site)
        seen[place] += 1
    return found


def turn(source: bytes, sites: Mapping[int, Construction]) -> bytes:
    """Return a file in which mentions are aliases of MagicMock, each of its own."""
    for number, site in sorted(sites.items(), key=lambda each: -each[1].start):
        alias = b"TurnedMock%d" % number
        source = source[: site.start] + alias + source[site.end :]
    names = ", ".join(f"MagicMock as TurnedMock{number}" for number in sorted(sites))
    at = _import_place(source)
    statement = f"; from unittest.mock import {names}".encode()
    return source[:at] + statement + source[at:]


def _import_place(source: bytes) -> int:
    """Return the offset after the first import; no line moves if one is put there."""
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if getattr(node, "module", "") != "__future__":
                before = sum(map(len, lines[: (node.end_lineno or 1) - 1]))
                return before + (node.end_col_offset or 0)
    raise ValueError("a file without imports makes no mocks")


def _compare(sources: Sources, turned: dict[int, Construction], result: Recall) -> None:
    files = dict(sources.files)
    by_path: dict[str, dict[int, Construction]] = {}
    for number, site in turned.items():
        by_path.setdefault(site.path, {})[number] = site
    for path, sites in by_path.items():
        files[path] = turn(files[path], sites)
    migration = swapped(replace(sources, files=files))
    reasons = {
        (each.path, each.line): each.reason
        for each in migration.plan.findings
        if each.status == LEFT
    }
    for path in {*by_path, *migration.results}:
        sites = by_path.get(path, {})
        before = files[path]
        after = migration.results.get(path, before) or b""
        left = _still_there(after)
        touched = _touched(before, after)
        for number, site in sites.items():
            place = f"{path}:{site.line}"
            own = [line for line in touched if _near(line, site, sites)]
            if number not in left:
                result.found.append(place)
            elif own:
                result.below.append(f"{place}: {own[0]}")
            else:
                reason = reasons.get((path, site.line), "")
                result.missing.append(f"{place} {reason}".rstrip())
        functions = {site.function for site in sites.values()}
        result.elsewhere += [
            f"{path}: {line}" for line in touched if functions.isdisjoint({line[0]})
        ]


def _still_there(source: bytes) -> set[int]:
    """Return the numbers of the aliases that are still called."""
    tree = ast.parse(source)
    kept = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id.startswith("TurnedMock"):
            kept.add(int(node.id.removeprefix("TurnedMock")))
    return kept


def _touched(before: bytes, after: bytes) -> list[tuple[str, str]]:
    """Return the lines that are new and mention no alias: function and text."""
    old = _plain(before).splitlines()
    new = _plain(after).splitlines()
    homes = _homes(after)
    found = []
    for tag, _, _, start, end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag in ("insert", "replace"):
            for number in range(start, end):
                text = new[number].strip()
                if text and "import " not in text:
                    found.append((homes.get(number + 1, ""), text))
    return found


def _plain(source: bytes) -> str:
    """Return the text without the difference that finding an alias makes."""
    text = _ALIAS.sub(b"AsyncMock", source).decode("utf-8", "replace")
    return re.sub(r"\b(?:[\w.]+\.)?AsyncMock\b", "AsyncMock", text)


def _homes(source: bytes) -> dict[int, str]:
    """Return the function that each line belongs to."""
    found: dict[int, str] = {}
    for function, node in _with_functions(ast.parse(source), ""):
        if isinstance(node, _FUNCTIONS):
            for line in range(node.lineno, (node.end_lineno or 0) + 1):
                found[line] = function
    return found


def _near(
    line: tuple[str, str], site: Construction, sites: Mapping[int, Construction]
) -> bool:
    return line[0] == site.function


def main() -> None:
    """Print the rows of the suites named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", metavar="KEY|FOLDER", nargs="+")
    parser.add_argument("--rounds", type=int, default=1000, help="how many at most")
    parser.add_argument("--verbose", action="store_true", help="list what is missing")
    options = parser.parse_args()
    wrong = False
    for name in options.suites:
        root, python = suite(name)
        result = recall(name, read(root, python), options.rounds)
        row = result.row()
        if options.verbose:
            row |= {"below_places": result.below, "missing_places": result.missing}
        print(json.dumps(row), flush=True)
        wrong = wrong or bool(result.wrong)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
