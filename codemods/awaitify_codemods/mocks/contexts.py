"""What ``with`` and ``async with`` do."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from awaitify_codemods.facts.module import own_nodes
from awaitify_codemods.facts.values import Anonymous
from awaitify_codemods.mocks.facts import CONTEXT, MISSING, USED
from awaitify_codemods.mocks.machine import Raised
from awaitify_codemods.mocks.values import (
    NONE,
    Callable_,
    Called,
    ClassObject,
    Constant,
    Frame,
    Items,
    Mock,
    Native,
    Object,
    Opaque,
    Patcher,
    Suspended,
    Value,
    alternatives,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

Within = Callable[[Value], None]
_EXPECTING = ("raises", "assertRaises", "assertRaisesRegex", "assertRaisesRegexp")


class Contexts:
    """Enters context managers."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine

    def entered(
        self,
        value: Value,
        within: Within,
        is_async: bool,
        item: ast.withitem,
        frame: Frame,
    ) -> None:
        """Do something within a context manager, with what it gives."""
        node = item.context_expr
        found = alternatives(value)
        if len(found) > 1:
            first = next(
                (one for one in found if not isinstance(one, Opaque)), found[0]
            )
            with self._machine.condition():
                self._entered(first, within, is_async, node, frame)
            return
        self._entered(value, within, is_async, node, frame)

    def _entered(
        self, value: Value, within: Within, is_async: bool, node: ast.AST, frame: Frame
    ) -> None:
        if isinstance(value, Called):
            self._machine.use(value.mock, CONTEXT if is_async else USED, node, frame)
            self.entered_once(value.value, within, is_async, node, frame)
            return
        self.entered_once(value, within, is_async, node, frame)

    def entered_once(
        self, value: Value, within: Within, is_async: bool, node: ast.AST, frame: Frame
    ) -> None:
        """Enter one of the values that there may be."""
        match value:
            case Patcher():
                patching = self._execution.patching
                given = patching.applied(value)
                try:
                    within(given)
                finally:
                    patching.undone(value)
            case Suspended(kind="context") | Suspended(kind="generator"):
                self._suspended(value, within)
            case Mock():
                given = self._of_mock(value, is_async, node, frame)
                leave = value.children.get("__aexit__" if is_async else "__exit__")
                self._hiding(_may_be_true(leave), within, given)
            case Object():
                self._of_object(value, within, is_async, node, frame)
            case _ if _is_expecting(value):
                self._expecting(within, self._is_own(node, frame))
            case Opaque(name=name) if name.endswith("suppress()"):
                self._expecting(within)
            case Opaque(name=name) if name.endswith("ExitStack()"):
                # Who enters it later is not followed.
                self._hiding(b"suppress" in frame.module.source, within, Opaque())
            case _:
                within(Opaque())

    def _suspended(self, value: Suspended, within: Within) -> None:
        done = False

        def go_on(given: Value) -> Value:
            nonlocal done
            done = True
            within(given)
            return NONE

        self._execution.calls.run(value, go_on)
        if not done:
            within(Opaque())

    def _of_mock(
        self, mock: Mock, is_async: bool, node: ast.AST, frame: Frame
    ) -> Value:
        name = "__aenter__" if is_async else "__enter__"
        mocks = self._execution.mocks
        lacks = mocks.lacks(mock, name)
        if is_async:
            kind = MISSING if lacks else CONTEXT
            self._machine.itself(mock, kind, node, frame)
        if lacks:
            return Opaque()
        method = mocks.child(mock, name)
        if isinstance(method, Mock):
            if method.side_effect is not None:
                called = mocks.call(method, [], {}, node, frame)
                return self._execution.awaiting.awaited(called, node, frame)
            return mocks.result_of(method)
        called = self._execution.calls.call(method, [], {}, node, frame)
        return self._execution.awaiting.awaited(called, node, frame)

    def _of_object(
        self, value: Object, within: Within, is_async: bool, node: ast.AST, frame: Frame
    ) -> None:
        lookups, calls = self._execution.lookups, self._execution.calls
        enter, leave = (
            ("__aenter__", "__aexit__")
            if is_async
            else (
                "__enter__",
                "__exit__",
            )
        )
        given = calls.call(
            lookups.of_object(value, enter, node, frame), [], {}, node, frame
        )
        if is_async:
            given = self._execution.awaiting.awaited(given, node, frame)
        leaving = lookups.of_object(value, leave, node, frame)
        self._hiding(_returns_something(leaving), within, given)
        left = calls.call(leaving, [NONE, NONE, NONE], {}, node, frame)
        if is_async:
            self._execution.awaiting.awaited(left, node, frame)

    def _hiding(self, hides: bool, within: Within, given: Value) -> None:
        """Execute a block whose manager may keep what is raised to itself."""
        self._machine.hiding += hides
        try:
            within(given)
        finally:
            self._machine.hiding -= hides

    def _is_own(self, node: ast.AST, frame: Frame) -> bool:
        """Whether what is expected can only be raised by the project's own code."""
        if not isinstance(node, ast.Call) or not node.args:
            return False
        if not isinstance(node.args[0], (ast.Name, ast.Attribute, ast.Tuple)):
            return False  # to evaluate it once more may do something
        expected = self._execution.expressions.value(node.args[0], frame)
        classes = expected.items if isinstance(expected, Items) else [expected]
        return all(isinstance(each, ClassObject) for each in classes)

    def _expecting(self, within: Within, is_own: bool = False) -> None:
        machine = self._machine
        conditions, foreseen = machine.mark(), machine.foreseen
        machine.foreseen = False
        machine.expecting += not is_own
        machine.foreseeing += is_own
        machine.catching += 1
        try:
            within(Opaque())
        except Raised:
            machine.reset(conditions)
        finally:
            machine.expecting -= not is_own
            machine.foreseeing -= is_own
            machine.foreseen = foreseen
            machine.catching -= 1


def _is_expecting(value: Value) -> bool:
    if isinstance(value, Opaque):
        return value.name.removesuffix("()").rpartition(".")[2] in _EXPECTING
    return isinstance(value, Native) and value.name.endswith(_EXPECTING)


def _may_be_true(leave: Value | None) -> bool:
    """Whether the mock of an exit may return something true."""
    if leave is None:
        return False
    returned = leave.returns if isinstance(leave, Mock) else None
    return not (isinstance(returned, Constant) and not returned.value)


def _returns_something(leave: Value) -> bool:
    """Whether a method says anything but None or False."""
    if not isinstance(leave, Callable_) or isinstance(leave.function, Anonymous):
        return True
    return any(
        isinstance(each, ast.Return)
        and each.value is not None
        and not (isinstance(each.value, ast.Constant) and not each.value.value)
        for each in own_nodes(leave.function.node)
    )
