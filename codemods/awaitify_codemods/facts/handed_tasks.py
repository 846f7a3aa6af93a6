"""Tasks that a function makes and gives to its caller."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.spawning import spawns
from awaitify_codemods.facts.values import Function

_DEPTH = 12


@dataclass(frozen=True, eq=False)
class HandedTasks:
    """Functions that return a task which they made.

    Args:
        index: the project's files.
        called: the functions that a call may call.

    """

    index: Index
    called: Callable[[ast.Call, Module], Iterable[Function]]
    _known: dict[tuple[ast.AST, frozenset[str]], bool] = field(default_factory=dict)

    def in_expression(self, node: ast.AST, module: Module) -> bool:
        """Whether a coroutine gives its driver a task that it made."""
        return any(
            function.is_async and self.by_function(function, denied_by(call))
            for call in ast.walk(node)
            if isinstance(call, ast.Call)
            for function in self.called(call, module)
        )

    def by_function(
        self, function: Function, denied: frozenset[str], depth: int = 0
    ) -> bool:
        """Whether a function returns a task that it made.

        Args:
            function: that is called.
            denied: the names of arguments that are given as False.
            depth: of the calls so far.

        """
        module = function.module
        key = (function.node, denied)
        if key not in self._known:
            self._known[key] = False  # what a cycle finds
            self._known[key] = depth < _DEPTH and any(
                spawns(each, module, self.index)
                or any(
                    self.by_function(inner, denied_by(each), depth + 1)
                    for inner in self.called(each, module)
                )
                for each in _returned_calls(function)
                if not _is_under(each, denied, module)
            )
        return self._known[key]


def denied_by(call: ast.Call) -> frozenset[str]:
    """Return the arguments that a call gives as False."""
    return frozenset(
        each.arg
        for each in call.keywords
        if each.arg and isinstance(each.value, ast.Constant) and not each.value.value
    )


def _is_under(node: ast.AST, names: frozenset[str], module: Module) -> bool:
    """Whether a node is reached only where one of some names is true."""
    below: ast.AST = node
    for outer in module.enclosing(node):
        if isinstance(outer, FUNCTIONS):
            return False
        if isinstance(outer, ast.If) and isinstance(outer.test, ast.Name):
            if outer.test.id in names and below in outer.body:
                return True
        below = outer
    return False


def _returned_calls(function: Function) -> Iterator[ast.Call]:
    """Yield the calls whose result a function returns, itself or by a name."""
    for statement in function.module.returns.get(function.node, ()):
        values = [statement.value]
        if isinstance(statement.value, ast.Name):
            bindings = function.scope.names.get(statement.value.id, ())
            values = [each.value for each in bindings]
        for value in values:
            inner = value.value if isinstance(value, ast.Await) else value
            if isinstance(inner, ast.Call):
                yield inner
