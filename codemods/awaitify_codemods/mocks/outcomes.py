"""Futures and coroutines in the place of values: what awaiting them gives.

By definitions and bodies, never by names: a bare future and what completes it, a
function that returns a completed one, a call of a coroutine function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, own_nodes
from awaitify_codemods.facts.values import Class, External, Function, Instance

VALUE, RAISES, FUNCTION = "value", "raises", "function"
_Means = Callable[[ast.expr], ast.expr | None]
_DEPTH = 3
_FUTURES = frozenset({"asyncio.Future", "asyncio.futures.Future"})
_NONE = ast.Constant(None)


@dataclass(frozen=True)
class Outcome:
    """What awaiting something gives."""

    kind: str
    """value; raises; or function, where it is what a coroutine function returns."""
    node: ast.expr
    """The value, the exception, or the function; it can stand where the call does."""
    helpers: tuple[Function, ...] = ()
    """The functions that are not called any more."""
    simple: bool = True
    """Whether it may stand in several places: it makes nothing."""


class Outcomes:
    """Reads expressions."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def is_future(self, node: ast.expr, module: Module) -> bool:
        """Whether an expression makes a future without a result."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Attribute) and node.func.attr == "create_future":
            return not node.args and not node.keywords
        values = self._index.value(node, module)
        return bool(values) and all(
            isinstance(each, Instance)
            and isinstance(each.of, External)
            and each.of.name in _FUTURES
            for each in values
        )

    def outcome(self, node: ast.expr, module: Module) -> Outcome | None:
        """Return what awaiting the result of a call gives; None if it is not known."""
        return self.followed(node, module, module, lambda each: each, 0)

    def followed(
        self, node: ast.expr, module: Module, site: Module, means: _Means, depth: int
    ) -> Outcome | None:
        """Return the same for a call in a body that is followed.

        Args:
            node: the call.
            module: where it stands.
            site: where the outcome is to stand.
            means: an argument of it -> the same as it can stand there.
            depth: how many bodies are followed already.

        """
        function = self.called(node, module)
        if function is None or depth > _DEPTH:
            return None
        assert isinstance(node, ast.Call)
        given = _bound(function, node, self._is_method(node, function, module), means)
        found = None
        if given is not None:
            found = _Body(self, function, given, site, depth).outcome()
        if found is not None:
            helpers = (function, *found.helpers)
            return replace(found, helpers=helpers, simple=_is_simple(found.node))
        if function.is_async and not node.args and not node.keywords:
            return Outcome(FUNCTION, node.func)
        return None

    def called(self, node: ast.expr, module: Module) -> Function | None:
        """Return the plain function, or coroutine function, that a call calls."""
        if not isinstance(node, ast.Call):
            return None
        values = self._index.value(node.func, module)
        if len(values) != 1:
            return None
        (value,) = values
        if not isinstance(value, Function) or _yields(value):
            return None
        decorators = [getattr(each, "id", "") for each in value.node.decorator_list]
        return value if decorators in ([], ["staticmethod"]) else None

    def makes_awaitable(self, node: ast.expr, module: Module) -> bool:
        """Whether a value is certainly a future or a coroutine."""
        if self.is_future(node, module):
            return True
        function = self.called(node, module)
        if function is None:
            return False
        return function.is_async or self._returns_future(function, 0)

    def _returns_future(self, function: Function, depth: int) -> bool:
        module = function.module
        returned = module.returns.get(function.node, ())
        names = {
            target.id
            for each in own_nodes(function.node)
            if isinstance(each, ast.Assign) and self.is_future(each.value, module)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        return bool(returned) and all(
            each.value is not None
            and (
                (isinstance(each.value, ast.Name) and each.value.id in names)
                or self.is_future(each.value, module)
                or self._returns_awaitable(each.value, module, depth)
            )
            for each in returned
        )

    def _returns_awaitable(self, node: ast.expr, module: Module, depth: int) -> bool:
        function = self.called(node, module)
        if function is None or depth > _DEPTH:
            return False
        return function.is_async or self._returns_future(function, depth + 1)

    def _is_method(self, node: ast.Call, function: Function, module: Module) -> bool:
        """Whether a call gives the first parameter by what stands before the dot."""
        if function.owner is None or function.node.decorator_list:
            return False
        if not isinstance(node.func, ast.Attribute):
            return False
        owners = self._index.value(node.func.value, module)
        return bool(owners) and all(isinstance(each, Instance) for each in owners)

    def is_exception(self, node: ast.expr, module: Module) -> bool:
        """Whether an expression is an exception, or a class of them."""
        values = self._index.value(node, module)
        return bool(values) and all(map(self._is_exception, values))

    def _is_exception(self, value: object) -> bool:
        if isinstance(value, Instance):
            value = value.of
        if isinstance(value, External):
            last = value.name.removesuffix("()").rpartition(".")[2]
            return last.endswith(("Error", "Exception", "Exit", "Interrupt", "Timeout"))
        if isinstance(value, Class):
            return any(
                isinstance(base, External) and self._is_exception(base)
                for base in self._index.mro(value)
            )
        return False

    def truth(self, node: ast.expr, module: Module) -> bool | None:
        """Return whether a value is true; None if that is not known."""
        match node:
            case ast.Constant(value=value):
                return bool(value)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return bool(items)
            case ast.Dict(keys=keys):
                return bool(keys)
        return True if self.is_exception(node, module) else None

    def is_none(self, node: ast.expr, module: Module) -> bool | None:
        """Return whether a value is None; None if that is not known."""
        if isinstance(node, ast.Constant):
            return node.value is None
        if isinstance(node, (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr)):
            return False
        return False if self.is_exception(node, module) else None

    def is_raisable(self, node: ast.expr, module: Module) -> bool | None:
        """Return whether a value is an exception itself, not a class of them."""
        if isinstance(node, (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set)):
            return False
        if not self.is_exception(node, module):
            return None
        return isinstance(node, ast.Call)


_Given = Mapping[str, ast.expr | None]
"""The parameters of a function, each with its argument; None where that cannot stand
at the call."""


def _bound(
    function: Function, call: ast.Call, is_method: bool, means: _Means
) -> _Given | None:
    """Return the arguments of a call by parameter; None if they do not fit."""
    parameters = function.node.args
    if parameters.vararg or parameters.kwarg:
        return None
    plain = [*parameters.posonlyargs, *parameters.args][is_method:]
    given: dict[str, ast.expr | None] = {}
    for parameter, default in zip(
        reversed(plain), reversed(parameters.defaults), strict=False
    ):
        given[parameter.arg] = _constant(default)
    for parameter, value in zip(
        parameters.kwonlyargs, parameters.kw_defaults, strict=True
    ):
        if value is not None:
            given[parameter.arg] = _constant(value)
    if len(call.args) > len(plain):
        return None
    for parameter, argument in zip(plain, call.args, strict=False):
        given[parameter.arg] = means(argument)
    known = {each.arg for each in (*plain, *parameters.kwonlyargs)}
    for keyword in call.keywords:
        if keyword.arg not in known:
            return None
        given[keyword.arg] = means(keyword.value)
    starred = any(isinstance(each, ast.Starred) for each in call.args)
    return given if known <= given.keys() and not starred else None


def _constant(node: ast.expr) -> ast.expr | None:
    """Return an expression if it means the same everywhere, and each time."""
    match node:
        case ast.Constant():
            return node
        case ast.UnaryOp(operand=ast.Constant()):
            return node
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return node if all(map(_constant, items)) else None
        case ast.Dict(keys=keys, values=values):
            items = [*(each for each in keys if each), *values]
            whole = None not in keys and all(map(_constant, items))
            return node if whole else None
    return None


def _is_simple(node: ast.expr) -> bool:
    """Whether it makes no difference how often an expression is evaluated."""
    return isinstance(node, (ast.Constant, ast.Name))


class _Body:
    """Follows the body of a function that only makes a future, or returns a value."""

    def __init__(
        self,
        reader: Outcomes,
        function: Function,
        given: _Given,
        site: Module,
        depth: int,
    ) -> None:
        self._reader = reader
        self._function = function
        self._module = function.module
        self._given = given
        self._site = site
        self._depth = depth
        self._futures: dict[str, Outcome | None] = {}

    def outcome(self) -> Outcome | None:
        """Return what awaiting its result gives."""
        found = self._block(self._function.node.body)
        if found is None and self._function.is_async:
            return Outcome(VALUE, _NONE)
        return found if isinstance(found, Outcome) else None

    def _block(self, body: Sequence[ast.stmt]) -> Outcome | str | None:
        """Return the outcome, "unknown", or None where the end is reached."""
        for statement in body:
            found = self._statement(statement)
            if found is not None:
                return found
        return None

    def _statement(self, node: ast.stmt) -> Outcome | str | None:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return None
            case ast.If(test=test, body=body, orelse=orelse):
                truth = self._truth(test)
                if truth is None:
                    return _UNKNOWN
                return self._block(body if truth else orelse)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name not in self._given:
                return self._assigned(name, value)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr=method),
                    args=[argument],
                    keywords=[],
                )
            ) if self._futures.get(name, _ABSENT) is None:
                return self._completed(name, method, argument)
            case ast.Raise(exc=ast.expr() as error) if self._function.is_async:
                return self._given_as(RAISES, error)
            case ast.Return(value=value):
                return self._returned(value)
        return _UNKNOWN

    def _assigned(self, name: str, value: ast.expr) -> str | None:
        if self._function.is_async:
            return _UNKNOWN
        if self._reader.is_future(value, self._module):
            self._futures[name] = None
            return None
        return None if self._gives_loop(value) else _UNKNOWN

    def _gives_loop(self, value: ast.expr) -> bool:
        """``loop = asyncio.get_event_loop()``, whose `create_future` follows."""
        return isinstance(value, ast.Call) and getattr(
            value.func, "attr", getattr(value.func, "id", "")
        ) in ("get_event_loop", "get_running_loop")

    def _completed(self, name: str, method: str, argument: ast.expr) -> str | None:
        kind = COMPLETING.get(method)
        found = self._given_as(kind, argument) if kind else _UNKNOWN
        if not isinstance(found, Outcome):
            return found
        self._futures[name] = found
        return None

    def _returned(self, value: ast.expr | None) -> Outcome | str:
        if self._function.is_async:
            return self._given_as(VALUE, value or _NONE)
        if isinstance(value, ast.Name):
            return self._futures.get(value.id) or _UNKNOWN
        if value is None:
            return _UNKNOWN
        inner = self._reader.followed(
            value, self._module, self._site, self._expressed, self._depth + 1
        )
        return _UNKNOWN if inner is None or inner.kind == FUNCTION else inner

    def _given_as(self, kind: str, node: ast.expr) -> Outcome | str:
        found = self._expressed(node)
        return Outcome(kind, found) if found is not None else _UNKNOWN

    def _expressed(self, node: ast.expr) -> ast.expr | None:
        """Return an expression of the body as it can stand at the call."""
        if isinstance(node, ast.Name) and node.id in self._given:
            return self._given[node.id]
        return _constant(node)

    def _truth(self, test: ast.expr) -> bool | None:
        reader, module = self._reader, self._site
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                truth = self._truth(operand)
                return None if truth is None else not truth
            case ast.Compare(
                left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]
            ) if isinstance(right, ast.Constant) and right.value is None:
                value = self._expressed(left)
                found = reader.is_none(value, module) if value else None
                return found if found is None else found == isinstance(op, ast.Is)
            case ast.Call(
                func=ast.Name(id="isinstance"), args=[checked, ast.Name(id=name)]
            ) if name in ("Exception", "BaseException"):
                value = self._expressed(checked)
                return reader.is_raisable(value, module) if value else None
        value = self._expressed(test)
        return reader.truth(value, module) if value else None


COMPLETING = {"set_result": VALUE, "set_exception": RAISES}
"""The methods that complete a future -> what awaiting it gives then."""
_UNKNOWN = "unknown"
_ABSENT = Outcome(VALUE, _NONE)


def _yields(function: Function) -> bool:
    return any(
        isinstance(node, (ast.Yield, ast.YieldFrom))
        for node in own_nodes(function.node)
    )
