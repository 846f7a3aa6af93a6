"""What ``await`` does, and what awaits in its place: tasks, `gather`, runners."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from awaitify_codemods.mocks.facts import AWAITED
from awaitify_codemods.mocks.machine import Raised
from awaitify_codemods.mocks.values import (
    Called,
    Frame,
    FutureObject,
    Items,
    Mapping,
    Object,
    Opaque,
    Suspended,
    Value,
    alternatives,
    is_plain,
    joined,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

_OF_ONE = frozenset(
    "create_task ensure_future wait_for shield run run_until_complete wait "
    "run_coroutine_threadsafe async_to_sync".split()
)
_OF_ALL = frozenset({"gather", "as_completed"})
_ANYWHERE = frozenset(
    "run_until_complete create_task ensure_future run_coroutine_threadsafe".split()
)
# What raises what the coroutine raises, and does not keep it in a task.
_HANDING_ON = ("run", "run_until_complete", "wait_for", "shield", "async_to_sync")
_LIBRARIES = ("asyncio", "anyio", "trio", "uvloop", "async_timeout")


class Awaiting:
    """Awaits values."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine

    def awaited(self, value: Value, node: ast.AST, frame: Frame) -> Value:
        """Return what awaiting a value gives."""
        found = alternatives(value)
        if len(found) == 1:
            return self._awaited(value, node, frame)
        with self._machine.condition(False):
            self._machine.open_conditions += len(found) > 1
            return joined([self._awaited(each, node, frame) for each in found])

    def _awaited(self, value: Value, node: ast.AST, frame: Frame) -> Value:
        if isinstance(value, Called):
            return self._called(value, node, frame)
        if isinstance(value, Suspended) and value.kind == "coroutine":
            return self._execution.calls.run(value)
        if isinstance(value, FutureObject):
            if value.raises:
                raise Raised
            return value.result or Opaque()
        if isinstance(value, (Items, Mapping)):
            return value  # what `gather` returned
        return Opaque()

    def _called(self, value: Called, node: ast.AST, frame: Frame) -> Value:
        mock = value.mock
        if mock.is_async:
            self._machine.counted(mock, value.node, awaited=True)
            self._machine.use(mock, AWAITED, node, frame)
            if value.raises:
                raise Raised
            return value.value
        again, value.was_awaited = value.was_awaited, True
        result: list[Value] = []
        for one in alternatives(value.value):
            through = ""
            if isinstance(one, Suspended) and one.kind == "coroutine":
                through = "coroutine"
            elif isinstance(one, FutureObject):
                through = "future"
                if again:  # which a coroutine could not be
                    self._machine.doubt(mock, "awaited-again")
            elif isinstance(one, Called):
                through = "mock"
            elif self._may_be_awaitable(one):
                self._machine.doubt(mock, "unknown-value")
            self._machine.use(mock, AWAITED, node, frame, through)
            result.append(self._awaited(one, node, frame) if through else one)
        return joined(result)

    def _may_be_awaitable(self, value: Value) -> bool:
        """Whether a value may be awaited as it is."""
        if isinstance(value, Opaque):
            return not _is_instance(value)
        if isinstance(value, Object) and value.of is not None:
            lookups = self._execution.lookups
            has = lookups.has_member(value.of, "__await__")
            return has or not lookups.is_all_known(value.of)
        return isinstance(value, Items) and value.is_awaitable

    def consumes(self, callee: Value) -> str:
        """Return how a function awaits its arguments: one, all; "" if it does not."""
        if not isinstance(callee, Opaque):
            return ""
        package, _, _ = callee.name.partition(".")
        last = callee.name.rpartition(".")[2].removesuffix("()")
        if package in _LIBRARIES or last in _ANYWHERE or package == "asgiref":
            if last in _OF_ALL:
                return "all"
            if last in _OF_ONE:
                return "one"
        return ""

    def consumed(
        self,
        how: str,
        callee: Opaque,
        args: Sequence[Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        """Let a function of asyncio await its arguments."""
        # Awaited at once, a task raises what its coroutine did.
        awaited = isinstance(frame.module.parents.get(node), ast.Await)
        hides = not awaited and not callee.name.endswith(_HANDING_ON)
        return self._consumed(how, callee, args, node, frame, hides)

    def _consumed(
        self,
        how: str,
        callee: Opaque,
        args: Sequence[Value],
        node: ast.AST,
        frame: Frame,
        hides: bool,
    ) -> Value:
        if how == "all":
            items = []
            is_open = False
            for arg in args:
                items.append(self._one(arg, node, frame, hides))
            return Items(items, is_open, is_awaitable=True)
        if not args:
            return Opaque()
        result = self._one(args[0], node, frame, hides)
        if callee.name.endswith(("create_task", "ensure_future", "threadsafe")):
            return FutureObject(frame.module, node, result)
        if callee.name.endswith("shield"):
            return FutureObject(frame.module, node, result)
        if callee.name.endswith("wait_for"):
            return FutureObject(frame.module, node, result)
        if callee.name.endswith(".wait"):
            done = result if isinstance(result, Items) else Items([], True)
            tasks = [FutureObject(frame.module, node, each) for each in done.items]
            return Items([Items(list(tasks), True), Items([], True)])
        return result

    def _one(self, value: Value, node: ast.AST, frame: Frame, hides: bool) -> Value:
        if isinstance(value, Items):
            found = [self._one(each, node, frame, hides) for each in value.items]
            return Items(found, value.is_open)
        # A task keeps what its coroutine raises; no task is made of something else.
        hides = hides and isinstance(value, Suspended)
        self._machine.hiding += hides
        try:
            return self.awaited(value, node, frame)
        finally:
            self._machine.hiding -= hides


def _is_instance(value: Opaque) -> bool:
    """Whether a value is certainly what a class made, and so no awaitable."""
    if is_plain(value):
        return True
    name = value.name
    if not name.endswith("()"):
        return False
    last = name[:-2].rpartition(".")[2]
    return last[:1].isupper() and last not in ("Future", "Task")
