"""Code that asks whether a loop runs, and takes another path where none does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, Function

_ASKING = frozenset(
    {"get_running_loop", "_get_running_loop", "get_event_loop", "current_task"}
)
_DRIVING = frozenset({"run", "run_until_complete"})
# They need a loop that runs, where they are asyncio's own.
_SPAWNING = frozenset({"create_task", "ensure_future"})
_GUARDING = frozenset({"is_running"})
# What it returns tells; nothing is raised.
_TELLING = frozenset({"_get_running_loop"})
# How far callers are followed by name alone.
_HOPS = 5
# Names too common to follow.
EVERYBODYS = frozenset(
    "add append clear close copy count decode encode extend format get index "
    "insert items join keys pop read remove replace set sort split strip update "
    "values".split()
)
_CAUGHT = frozenset({"RuntimeError", "Exception", "except"})
_DEPTH = 12


@dataclass(eq=False)
class Asking:
    """Answers for the functions of a project; remembers them.

    Args:
        index: the project's files.
        test_code: the files that are migrated; all others are under test.

    """

    index: Index
    test_code: frozenset[str]
    _asks: dict[ast.AST, bool] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of sync code under test that falls back where no loop runs.

        Closed over callers by name: dispatch on unknown receivers cannot be
        resolved, so this says what may be reached, not what is.
        """
        return self._asking[0]

    def may_ask(self, function: Function) -> bool:
        """Whether code under test is among what `asking` was closed over."""
        return function.node in self._asking[1]

    @cached_property
    def _asking(self) -> tuple[dict[str, str], set[ast.AST]]:
        found: dict[str, str] = {}
        pending = [
            (module, node)
            for module in self._asking_modules()
            for node in module.functions
            if isinstance(node, ast.FunctionDef) and _falls_back(module, node)
        ]
        nodes: set[ast.AST] = {node for _, node in pending}
        for _ in range(_HOPS):
            names = {
                node.name: f"{module.path}::{module.qualified(node)}"
                for module, node in pending
                if node.name not in found and node.name not in EVERYBODYS
            }
            if not names:
                break
            found.update(names)
            packages = {_package(module.path) for module, _ in pending}
            pending = [
                (module, node)
                for module in self._modules_of(packages, names)
                for node in module.functions
                if isinstance(node, ast.FunctionDef)
                and not node.name.startswith("__")
                and node not in nodes
                and any(
                    _called_name(call) in names for call in module.scopes[node].calls
                )
            ]
            nodes |= {node for _, node in pending}
        return found, nodes

    def _asking_modules(self) -> list[Module]:
        search = self.index.words.files_with
        paths = {path for word in _ASKING | _SPAWNING for path in search(word)}
        catching = {path for word in _CAUGHT for path in search(word)}
        modules = [
            self.index.module(path)
            for path in sorted(paths & catching - self.test_code)
        ]
        return [module for module in modules if module]

    def _modules_of(
        self, packages: set[str], names: dict[str, str]
    ) -> Iterator[Module]:
        paths = {path for name in names for path in self.index.words.files_with(name)}
        for path in sorted(paths - self.test_code):
            if _package(path) in packages and (module := self.index.module(path)):
                yield module

    def asks(self, function: Function, depth: int = 0) -> bool:
        """Whether a sync call is sure to reach code that falls back without a loop."""
        if function.is_async or depth > _DEPTH:
            return False
        node = function.node
        if node not in self._asks:
            self._asks[node] = False  # what a cycle finds
            assert isinstance(node, ast.FunctionDef)
            self._asks[node] = _falls_back(function.module, node) or any(
                self.asks(each, depth + 1)
                for call in function.scope.calls
                for each in self.called(call, function.module)
            )
        return self._asks[node]

    def called(self, call: ast.Call, module: Module) -> Iterator[Function]:
        """Yield the functions that a call may call, constructors among them."""
        yield from self.index.called(call, module, may_ask)
        for value in self.index.value(call.func, module):
            if isinstance(value, Class):
                for found in attribute(value, "__init__", self.index):
                    if isinstance(found, Function):
                        yield found


def may_ask(source: bytes) -> bool:
    """Whether one file mentions what asks for a loop."""
    return any(word.encode() in source for word in _ASKING | _SPAWNING | _GUARDING)


def _falls_back(module: Module, node: ast.FunctionDef) -> bool:
    """``try: get_running_loop() except RuntimeError: ...`` in a function's frame.

    Or a drive that is only reached where no loop runs.

    A handler that raises is no fall-back: a test that passed did not get there.
    """
    for call in module.scopes[node].calls:
        name = _called_name(call)
        if name in _TELLING:
            return True
        if name in _DRIVING and is_where_no_loop_runs(call, module):
            return True
        if name not in _ASKING and not _spawns(call):
            continue
        below: ast.AST = call
        for outer in module.enclosing(call):
            if outer is node:
                break
            if isinstance(outer, ast.Try) and below in outer.body:
                if any(_catches(handler) for handler in outer.handlers):
                    return True
            below = outer
    return False


def is_where_no_loop_runs(call: ast.Call, module: Module) -> bool:
    """Whether a drive stands in ``if loop.is_running(): ... else: ...``."""
    below: ast.AST = module.statement(call)
    for outer in module.enclosing(below):
        if isinstance(outer, (*FUNCTIONS, ast.ClassDef)):
            return False
        if isinstance(outer, ast.If):
            match outer.test:
                case ast.Call(func=ast.Attribute(attr="is_running")):
                    return below in outer.orelse
                case ast.UnaryOp(
                    op=ast.Not(),
                    operand=ast.Call(func=ast.Attribute(attr="is_running")),
                ):
                    return below in outer.body
        below = outer
    return False


def _spawns(call: ast.Call) -> bool:
    """``asyncio.create_task``: not that of a loop or of a group."""
    owner, _, name = spelled(call.func).rpartition(".")
    return name in _SPAWNING and owner in ("", "asyncio")


def _catches(handler: ast.ExceptHandler) -> bool:
    if isinstance(handler.body[-1], ast.Raise):
        return False
    if handler.type is None:
        return True
    return any(
        isinstance(node, (ast.Name, ast.Attribute))
        and spelled(node).rpartition(".")[2] in _CAUGHT
        for node in walk(handler.type)
    )


def _called_name(call: ast.Call) -> str:
    return spelled(call.func).rpartition(".")[2] or getattr(call.func, "attr", "")


def _package(path: str) -> str:
    return path.rpartition("/")[0].removeprefix("src/").partition("/")[0]
