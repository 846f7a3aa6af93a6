"""What a coroutine does before it first waits: whether a task had a turn is seen."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, own_nodes
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, External, Function

# Methods that only wait, whoever has them.
_WAITS = frozenset({"acquire", "get", "join", "sleep", "wait"})
_HARMLESS = ("asyncio.", "builtins.len", "builtins.isinstance", "time.")
_DEPTH = 12


@dataclass(frozen=True)
class Steps:
    """What happens up to the first wait, or to the end."""

    acts: bool = False
    """Something that anybody may see."""
    stores: frozenset[str] = frozenset()
    """Attributes that are set."""
    waits: bool = False
    """It is certain to wait."""

    def then(self, after: Steps) -> Steps:
        """Return this, followed by something else."""
        return Steps(self.acts or after.acts, self.stores | after.stores, after.waits)


@dataclass(frozen=True, eq=False)
class FirstSteps:
    """Follows coroutines up to where they wait.

    Args:
        index: the project's files.
        called: the functions that a call may call.

    """

    index: Index
    called: Callable[[ast.Call, Module], Iterable[Function]]

    def of_function(self, function: Function, depth: int = 0) -> Steps:
        """Return what the body of a coroutine function does first."""
        return self._body(function.node.body, function.module, depth)

    def of(self, node: ast.AST, module: Module, depth: int = 0) -> Steps:
        """Return what an awaitable does first; waiting, if it is not known to act."""
        if not isinstance(node, ast.Call) or depth > _DEPTH:
            return Steps(acts=True)
        values = self.index.value(node.func, module)
        if values and all(
            isinstance(each, External) and each.name.startswith("asyncio.")
            for each in values
        ):
            return Steps(waits=True)
        functions = list(self.called(node, module))
        if len(functions) != len(values) or not functions:
            name = getattr(node.func, "attr", "")
            return Steps(acts=bool(values) or name not in _WAITS, waits=True)
        return _any([self.of_function(each, depth + 1) for each in functions])

    def _body(self, body: list[ast.stmt], module: Module, depth: int) -> Steps:
        found = Steps()
        for statement in body:
            found = found.then(self._statement(statement, module, depth))
            if found.acts or found.waits:
                break
        return found

    def _statement(self, node: ast.stmt, module: Module, depth: int) -> Steps:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return Steps()
            case (
                ast.Expr(value=ast.Await(value=awaited))
                | ast.Assign(value=ast.Await(value=awaited))
            ):
                return self.of(awaited, module, depth)
            case ast.Assign(targets=[target], value=value) if self._is_idle(
                value, module
            ):
                if isinstance(target, ast.Attribute):
                    return Steps(stores=frozenset({target.attr}))
                return Steps(acts=not isinstance(target, ast.Name))
            case ast.While(test=test, body=inner):
                steps = self._body(inner, module, depth)
                certain = steps.waits and isinstance(test, ast.Constant)
                return Steps(steps.acts, steps.stores, certain)
            case ast.Try(body=inner):
                return self._body(inner, module, depth)
            case ast.If(body=inner, orelse=orelse):
                one = self._body(inner, module, depth)
                other = self._body(orelse, module, depth)
                return _any([one, other])
        return Steps(acts=True)

    def _is_idle(self, node: ast.expr, module: Module) -> bool:
        """Whether an expression does nothing but make or read an object."""
        return all(
            self._makes(each, module)
            for each in walk(node)
            if isinstance(each, (ast.Call, ast.NamedExpr, ast.Yield))
        )

    def _makes(self, node: ast.AST, module: Module, depth: int = 0) -> bool:
        if not isinstance(node, ast.Call) or depth > _DEPTH:
            return False
        values = self.index.value(node.func, module)
        return bool(values) and all(
            (isinstance(each, External) and each.name.startswith(_HARMLESS))
            or isinstance(each, Class)
            or (isinstance(each, Function) and self._only_makes(each, depth))
            for each in values
        )

    def _only_makes(self, function: Function, depth: int) -> bool:
        nodes = list(own_nodes(function.node))
        calls = [each for each in nodes if isinstance(each, ast.Call)]
        return (
            len(function.node.body) <= 2
            and isinstance(function.node.body[-1], ast.Return)
            and all(self._makes(each, function.module, depth + 1) for each in calls)
        )


def _any(steps: list[Steps]) -> Steps:
    return Steps(
        any(each.acts for each in steps),
        frozenset().union(*(each.stores for each in steps)),
        all(each.waits for each in steps),
    )
