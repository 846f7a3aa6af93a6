"""Counts, in a suite's files, what drives a loop and what asserts.

Deliberately plain: it goes by syntax and by the names that the suite's own
runners have, and shares no code with the tool that it measures.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_DRIVES = ("run_until_complete", "run_forever")
_RUNNERS = ("asyncio.run", "anyio.run")
_OTHER_RUNNERS = ("asyncio.Runner", "run_sync")
_WRAPPERS = tuple(
    f"asyncio.{name}" for name in ("wait_for", "shield", "create_task", "ensure_future")
)
_ALSO_COUNTED = ("new_event_loop", "get_event_loop", "CoroutineMock")
_LEGACY = ("run_until_complete", "asyncio.run", "helper", "decorated")
_SET_UPS = {
    *("setUp", "tearDown", "setUpClass", "tearDownClass"),
    *("setup_method", "teardown_method"),
}
_ASSERTING = re.compile(r"assert[A-Z_]|fail([A-Z]|$)")
_ASSERTING_CALLS = ("pytest.raises", "pytest.warns", "pytest.fail", "raises")
_TAKES_CALLABLE = re.compile(r"(?:raises|assertRaises|assertRaisesRegex)$")

Trees = dict[str, ast.Module | None]


@dataclass(frozen=True)
class Runners:
    """Names of functions that drive a loop for tests."""

    helpers: frozenset[str]
    decorators: frozenset[str]

    def __or__(self, other: Runners) -> Runners:
        return Runners(self.helpers | other.helpers, self.decorators | other.decorators)


def parse(root: Path, paths: Iterable[str]) -> Trees:
    """Parse the files that `paths` name under `root`; None where that fails."""
    files = (file for path in paths for file in _files(root / path))
    return {file.relative_to(root).as_posix(): _parse(file) for file in files}


def runners(trees: Trees) -> Runners:
    """Find the functions that drive a loop and are neither tests nor set-ups."""
    kinds: dict[bool, set[str]] = {False: set(), True: set()}
    for node in _nodes(trees):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("test")
            and node.name not in _SET_UPS
            and _drives(node)
        ):
            kinds[_defines_driver(node)].add(node.name)
    return Runners(frozenset(kinds[False]), frozenset(kinds[True]))


def sites(trees: Trees, known: Runners) -> Counter[str]:
    """Count the legacy sites by kind; `legacy` adds up those that drive."""
    counts: Counter[str] = Counter()
    counts["unparsable"] += sum(tree is None for tree in trees.values())
    for node in _nodes(trees):
        counts.update(_kinds(node, known))
    return +counts


def legacy(counts: Counter[str]) -> int:
    """Return how many sites drive a loop."""
    return sum(counts[kind] for kind in _LEGACY)


def places(trees: Trees, known: Runners) -> Iterator[tuple[str, int]]:
    """Yield the file and the line of each site that drives a loop for certain.

    Calls of helpers are not: other functions have their names.
    """
    for path, tree in trees.items():
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    if _decorates(decorator, known):
                        yield path, decorator.lineno
            elif {*_kinds(node, known)} & {"run_until_complete", "asyncio.run"}:
                yield path, node.lineno


def assertions(trees: Trees, known: Runners) -> Counter[str]:
    """Count the assertions by their text, without awaits and runners."""
    plain = _Plain(known)
    return Counter(
        ast.unparse(plain.visit(ast.parse(ast.unparse(node))))
        for node in _nodes(trees)
        if _is_assertion(node)
    )


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _parse(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return None


def _nodes(trees: Trees) -> Iterator[ast.AST]:
    for tree in trees.values():
        if tree is not None:
            yield from ast.walk(tree)


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value, name):
            return f"{_dotted(value)}.{name}"
        case ast.Call(callee):
            return f"{_dotted(callee)}()"
        case ast.Name(name):
            return name
    return "?"


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _drives(node: ast.AST) -> bool:
    names = [_dotted(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)]
    return any(name in _RUNNERS or _last(name) in _DRIVES for name in names)


def _defines_driver(function: ast.AST) -> bool:
    return any(
        _drives(node)
        for node in ast.walk(function)
        if node is not function and isinstance(node, ast.FunctionDef | ast.Lambda)
    )


def _kinds(node: ast.AST, known: Runners) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = _dotted(node.func)
        last = _last(name)
        if last == "run_until_complete":
            yield last
        elif name in (*_RUNNERS, *_OTHER_RUNNERS) or name.endswith("unner.run"):
            yield "asyncio.run"
        elif last in known.helpers:
            yield "helper"
        if last in _ALSO_COUNTED:
            yield last
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for decorator in node.decorator_list:
            if _decorates(decorator, known):
                yield "decorated"
    elif isinstance(node, ast.Assert):
        yield "assert"


def _decorates(decorator: ast.expr, known: Runners) -> bool:
    return _last(_dotted(decorator).removesuffix("()")) in known.decorators


def _is_assertion(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Assert)
    name = _dotted(node.func)
    return name in _ASSERTING_CALLS or bool(_ASSERTING.match(_last(name)))


class _Plain(ast.NodeTransformer):
    """Takes away what a migration may change inside an assertion."""

    def __init__(self, known: Runners) -> None:
        self._known = known

    def visit_Await(self, node: ast.Await) -> ast.expr:
        inner: ast.expr = self.visit(node.value)
        return inner

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        self.generic_visit(node)
        return ast.ListComp(node.elt, node.generators)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if _TAKES_CALLABLE.search(_dotted(node.func)):
            node.args = self._without_driver(node.args)
        self.generic_visit(node)
        name = _dotted(node.func)
        if node.args and (self._is_runner(name) or name in _WRAPPERS):
            return node.args[0]
        return node

    def _is_runner(self, name: str) -> bool:
        last = _last(name)
        driving = last == "run_until_complete" or last in self._known.helpers
        return driving or name in _RUNNERS

    def _without_driver(self, arguments: list[ast.expr]) -> list[ast.expr]:
        """Cut ``raises(E, run, f())`` down to what ``with raises(E)`` says."""
        for index, argument in enumerate(arguments):
            if isinstance(argument, ast.Lambda) or self._is_runner(_dotted(argument)):
                return arguments[:index]
        return arguments
