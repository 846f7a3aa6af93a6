"""What another task, and another turn of the loop, would change: before Python 3.12.

There `wait_for` runs a coroutine in a task of its own. Since then it does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from awaitify_codemods.bounds.awaits import Awaited
from awaitify_codemods.facts.module import (
    FUNCTIONS,
    Module,
    every_argument,
    own_nodes,
    spelled,
)
from awaitify_codemods.facts.spawning import spawns
from awaitify_codemods.facts.values import Function
from awaitify_codemods.work import Work

_DEPTH = 5
_OWN = frozenset({"current_task", "all_tasks", "_current_tasks"})
_STATES = frozenset({"done", "cancelled", "cancelling", "call_soon", "all_tasks"})
_TAKING = frozenset({"get", "get_nowait", "acquire"})
_SPAWNING = frozenset({"create_task", "ensure_future", "start_soon", "gather"})


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

    def are_taking(self, test: Function, awaited: Awaited) -> bool:
        """Whether tasks that a test starts may take what it waits for itself."""
        module, subject = test.module, _subject(awaited)
        for call in test.scope.calls:
            if _name(call.func) in _SPAWNING or spawns(call, module, self.work.index):
                if any(self._takes(each, module, subject) for each in call.args[:1]):
                    return True
        return False

    def _takes(self, node: ast.expr, module: Module, subject: str) -> bool:
        func = node.func if isinstance(node, ast.Call) else node
        if _name(func) == "sleep":
            return False
        if _name(func) in _TAKING and isinstance(func, ast.Attribute):
            return not subject or _root(func) in (subject, "")
        values = self.work.index.value(func, module)
        functions = [each for each in values if isinstance(each, Function)]
        given = _given(node, functions[0]) if functions else {}
        return not functions or any(
            self._is_taker(each, subject, given, 0) for each in functions
        )

    def _is_taker(
        self, function: Function, subject: str, given: Mapping[str, str], depth: int
    ) -> bool:
        if depth > _DEPTH:
            return True
        for node in own_nodes(function.node):
            heads: list[ast.expr] = []
            if isinstance(node, ast.AsyncFor):
                heads = [node.iter]
            elif isinstance(node, ast.AsyncWith):
                heads = [each.context_expr for each in node.items]
            if any(_may_be(each, subject, given) for each in heads):
                return True
        for call in function.scope.calls:
            if _name(call.func) in _TAKING and isinstance(call.func, ast.Attribute):
                if _may_be(call.func.value, subject, given):
                    return True
            for value in self.work.index.value(call.func, function.module):
                if isinstance(value, Function):
                    if self._is_taker(value, subject, {}, depth + 1):
                        return True
        return False


def _subject(awaited: Awaited) -> str:
    """Return the variable whose own method is awaited; "" if it is something else."""
    match awaited.value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
            return name if method in _TAKING else ""
    return ""


def _given(node: ast.expr, function: Function) -> dict[str, str]:
    """Return the variables that a call gives to parameters."""
    if not isinstance(node, ast.Call):
        return {}
    names = [each.arg for each in every_argument(function.node.args)]
    pairs = [*zip(names, node.args, strict=False)]
    pairs += [(each.arg, each.value) for each in node.keywords if each.arg]
    return {name: value.id for name, value in pairs if isinstance(value, ast.Name)}


def _may_be(node: ast.expr, subject: str, given: Mapping[str, str]) -> bool:
    """Whether an expression in a task may be the variable that a test waits for."""
    if not subject or not isinstance(node, ast.Name):
        return True
    return given.get(node.id, node.id) == subject


def _root(func: ast.Attribute) -> str:
    return func.value.id if isinstance(func.value, ast.Name) else ""


def counts_turns(test: Function, awaited: ast.expr | None) -> bool:
    """Whether a test looks at what has happened by some turn of the loop.

    Args:
        test: the test.
        awaited: what it awaits; that this is done afterwards is no secret.

    """
    own = awaited.id if isinstance(awaited, ast.Name) else ""
    for node in ast.walk(test.node):
        match node:
            case ast.Await(value=ast.Call(func=func, args=[ast.Constant(value=0), *_])):
                if _name(func) == "sleep":
                    return True
            case ast.Attribute(value=owner, attr=name) if name in _STATES:
                if not own or getattr(owner, "id", "") != own:
                    return True
    return False


def has_others(test: Function) -> bool:
    """Whether a test makes more tasks than one."""
    made = [
        node
        for node in ast.walk(test.node)
        if isinstance(node, ast.Call)
        and _name(node.func) in ("create_task", "ensure_future", "gather", "call_soon")
    ]
    return len(made) > 1


def goes_on(awaited: Awaited) -> bool:
    """Whether anything of a test runs after a time-out: clean-up, or a handler."""
    for outer in awaited.module.enclosing(awaited.node):
        if isinstance(outer, FUNCTIONS):
            return False
        if isinstance(outer, (ast.Try, ast.With, ast.AsyncWith)):
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
