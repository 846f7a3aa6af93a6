"""Fixtures that give a loop of another kind: what stands for them in a hook."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_factories import (
    Factory,
    is_harmless,
    is_there,
    of_loop,
    of_policy,
)
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External, Function, Loop, Values

_INSTALLING = {External("asyncio.set_event_loop")}
_POLICY = {External("asyncio.set_event_loop_policy")}
_SHUTTING = ("shutdown_asyncgens", "shutdown_default_executor")


@dataclass(eq=False)
class OwnLoop:
    """The body of a fixture, read as a choice between factories."""

    function: Function
    index: Index
    given: list[tuple[ast.stmt, ast.expr, Factory]] = field(default_factory=list)
    """The statements that decide on a loop, and what makes it."""
    gone: list[ast.stmt] = field(default_factory=list)
    """The statements that a hook has no need for."""
    _loops: set[str] = field(default_factory=set)

    def is_read(self) -> bool:
        """Read it; say whether each way through it gives a loop, and one is special."""
        return (
            not isinstance(self.function.node, ast.AsyncFunctionDef)
            and self._block(self.function.node.body) is True
            and self._gives_loops
            and any(each.name != "default" for _, _, each in self.given)
            and self._are_only_ended()
        )

    @property
    def _module(self) -> Module:
        return self.function.module

    @property
    def _gives_loops(self) -> bool:
        return any(
            isinstance(node, (ast.Yield, ast.Return))
            for node in ast.walk(self.function.node)
        )

    @property
    def loop(self) -> Loop:
        """The loop, for those that ask for the fixture."""
        _, value, _ = self.given[0]
        calls = [each for each in ast.walk(value) if isinstance(each, ast.Call)]
        return Loop(self._module, calls[0], "new")

    def _block(self, body: Sequence[ast.stmt]) -> bool | None:
        """Return whether a block decides on a loop; None if it is not understood."""
        decided = False
        for statement in body:
            found = self._statement(statement, decided)
            if found is None:
                return None
            decided = decided or found
        return decided

    def _statement(self, node: ast.stmt, decided: bool) -> bool | None:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
                return False
            case ast.If(test=test, body=body, orelse=orelse) if not decided:
                if not is_harmless(test, self._module, self.index):
                    return None
                one, other = self._block(body), self._block(orelse)
                return None if one is None or other is None else one and other
            case ast.Try(body=body, handlers=[], orelse=[], finalbody=final):
                return self._ending(node, [*body, *final])
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return self._assign(node, name, value, decided)
            case ast.Expr(value=ast.Call() as call):
                return self._call(node, call, decided)
            case (
                ast.Return(value=ast.expr() as value)
                | ast.Expr(value=ast.Yield(value=ast.expr() as value))
            ):
                if isinstance(value, ast.Name) and value.id in self._loops:
                    return self._go(node)
                return self._give(
                    node, value, of_loop(value, self._module, self.index), decided
                )
        return None

    def _ending(self, node: ast.Try, body: Sequence[ast.stmt]) -> bool | None:
        """Read a ``try`` in which a loop is given, and ended."""
        given, gone = len(self.given), len(self.gone)
        if any(self._statement(each, True) is None for each in body):
            return None
        if len(self.given) > given:
            return None
        del self.gone[gone:]
        return self._go(node)

    def _assign(
        self, node: ast.Assign, name: str, value: ast.expr, decided: bool
    ) -> bool | None:
        if of_policy(value, self._module, self.index):
            return self._go(node)
        self._loops.add(name)
        factory = of_loop(self._with_policy(value), self._module, self.index)
        return self._give(node, value, factory, decided)

    def _with_policy(self, value: ast.expr) -> ast.expr:
        """``policy.new_event_loop()``: return it with what the variable holds."""
        match value:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="new_event_loop"),
                args=[],
                keywords=[],
            ):
                bindings = self.function.scope.names.get(name, ())
                if len(bindings) == 1 and bindings[0].value is not None:
                    return bindings[0].value
        return value

    def _call(self, node: ast.Expr, call: ast.Call, decided: bool) -> bool | None:
        callee = self._value(call.func)
        if callee == _POLICY and len(call.args) == 1:
            (given,) = call.args
            if isinstance(given, ast.Constant) and given.value is None:
                return self._go(node)
            factory = of_policy(self._meant(given), self._module, self.index)
            return self._give(node, given, factory, decided)
        if callee == _INSTALLING or self._ends(call):
            return self._go(node)
        return None

    def _ends(self, call: ast.Call) -> bool:
        """``loop.close()``, ``loop.run_until_complete(loop.shutdown_asyncgens())``."""
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="close"), args=[]
            ):
                return name in self._loops
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="run_until_complete"),
                args=[ast.Call(func=ast.Attribute(value=ast.Name(id=same), attr=attr))],
            ):
                return name == same and name in self._loops and attr in _SHUTTING
        return False

    def _give(
        self, node: ast.stmt, value: ast.expr, factory: Factory | None, decided: bool
    ) -> bool | None:
        if decided:
            return self._go(node)
        if factory is None or not is_there(factory, node, self._module, self.index):
            return None
        self.given.append((node, value, factory))
        return True

    def _go(self, node: ast.stmt) -> bool:
        self.gone.append(node)
        return False

    def _meant(self, value: ast.expr) -> ast.expr:
        names = self.function.scope.names
        if isinstance(value, ast.Name) and len(names.get(value.id, ())) == 1:
            return names[value.id][0].value or value
        return value

    def _value(self, node: ast.expr) -> Values:
        return self.index.value(node, self._module)

    def _are_only_ended(self) -> bool:
        """Whether the loops have no use outside what goes."""
        around = {
            each
            for node in (*self.gone, *(value for _, value, _ in self.given))
            for each in ast.walk(node)
        }
        return all(
            use in around
            for name in self.function.scope.names
            for use in self._module.references(self.function.scope, name)
        )
