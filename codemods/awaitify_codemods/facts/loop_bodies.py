"""What the body of a fixture does that gives a loop: statement by statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import loops
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Loop,
    Member,
    Values,
)

PLAIN, CONFIGURED, OWN_CLASS, OTHER = "plain", "configured", "own-class", "other"
HOOKED = "hooked"

_POLICY = "asyncio.get_event_loop_policy()"
_DEFAULTS = frozenset(
    {"asyncio.DefaultEventLoopPolicy", "asyncio.events.DefaultEventLoopPolicy"}
)
_INSTALLING = frozenset(
    {
        "asyncio.set_event_loop",
        "asyncio.events.set_event_loop",
        f"{_POLICY}.set_event_loop",
    }
)
_ENDING = frozenset({"close", "stop", "_close"})
# What a test can tell the loop that runs it, to the same effect.
_TELLING = frozenset(
    {"set_debug", "set_exception_handler", "set_task_factory", "set_default_executor"}
)
# What pytest-asyncio's runner does itself, when it closes its loop.
_SHUTTING = frozenset({"shutdown_asyncgens", "shutdown_default_executor"})
_DRAINING = frozenset(
    {"asyncio.sleep", "asyncio.gather", "asyncio.wait", "asyncio.wait_for"}
)
_TASKS = frozenset({"asyncio.all_tasks", "asyncio.Task.all_tasks"})


@dataclass(frozen=True)
class Body:
    """What a body comes to."""

    kind: str
    why: str = ""
    kept: tuple[ast.stmt, ...] = ()
    loop: str = ""


def read_body(function: Function, index: Index) -> Body:
    """Return what a fixture does beside making a loop, giving and ending it."""
    reader = _Reader(function, index)
    try:
        reader.block(function.node.body)
    except _OddError as odd:
        return Body(odd.kind, odd.why)
    if reader.given != 1:
        return Body(OTHER, "it does not give one loop")
    if reader.kept and not reader.loop:
        return Body(OTHER, "what it tells its loop cannot be told another")
    return Body(
        CONFIGURED if reader.kept else PLAIN, "", tuple(reader.kept), reader.loop
    )


class _OddError(Exception):
    """A statement that is not understood, or says that the loop is another one."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


