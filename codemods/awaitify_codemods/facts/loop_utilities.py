"""Functions that only make, install or end a loop: by body, whatever their name."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import ENDINGS, is_life_cycle, loops
from awaitify_codemods.facts.module import every_argument
from awaitify_codemods.facts.values import External, Function, Loop, Member

MAKES, FETCHES, ONLY = "new", "current", "only"
"""It returns a new loop, or the current one; or nothing."""

_WORDS = ("new_event_loop", "set_event_loop", "get_event_loop", "is_closed")
_SET = frozenset({External("asyncio.set_event_loop")})
_LONGEST = 12
_DEPTH = 4


@dataclass(eq=False)
class LoopUtilities:
    """Recognises loop utilities; remembers what it found.

    Args:
        index: the project's files.
        test_code: those that tests consist of: what is under test is left to them.

    """

    index: Index
    test_code: frozenset[str] = frozenset()
    _kinds: dict[ast.AST, str] = field(default_factory=dict)

    @cached_property
    def _names(self) -> frozenset[str]:
        words = self.index.words
        paths = dict.fromkeys(
            path for word in _WORDS for path in words.files_with(word)
        )
        return frozenset(
            node.name
            for path in paths
            if path in self.test_code and (module := self.index.module(path))
            for node in module.functions
            if self.kind(Function(module, node))
        )

    def names(self) -> frozenset[str]:
        """Return the names of all of them: nothing else is worth a look."""
        return self._names if self.test_code else frozenset()

    def kind(self, function: Function) -> str:
        """Return what a function gives if it is a loop utility; "" if it is none."""
        node = function.node
        if function.module.path not in self.test_code:
            return ""
        if node not in self._kinds:
            self._kinds[node] = ""  # what recursion finds
            self._kinds[node] = self._read(function)
        return self._kinds[node]

    def _read(self, function: Function) -> str:
        node = function.node
        parameters = every_argument(node.args)
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            return ""
        if foreign_name(function.module) or function.owner or len(parameters) > 1:
            return ""
        if node.args.defaults or node.args.vararg or node.args.kwarg:
            return ""
        if len(node.body) > _LONGEST or not _mentions_loop(function):
            return ""
        given = parameters[0].arg if parameters else ""
        body, found = list(node.body), ONLY
        match body[-1]:
            case ast.Return(value=ast.expr() as value):
                found = self._given(value, function)
                body = body[:-1]
            case ast.Return():
                body = body[:-1]
        idle = all(self._is_idle(each, function, given) for each in body)
        return found if idle and not (given and found != ONLY) else ""

    def _given(self, value: ast.expr, function: Function) -> str:
        values = self.index.value(value, function.module)
        found = loops(values)
        if not found:
            return ""
        if all(each.kind == "new" and each.scope is function.scope for each in found):
            return MAKES
        return FETCHES if all(each.kind == "current" for each in found) else ""

    def _is_idle(self, node: ast.stmt, function: Function, given: str) -> bool:
        match node:
            case ast.Pass() | ast.Import() | ast.ImportFrom():
                return True
            case ast.Expr(value=ast.Constant()):
                return True
            case ast.If(test=test, body=body, orelse=[]) if given:
                return _is_about(test, given) and all(
                    self._is_idle(each, function, given) for each in body
                )
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr))
            ) if given:
                if name == given:
                    return attr in ENDINGS
            case ast.Expr(value=ast.Call(func=func, args=[ast.Name(id=name)])) if given:
                if name == given:
                    return self.index.value(func, function.module) == _SET
        return is_life_cycle(node, function.module, self.index)


def _is_about(test: ast.expr, given: str) -> bool:
    """``if not loop.is_closed()``, ``if loop is not None``."""
    return all(
        node.id == given for node in ast.walk(test) if isinstance(node, ast.Name)
    )


def _mentions_loop(function: Function) -> bool:
    names = {
        getattr(call.func, "attr", getattr(call.func, "id", ""))
        for call in function.scope.calls
    }
    return bool(names & {*_WORDS, *ENDINGS})


Skip = Callable[[Function], bool]


def interferes(
    function: Function,
    index: Index,
    skip: Skip = lambda function: False,
    depth: int = 0,
) -> str:
    """Return where a sync function ends the current loop, or installs another one.

    Args:
        function: what is called.
        index: the project's files.
        skip: what becomes async, or goes: its loops are seen to.
        depth: how far it was followed.

    """
    if function.is_async or depth > _DEPTH or foreign_name(function.module):
        return ""
    module = function.module
    for call in function.scope.calls:
        where = f"{module.path}:{call.lineno}"
        for value in index.value(call.func, module):
            match value:
                case External("asyncio.set_event_loop"):
                    if not all(isinstance(each, ast.Constant) for each in call.args):
                        return where
                case Member(Loop(kind=kind), "close" | "stop") if kind != "new":
                    return where
                case Function() if not skip(value):
                    if found := interferes(value, index, skip, depth + 1):
                        return found
    return ""
