"""Whether what a mock is told to return may be awaited, as far as the text tells.

asynctest's mocks await what they are told to return, the standard library's return
it. Who keeps a future or a coroutine in a variable says so, nearly always: by what
makes it, or at least by a name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.fixtures import Fixtures, marks_of
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Binding, Module, own_nodes
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    Function,
    Instance,
    Member,
    Partial,
    Value,
)

_AWAITABLE = re.compile(
    r"(^|_)(awaitable|coro|coroutine|fut|future|task)\d*$", re.IGNORECASE
)
"""Names of what can be awaited."""
_AWAITABLES = re.compile(
    r"(^|_)(awaitable|coro|coroutine|fut|future|task)s\d*$", re.IGNORECASE
)
_LIBRARY = re.compile(r"(asyncio|tornado\.(gen|concurrent))\.")
_MOCKS = re.compile(r"(asynctest|asyncmock|mock|unittest\.mock)\.(\w+\.)*\w*Mock$")
_ASYNC_MOCKS = re.compile(r"\.(CoroutineMock|AsyncMock)$")
_DEPTH = 4


@dataclass(frozen=True, eq=False)
class Awaitables:
    """Looks at expressions, and at what makes their values."""

    index: Index
    fixtures: Fixtures

    def may_be(self, node: ast.expr | None, module: Module, depth: int = 0) -> bool:
        """Whether the value of an expression may be a future or a coroutine."""
        if node is None or depth > _DEPTH:
            return False
        match node:
            case ast.Call():
                return self._may_return(node, module, depth)
            case ast.Name():
                return self._is_kept(node, module, depth)
            case ast.Attribute(attr=name):
                given = list(_assigned(name, module))
                if not given:
                    return bool(_AWAITABLE.search(name))
                return any(self.may_be(each, module, depth + 1) for each in given)
            case ast.IfExp(body=one, orelse=other):
                return self.may_be(one, module, depth) or self.may_be(
                    other, module, depth
                )
            case ast.BoolOp(values=values):
                return any(self.may_be(each, module, depth) for each in values)
            case ast.NamedExpr(value=value):
                return self.may_be(value, module, depth)
            case ast.Subscript(value=value):
                return bool(_AWAITABLES.search(_last(value)))
        return False

    def in_any(self, node: ast.expr, module: Module) -> bool:
        """Whether an item of a sequence may be one; of a name, by what it is given."""
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return any(self.may_be(each, module) for each in node.elts)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            return self.may_be(node.elt, module)
        if isinstance(node, ast.BinOp):
            return self.in_any(node.left, module) or self.in_any(node.right, module)
        if isinstance(node, ast.Starred):
            return self.in_any(node.value, module)
        if isinstance(node, ast.Call):
            return any(self.in_any(each, module) for each in node.args)
        if isinstance(node, ast.Name):
            values = [each.value for each in _bindings(node, module) if each.value]
            return any(
                self.in_any(each, module) for each in values if _is_display(each)
            ) or bool(_AWAITABLES.search(node.id))
        return False

    def returned_by(self, node: ast.expr, module: Module, depth: int = 0) -> bool:
        """Whether a sync callable may return one; an async function returns none."""
        if isinstance(node, ast.Lambda):
            return self.may_be(node.body, module, depth)
        for value in self.index.value(node, module):
            if isinstance(value, Function):
                if not value.is_async and self._gives(value, depth):
                    return True
            elif isinstance(value, Anonymous):
                if self.may_be(value.node.body, value.module, depth):
                    return True
            elif isinstance(value, External) and self._gives_called(value, depth):
                return True
        return False

    def _may_return(self, call: ast.Call, module: Module, depth: int) -> bool:
        values = self.index.value(call.func, module)
        if not values:
            return bool(_AWAITABLE.search(_last(call.func))) or (
                isinstance(call.func, ast.Call) and self._makes_async(call.func, module)
            )
        return any(self._gives_called(each, depth) for each in values)

    def _makes_async(self, call: ast.Call, module: Module) -> bool:
        """Whether a call makes an async mock, or a coroutine function."""
        return any(
            isinstance(each, External)
            and (_ASYNC_MOCKS.search(each.name) or each.name == "asyncio.coroutine")
            for each in self.index.value(call.func, module)
        )

    def _gives_called(self, value: Value, depth: int) -> bool:
        """Whether calling a value may give one."""
        known = self.index.behind(value)
        match known:
            case Function():
                return known.is_async or self._gives(known, depth + 1)
            case Anonymous(module, node):
                return self.may_be(node.body, module, depth + 1)
            case Class():
                return any(
                    isinstance(each, Class)
                    and "__await__" in each.module.scopes[each.node].names
                    for each in self.index.mro(known)
                )
            case Instance(External(name)):
                return bool(_ASYNC_MOCKS.search(name))
            case Member(_, name):
                return bool(_AWAITABLE.search(name))
            case Partial(module, node):
                return any(
                    self._gives_called(each, depth + 1)
                    for each in self.index.value(node.args[0], module)
                )
            case External(name) if _MOCKS.match(name):
                return False
            case External(name):
                last = name.rpartition(".")[2]
                if _LIBRARY.match(name):
                    return not last[:1].isupper() or last in ("Future", "Task")
                return bool(_AWAITABLE.search(last)) and not last[:1].isupper()
        return False

    def _gives(self, function: Function, depth: int) -> bool:
        """Whether a sync function may return one."""
        if depth > _DEPTH:
            return False
        decorators = map(_last, function.node.decorator_list)
        if "coroutine" in decorators:
            return True
        returned = function.module.returns.get(function.node, ())
        return any(
            self.may_be(each.value, function.module, depth + 1) for each in returned
        )

    def _is_kept(self, node: ast.Name, module: Module, depth: int) -> bool:
        """Whether a variable may hold one."""
        bindings = _bindings(node, module)
        if any(each.value is None for each in bindings) or not bindings:
            if _AWAITABLE.search(node.id):
                return True
        return any(
            self.may_be(each.value, module, depth + 1)
            if each.kind == "assign"
            else self._is_given(node.id, each, module, depth)
            for each in bindings
        )

    def _is_given(
        self, name: str, binding: Binding, module: Module, depth: int
    ) -> bool:
        """Whether a parameter may hold one: of a fixture, or of a parametrization."""
        function = binding.scope.node
        if binding.kind != "param" or not isinstance(
            function, (ast.FunctionDef, ast.AsyncFunctionDef)
        ):
            return False
        test = Function(module, function)
        fixture = self.fixtures.visible(name, test)
        if fixture is not None and self._is_yielded(fixture, depth):
            return True
        return any(
            self.may_be(each, module, depth + 1)
            for mark in marks_of(test)
            if isinstance(mark, ast.Call) and _last(mark.func) == "parametrize"
            for argument in mark.args[1:2]
            for each in _items(argument)
        )

    def _is_yielded(self, fixture: Function, depth: int) -> bool:
        given = [
            each.value
            for each in own_nodes(fixture.node)
            if isinstance(each, (ast.Return, ast.Yield)) and each.value
        ]
        return any(self.may_be(each, fixture.module, depth + 1) for each in given)


def _items(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the values of a parametrization, however deep."""
    if isinstance(node, (ast.List, ast.Tuple)):
        for each in node.elts:
            yield from _items(each)
    elif isinstance(node, ast.Call) and _last(node.func) == "param":
        for each in node.args:
            yield from _items(each)
    else:
        yield node


def _bindings(node: ast.Name, module: Module) -> list[Binding]:
    scope = module.at[node].find(node.id) if node in module.at else None
    return scope.names[node.id] if scope else []


def _assigned(name: str, module: Module) -> Iterator[ast.expr]:
    """Yield what is assigned to an attribute of a name."""
    for target in module.stores.get(name, ()):
        match module.parents[target]:
            case ast.Assign(value=value):
                yield value


def _is_display(node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.Tuple, ast.ListComp, ast.BinOp))


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last(node.func)
    return getattr(node, "attr", getattr(node, "id", ""))