@dataclass(eq=False)
class _Reader:
    function: Function
    index: Index
    given: int = 0
    """How many times a loop is given; what follows the first is the tear-down."""
    kept: list[ast.stmt] = field(default_factory=list)
    loop: str = ""
    depth: int = 0
    _pending: set[str] = field(default_factory=set)
    """The variables for tasks that are left in the end."""

    def block(self, body: Iterable[ast.stmt]) -> None:
        self.depth += 1
        for statement in body:
            self.statement(statement)
        self.depth -= 1

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return
            case ast.Import() | ast.ImportFrom() | ast.Return(value=None):
                return
            case (
                ast.Return(value=ast.expr() as value)
                | ast.Expr(value=ast.Yield(value=ast.expr() as value))
            ):
                self.give(value)
            case ast.Try():
                for part in (node.body, *(h.body for h in node.handlers)):
                    self.block(part)
                self.block([*node.orelse, *node.finalbody])
            case ast.If():
                self.condition(node)
            case ast.For() if self.given and self._cancels(node):
                return
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                self.assign(name, value)
            case ast.Assign(targets=[ast.Attribute() as target], value=value):
                self.set_member(node, target, value)
            case ast.Expr(value=ast.Call() as call):
                self.call(node, call)
            case ast.Expr(value=ast.Await()):
                raise _OddError(OTHER, "it awaits")
            case _:
                raise self.odd(node)

    def odd(self, node: ast.AST) -> _OddError:
        line = getattr(node, "lineno", self.function.node.lineno)
        return _OddError(OTHER, f"it does more than make a loop (line {line})")

    def give(self, value: ast.expr) -> None:
        self.given += 1
        values = self._value(value)
        if not loops(values):
            raise self._other_loop(value, values)
        if isinstance(value, ast.Name):
            self.loop = value.id

    def _other_loop(self, value: ast.expr, values: Values) -> _OddError:
        """Say what is given in place of asyncio's own loop."""
        if values and not loops(values):
            named = [_named(each) for each in values]
            if all(named):
                return _OddError(OWN_CLASS, f"its loop is of {min(named)}")
        return self.odd(value)

    def condition(self, node: ast.If) -> None:
        """Read both ways; what is asked must not do anything."""
        for each in walk(node.test):
            if isinstance(each, ast.Call) and not self._is_of_loop(each.func):
                if not self._is(each.func, {"builtins.hasattr", "platform.system"}):
                    raise self.odd(node)
        for each in walk(node):
            if isinstance(each, ast.Yield):
                raise self.odd(node)
        self.block([*node.body, *node.orelse])

    def assign(self, name: str, value: ast.expr) -> None:
        values = self._value(value)
        if loops(values) or self._is_policy(values):
            return
        if self.given and any(
            isinstance(each, ast.Call) and self._is(each.func, _TASKS)
            for each in walk(value)
        ):
            self._pending.add(name)
            return
        if self.given and self._mentions_pending(value):
            self._pending.add(name)
            return
        if values and all("oop" in _named(each) for each in values):
            raise _OddError(OWN_CLASS, f"its loop is of {min(map(_named, values))}")
        raise self.odd(value)

    def set_member(
        self, node: ast.stmt, target: ast.Attribute, value: ast.expr
    ) -> None:
        """``loop.close = lambda: None``, ``loop.slow_callback_duration = 0.5``."""
        if not loops(self._value(target.value)):
            raise self.odd(node)
        hidden = target.attr in _ENDING or "original_fixture_loop" in target.attr
        if hidden:
            return
        if target.attr == "slow_callback_duration" and isinstance(value, ast.Constant):
            self.keep(node)
            return
        raise self.odd(node)

    def call(self, node: ast.stmt, call: ast.Call) -> None:
        if self._is(call.func, _INSTALLING) or self._is(call.func, {"gc.collect"}):
            return
        if self._is(call.func, {"asyncio.set_event_loop_policy"}):
            self.policy(call)
            return
        if not self._is_of_loop(call.func):
            raise self.odd(node)
        assert isinstance(call.func, ast.Attribute)
        name = call.func.attr
        if name in _ENDING and not call.args:
            return
        if name in _TELLING and not self.given:
            match call.args:
                case [ast.Constant(value=False | None)]:
                    return  # as it is anyway
            self.keep(node)
            return
        if name == "run_until_complete" and self.given and self._drains(call):
            return
        raise self.odd(node)

    def policy(self, call: ast.Call) -> None:
        match call.args:
            case [ast.Constant(value=None)]:
                return
            case [given] if self._is_policy(self._value(given)):
                return
        raise _OddError(OWN_CLASS, f"it sets a policy (line {call.lineno})")

    def keep(self, node: ast.stmt) -> None:
        """Note what the loop is told: it must not depend on what goes."""
        module = self.function.module
        if self.depth > 1:
            raise self.odd(node)
        for each in walk(node):
            if isinstance(each, ast.Name) and each in module.at:
                local = each.id in self.function.scope.names
                if local and not loops(self._value(each)):
                    raise self.odd(node)
        self.kept.append(node)

    def _drains(self, call: ast.Call) -> bool:
        """Whether a drive only lets tasks end that are left over."""
        match call.args:
            case [ast.Call() as inner]:
                pass
            case [ast.Name(id=name)]:
                return name in self._pending
            case _:
                return False
        if isinstance(inner.func, ast.Attribute) and self._is_of_loop(inner.func):
            return inner.func.attr in _SHUTTING
        if not self._is(inner.func, _DRAINING):
            return False
        return not any(
            isinstance(each, ast.Call) and not self._is(each.func, _TASKS | _DRAINING)
            for given in inner.args
            for each in walk(given)
        )

    def _cancels(self, node: ast.For) -> bool:
        """``for task in asyncio.all_tasks(loop): task.cancel()``."""
        about = self._mentions_pending(node.iter) or any(
            isinstance(each, ast.Call) and self._is(each.func, _TASKS)
            for each in walk(node.iter)
        )
        return about and all(self._is_ending(each) for each in _flat(node.body))

    def _is_ending(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(), attr="cancel"))
            ):
                return True
            case ast.Expr(value=ast.Call() as call) if self._is_of_loop(call.func):
                assert isinstance(call.func, ast.Attribute)
                if call.func.attr != "run_until_complete":
                    return False
                return isinstance(call.args[0], ast.Name) or self._drains(call)
            case ast.Pass() | ast.Continue():
                return True
        return False

    def _mentions_pending(self, node: ast.AST) -> bool:
        return any(
            isinstance(each, ast.Name) and each.id in self._pending
            for each in walk(node)
        )

    def _value(self, node: ast.expr) -> Values:
        return self.index.value(node, self.function.module)

    def _is(self, node: ast.expr, names: Iterable[str]) -> bool:
        return bool(self._value(node) & {External(name) for name in names})

    def _is_policy(self, values: Values) -> bool:
        return bool(values) and all(
            each == External(_POLICY)
            or (isinstance(each, Instance) and _named(each) in _DEFAULTS)
            for each in values
        )

    def _is_of_loop(self, node: ast.expr) -> bool:
        values = self._value(node)
        return bool(values) and all(
            isinstance(each, Member) and isinstance(each.of, Loop) for each in values
        )


def _named(value: object) -> str:
    """Return what something is an object of, or made by."""
    match value:
        case Instance(External(name)) | External(name):
            return name.removesuffix("()")
        case Instance(Class(node=node)):
            return node.name
    return ""


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for each in body:
        if isinstance(each, (ast.If, ast.With, ast.Try)):
            yield from _flat(each.body)
        else:
            yield each
