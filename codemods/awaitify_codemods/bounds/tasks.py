"""What another task, and another turn of the loop, would change: before Python 3.12.

There `wait_for` runs a coroutine in a task of its own. Since then it does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.bounds.awaits import Awaited
from awaitify_codemods.facts.module import FUNCTIONS, Module, own_nodes, spelled
from awaitify_codemods.facts.spawning import spawns
from awaitify_codemods.facts.values import Function
from awaitify_codemods.work import Work

_DEPTH = 5
_OWN = frozenset({"current_task", "all_tasks", "_current_tasks"})
_STATES = frozenset({"done", "cancelled", "cancelling", "call_soon", "all_tasks"})
_TAKING = frozenset({"get", "get_nowait", "acquire", "wait"})


@dataclass(eq=False)
class OtherTasks:
    """Judges what a coroutine would notice of a task of its own."""

    work: Work
    _looking: dict[ast.AST, bool] = field(default_factory=dict)

    def looks(self, awaited: Awaited) -> bool:
        """Whether what is awaited looks at its task, or sets context variables."""
        return any(self._looks(each) for each in self._called(awaited))

    def _called(self, awaited: Awaited) -> Iterator[Function]:
        funcs = [awaited.callee] if awaited.callee else []
        if awaited.value is not None:
            nodes = ast.walk(awaited.value)
            funcs += [each.func for each in nodes if isinstance(each, ast.Call)]
        for func in funcs:
            for value in self.work.index.value(func, awaited.module):
                if isinstance(value, Function):
                    yield value

    def _looks(self, function: Function, depth: int = 0) -> bool:
        node, module = function.node, function.module
        if node not in self._looking:
            if depth > _DEPTH:
                return False
            self._looking[node] = False  # what a cycle finds
            self._looking[node] = (
                bool(self.work.boundaries.aftermaths.of_function(function).sets)
                or any(_name(each.func) in _OWN for each in function.scope.calls)
                or any(
                    self._looks(value, depth + 1)
                    for call in function.scope.calls
                    for value in self.work.index.value(call.func, module)
                    if isinstance(value, Function)
                )
            )
        return self._looking[node]

    def are_taking(self, test: Function) -> bool:
        """Whether tasks that a test starts may take what it waits for itself."""
        module = test.module
        for call in test.scope.calls:
            if _name(call.func) in ("create_task", "ensure_future", "start_soon") or (
                spawns(call, module, self.work.index)
            ):
                if any(self._takes(each, module) for each in call.args[:1]):
                    return True
        return False

    def _takes(self, node: ast.expr, module: Module, depth: int = 0) -> bool:
        call = node.func if isinstance(node, ast.Call) else node
        values = self.work.index.value(call, module)
        functions = [each for each in values if isinstance(each, Function)]
        if _name(call) in _TAKING | {"sleep"}:
            return _name(call) != "sleep"
        return not functions or any(self._is_taker(each, depth) for each in functions)

    def _is_taker(self, function: Function, depth: int) -> bool:
        if depth > _DEPTH:
            return True
        for node in own_nodes(function.node):
            if isinstance(node, (ast.AsyncWith, ast.AsyncFor)):
                return True
        return any(
            _name(call.func) in _TAKING
            or any(
                self._is_taker(value, depth + 1)
                for value in self.work.index.value(call.func, function.module)
                if isinstance(value, Function)
            )
            for call in function.scope.calls
        )


def counts_turns(test: Function) -> bool:
    """Whether a test looks at what has happened by some turn of the loop."""
    for node in ast.walk(test.node):
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=0)]):
                if _name(func) == "sleep":
                    return True
            case ast.Attribute(attr=name) if name in _STATES:
                return True
    return False


def _name(func: ast.AST) -> str:
    return spelled(func).rpartition(".")[2] or getattr(func, "attr", "")


def is_shared(awaited: Awaited, test: Function) -> bool:
    """Whether a task or future is used again, or belongs to somebody else."""
    node, module = awaited.value, awaited.module
    if not isinstance(node, ast.Name):
        return isinstance(node, (ast.Attribute, ast.Subscript))
    scope = module.at[node].find(node.id)
    if scope is None or scope is not test.scope:
        return True
    if any(each.kind == "param" for each in scope.names[node.id]):
        return True
    place = (node.lineno, node.col_offset)
    for outer in module.enclosing(node):
        if isinstance(outer, FUNCTIONS):
            break
        if isinstance(outer, (ast.While, ast.For, ast.AsyncFor)):
            if not any(
                each.kind == "assign" and outer in module.enclosing(each.node)
                for each in scope.names[node.id]
            ):
                return True  # it is awaited again
    return any(
        (each.lineno, each.col_offset) > place
        for each in module.references(scope, node.id)
    )
