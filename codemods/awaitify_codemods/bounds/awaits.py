"""The awaits of a function: those that are there, and those that a plan writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.module import FUNCTIONS, Module, own_nodes
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work


@dataclass(frozen=True, eq=False)
class Awaited:
    """An await as it will be."""

    module: Module
    node: ast.AST
    """The await, or what becomes one: a call, a yield, or a statement."""
    value: ast.expr | None = None
    """What is awaited."""
    callee: ast.expr | None = None
    """Or what is called for it, where the call is still to be written."""
    is_bounded: bool = False
    """Whether the edit that writes it gives it a time-out, too."""

    @property
    def op(self) -> str:
        """The operation that puts a time-out around it."""
        return "wait-for-below" if isinstance(self.node, ast.stmt) else "wait-for"


@dataclass(eq=False)
class Awaits:
    """Finds the awaits of functions."""

    work: Work

    def of(self, function: Function) -> list[Awaited]:
        """Return the awaits in a function's own frame, once all is done."""
        module, found = function.module, []
        if self.is_async(function):
            found = [
                Awaited(module, node, node.value)
                for node in own_nodes(function.node)
                if isinstance(node, ast.Await)
            ]
        return [*found, *self._planned.get(function.node, ())]

    def is_async(self, function: Function) -> bool:
        """Whether calling a function makes a coroutine, once all is done."""
        return self.work.is_coroutine(function) or function.node in self._becoming

    @cached_property
    def _becoming(self) -> set[ast.AST]:
        """The functions that rules make async which do not ask the colouring."""
        decided = (*self.work.followed, *self.work.apart)
        return {each.node for _, each in decided if each.op == "make-async"}

    @cached_property
    def homes(self) -> list[Module]:
        """The files in which a plan writes awaits."""
        found = (each.module for all_of in self._planned.values() for each in all_of)
        return list(dict.fromkeys(found))

    @cached_property
    def written(self) -> dict[ast.AST, Awaited]:
        """The nodes that become awaits."""
        return {each.node: each for some in self._planned.values() for each in some}

    @cached_property
    def _planned(self) -> dict[ast.AST, list[Awaited]]:
        found: dict[ast.AST, list[Awaited]] = {}
        for _, decision in (*self.work.followed, *self.work.apart):
            for each in _written(decision):
                # A lambda of `raises(E, lambda: ...)` becomes a block of its test.
                for outer in each.module.enclosing(each.node):
                    if isinstance(outer, FUNCTIONS):
                        found.setdefault(outer, []).append(each)
                        break
        return found


def _written(decision: Decision) -> Iterator[Awaited]:
    """Yield the await that a decision writes, if it does."""
    module, node, arguments = decision.module, decision.node, decision.arguments
    if decision.op == "to-with":
        yield from _within(module, node, arguments["kind"], arguments["runner_index"])
    elif isinstance(node, ast.Call):
        match decision.op:
            case "await-call":
                yield Awaited(module, node, node)
            case "await-in-thread":
                yield Awaited(module, node)
            case "await-argument":
                bounded = any("wait_for" in wrap[0] for wrap in arguments["wraps"])
                given = _given(node, arguments)
                yield Awaited(module, node, given, is_bounded=bounded)
            case "await-spread" | "await-factory":
                given = _given(node, arguments)
                if isinstance(given, ast.Lambda):
                    yield Awaited(module, node, given.body)
                else:
                    yield Awaited(module, node, callee=given)
            case "await-in-thread":
                yield Awaited(module, node)
            case "await-converted":
                assert isinstance(node.func, ast.Call)
                yield Awaited(module, node, callee=node.func.args[0])
    elif decision.op == "await-yield":
        value = node.value if isinstance(node, (ast.Yield, ast.YieldFrom)) else None
        value = None if arguments.get("code") else value
        yield Awaited(module, node, value)


def _given(call: ast.Call, arguments: object) -> ast.expr:
    assert isinstance(arguments, dict)
    if name := arguments.get("keyword"):
        return next(each.value for each in call.keywords if each.arg == name)
    return call.args[arguments.get("position", 0)]


def _within(
    module: Module, statement: ast.AST, kind: object, index: object
) -> Iterator[Awaited]:
    call = getattr(statement, "value", None)
    if not isinstance(call, ast.Call) or not isinstance(index, int):
        return
    match kind:
        case "call":
            yield Awaited(module, statement, call.args[index + 1])
        case "callable":
            yield Awaited(module, statement, callee=call.args[index])
        case "factory" | "spread":
            yield Awaited(module, statement, callee=call.args[index + 1])
