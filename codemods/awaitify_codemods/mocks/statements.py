"""What statements do, in a frame."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.mocks.facts import (
    DROPPED,
    ITERATED,
    MISSING,
    RETURNED_BY_CODE,
)
from awaitify_codemods.mocks.machine import Raised
from awaitify_codemods.mocks.operators import operated
from awaitify_codemods.mocks.values import (
    NONE,
    Callable_,
    Called,
    ClassObject,
    Constant,
    Frame,
    Items,
    Mapping,
    Mock,
    Object,
    Opaque,
    Suspended,
    Value,
    alternatives,
    flat,
    joined,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

DONE = "done"
"""A block ran to its end."""
RETURNED = "returned"
RAISED = "raised"
LEFT = "left"
"""``break`` or ``continue``."""
_MOST_ITEMS = 3
_MOST_MOCKS = 30


class Statements:
    """Executes statements."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine
        self._handlers: dict[type[ast.AST], Callable[..., str]] = {
            ast.Expr: self._expression,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Return: self._return,
            ast.Raise: self._raise,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.Try: self._try,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.FunctionDef: self._define,
            ast.AsyncFunctionDef: self._define,
            ast.ClassDef: self._define_class,
            ast.Import: self._import,
            ast.ImportFrom: self._import,
            ast.Delete: self._delete,
            ast.Assert: self._assert,
            ast.Break: self._leave,
            ast.Continue: self._leave,
        }
        if hasattr(ast, "TryStar"):
            self._handlers[ast.TryStar] = self._try
        if hasattr(ast, "Match"):
            self._handlers[ast.Match] = self._match

    def block(self, body: Sequence[ast.stmt], frame: Frame) -> str:
        """Execute statements; return how they end."""
        for statement in body:
            self._machine.step()
            handler = self._handlers.get(type(statement))
            outcome = handler(statement, frame) if handler else DONE
            if outcome != DONE:
                return outcome
        return DONE

    def _expression(self, node: ast.Expr, frame: Frame) -> str:
        value = self._execution.expressions.value(node.value, frame)
        for one in alternatives(value):
            if isinstance(one, Called):
                through = "" if one.by_test else RETURNED_BY_CODE
                self._machine.use(one.mock, DROPPED, node, frame, through)
        return DONE

    def _assign(self, node: ast.Assign, frame: Frame) -> str:
        value = self._execution.expressions.value(node.value, frame)
        for target in node.targets:
            self.bind(target, value, frame, node)
        return DONE

    def _annotated(self, node: ast.AnnAssign, frame: Frame) -> str:
        if node.value is not None:
            value = self._execution.expressions.value(node.value, frame)
            self.bind(node.target, value, frame, node)
        return DONE

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> str:
        expressions = self._execution.expressions
        value = expressions.plain(expressions.value(node.value, frame), node, frame)
        result: Value = Opaque()
        if isinstance(node.target, ast.Name):
            before = expressions.value(ast.Name(node.target.id, ast.Load()), frame)
            before = expressions.plain(before, node, frame)
            result = operated(before, node.op, value)
            if isinstance(before, Items) and isinstance(result, Items):
                # Who else has the list has what is added to it.
                before.items[:], before.is_open = result.items, result.is_open
                result = before
        self.bind(node.target, result, frame, node)
        return DONE

    def bind(self, target: ast.AST, value: Value, frame: Frame, node: ast.AST) -> None:
        """Assign a value to a target; `node` is the statement."""
        expressions = self._execution.expressions
        if isinstance(target, ast.Name):
            self._execution.lookups.set_name(target.id, value, frame)
        elif isinstance(target, ast.Attribute):
            with self._machine.configuring():
                owner = expressions.value(target.value, frame)
                self._execution.lookups.set_attribute(
                    owner, target.attr, value, frame, node
                )
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, expressions.plain(value, node, frame), frame, node)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, Items([], True), frame, node)
        elif isinstance(target, ast.Subscript):
            owner = expressions.value(target.value, frame)
            key = expressions.value(target.slice, frame)
            self.set_item(owner, key, value, frame, target)

    def _unpack(
        self, target: ast.Tuple | ast.List, value: Value, frame: Frame, node: ast.AST
    ) -> None:
        known = isinstance(value, Items) and not value.is_open
        known = known and len(getattr(value, "items", ())) == len(target.elts)
        for number, element in enumerate(target.elts):
            item: Value = Opaque()
            if known:
                assert isinstance(value, Items)
                item = value.items[number]
            elif isinstance(value, Items) and value.items:
                item = joined([*value.items, Opaque()])
            self.bind(element, item, frame, node)

    def set_item(
        self, owner: Value, key: Value, value: Value, frame: Frame, node: ast.AST
    ) -> None:
        """Set an element of a value."""
        key = self._execution.expressions.plain(key, node, frame)
        for one in alternatives(owner):
            if isinstance(one, Mapping):
                name = key.value if isinstance(key, Constant) else node
                one.is_open = one.is_open or not isinstance(key, Constant)
                one.items[name] = value
            elif isinstance(one, Items):
                one.items.append(value)
                one.is_open = True
            elif isinstance(one, Opaque):
                name = f"[{key.value!r}]" if isinstance(key, Constant) else "[]"
                one.attributes[name] = value
            else:
                self._execution.expressions.escape(value, node, frame)

    def _return(self, node: ast.Return, frame: Frame) -> str:
        value: Value = NONE
        if node.value is not None:
            value = self._execution.expressions.value(node.value, frame)
        frame.result = value if frame.result is None else joined((frame.result, value))
        return RETURNED

    def _raise(self, node: ast.Raise, frame: Frame) -> str:
        if node.exc is not None:
            self._execution.expressions.value(node.exc, frame)
        self._machine.foreseen = True
        raise Raised

    def _if(self, node: ast.If, frame: Frame) -> str:
        expressions = self._execution.expressions
        truth = expressions.truth(expressions.value(node.test, frame), node.test, frame)
        if truth is not None:
            return self.block(node.body if truth else node.orelse, frame)
        return self.either(
            [
                lambda: self.block(node.body, frame),
                lambda: self.block(node.orelse, frame),
            ],
            frame,
        )

    def either(self, branches: Sequence[Callable[[], str]], frame: Frame) -> str:
        """Execute one of some branches, it is not known which."""
        before = dict(frame.names)
        results: list[tuple[str, dict[str, Value]]] = []
        for branch in branches:
            frame.names = dict(before)
            with self._machine.condition():
                try:
                    outcome = branch()
                except Raised:
                    outcome = RAISED
            results.append((outcome, frame.names))
        going = [names for outcome, names in results if outcome == DONE]
        if not going:
            frame.names = results[0][1]
            outcomes = {outcome for outcome, _ in results}
            if outcomes == {RAISED}:
                raise Raised
            return min(outcomes - {RAISED}, key=[LEFT, RETURNED].index)
        if len(going) < len(results):
            # What follows may not be reached, and if something raised, no caller.
            if any(outcome == RAISED for outcome, _ in results):
                frame.may_have_raised = True
            if all(outcome in (DONE, RAISED) for outcome, _ in results):
                self._machine.may_have_raised()
            else:
                self._machine.open_conditions += 1
        frame.names = _merged(going)
        return DONE

    def _match(self, node: ast.Match, frame: Frame) -> str:
        expressions = self._execution.expressions
        expressions.plain(expressions.value(node.subject, frame), node, frame)
        bodies = [case.body for case in node.cases]
        branches = [partial(self.block, body, frame) for body in bodies]
        return self.either([*branches, lambda: DONE], frame)

    def _for(self, node: ast.For | ast.AsyncFor, frame: Frame) -> str:
        iterable = self._execution.expressions.value(node.iter, frame)
        outcomes: list[str] = []

        def once() -> None:
            if not outcomes or outcomes[-1] in (DONE,):
                outcomes.append(self.block(node.body, frame))
                if outcomes[-1] == LEFT:
                    outcomes[-1] = DONE

        is_async = isinstance(node, ast.AsyncFor)
        sure = not self.each_item(iterable, node.target, frame, once, is_async, node)
        if outcomes and outcomes[-1] == RETURNED:
            if sure:
                return RETURNED
            self._machine.open_conditions += 1
        return self.block(node.orelse, frame)

    def each_item(
        self,
        iterable: Value,
        target: ast.expr,
        frame: Frame,
        once: Callable[[], None],
        is_async: bool,
        node: ast.AST,
    ) -> bool:
        """Do something for the items of a value; return whether there may be more."""
        expressions = self._execution.expressions
        use = expressions.iterated if is_async else expressions.plain
        iterable = use(iterable, node, frame)
        if isinstance(iterable, Suspended) and iterable.kind == "generator":
            return self._each_yielded(iterable, target, frame, once, node)
        if isinstance(iterable, Mock):
            if is_async:
                lacks = self._execution.mocks.lacks(iterable, "__aiter__")
                kind = MISSING if lacks else ITERATED
                self._machine.itself(iterable, kind, node, frame)
            found = self._execution.mocks.iterated(iterable, is_async, node, frame)
            if found is not None:
                iterable = found
        if isinstance(iterable, Mapping):
            keys: list[Value] = [Constant(key) for key in iterable.items]
            iterable = Items(keys, iterable.is_open)
        if isinstance(iterable, Items) and not iterable.is_open:
            most = (
                _MOST_MOCKS if any(map(_is_home_made, iterable.items)) else _MOST_ITEMS
            )
            if len(iterable.items) > most:
                self._machine.forgets(iterable.items[most:])
            for item in iterable.items[:most]:
                self.bind(target, item, frame, node)
                once()
            return False
        known = iterable.items if isinstance(iterable, Items) else []
        one = joined(known)
        before = dict(frame.names)
        with self._machine.condition():
            try:
                self.bind(target, one, frame, node)
                once()
            except Raised:
                frame.names = dict(before)
        frame.names = _merged([before, frame.names])
        return True

    def _each_yielded(
        self,
        generator: Suspended,
        target: ast.expr,
        frame: Frame,
        once: Callable[[], None],
        node: ast.AST,
    ) -> bool:
        def go_on(value: Value) -> Value:
            self.bind(target, value, frame, node)
            once()
            return Opaque()

        self._execution.calls.run(generator, go_on)
        return True

    def _while(self, node: ast.While, frame: Frame) -> str:
        expressions = self._execution.expressions
        truth = expressions.truth(expressions.value(node.test, frame), node.test, frame)
        if truth is False:
            return self.block(node.orelse, frame)
        if truth is None:
            return self.either([lambda: self._turned(node, frame), lambda: DONE], frame)
        outcome = self.block(node.body, frame)
        if outcome == RETURNED:
            return RETURNED
        if outcome == DONE:
            # It goes round, and what ends it is not known.
            self._machine.open_conditions += 1
        return DONE

    def _turned(self, node: ast.While, frame: Frame) -> str:
        outcome = self.block(node.body, frame)
        return DONE if outcome == LEFT else outcome

    def _try(self, node: ast.Try, frame: Frame) -> str:
        before = dict(frame.names)
        conditions = self._machine.mark()
        try:
            try:
                outcome = self._tried(node, frame)
            except Raised:
                self._machine.reset(conditions)
                outcome = self._handled(node, frame)
            else:
                self._beside(node, frame, before)
                if outcome == DONE:
                    outcome = self.block(node.orelse, frame)
        except Raised:
            self.block(node.finalbody, frame)
            raise
        final = self.block(node.finalbody, frame)
        return final if final != DONE else outcome

    def _tried(self, node: ast.Try, frame: Frame) -> str:
        hiding = any(map(_hides, node.handlers))
        converting = any(map(_converts, node.handlers))
        self._machine.catching += bool(node.handlers)
        self._machine.hiding += hiding
        self._machine.converting += converting
        try:
            return self.block(node.body, frame)
        finally:
            self._machine.catching -= bool(node.handlers)
            self._machine.hiding -= hiding
            self._machine.converting -= converting

    def _handled(self, node: ast.Try, frame: Frame) -> str:
        """Execute the handlers of what certainly raised."""
        if not node.handlers:
            raise Raised
        if len(node.handlers) == 1:
            with self._machine.condition(not _catches_all(node.handlers[0])):
                return self._handler(node.handlers[0], frame)
        return self.either(
            [partial(self._handler, each, frame) for each in node.handlers],
            frame,
        )

    def _handler(self, handler: ast.ExceptHandler, frame: Frame) -> str:
        if handler.name:
            frame.names[handler.name] = Opaque()
        return self.block(handler.body, frame)

    def _beside(self, node: ast.Try, frame: Frame, before: dict[str, Value]) -> None:
        """Execute handlers that may not be needed: what they use is noted."""
        after = frame.names
        result = frame.result
        for handler in node.handlers:
            frame.names = _merged([dict(before), after])
            with self._machine.condition(), contextlib.suppress(Raised):
                self._handler(handler, frame)
        frame.names = after
        if frame.result is not result and result is not None:
            frame.result = joined((result, frame.result))

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame) -> str:
        is_async = isinstance(node, ast.AsyncWith)
        return self._entered(node, 0, frame, is_async)

    def _entered(
        self, node: ast.With | ast.AsyncWith, number: int, frame: Frame, is_async: bool
    ) -> str:
        if number == len(node.items):
            return self.block(node.body, frame)
        item = node.items[number]
        value = self._execution.expressions.value(item.context_expr, frame)
        outcome = DONE

        def within(given: Value) -> None:
            nonlocal outcome
            if item.optional_vars is not None:
                self.bind(item.optional_vars, given, frame, node)
            outcome = self._entered(node, number + 1, frame, is_async)

        self._execution.contexts.entered(value, within, is_async, item, frame)
        return outcome

    def _define(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame
    ) -> str:
        function = Callable_(Function(frame.module, node), frame)
        value = self._execution.lookups.decorated(function, node, frame)
        frame.names[node.name] = value
        return DONE

    def _define_class(self, node: ast.ClassDef, frame: Frame) -> str:
        frame.names[node.name] = ClassObject(Class(frame.module, node))
        # Its methods may mean names of the function around it.
        self._execution.lookups.around[node] = frame
        return DONE

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> str:
        if frame.is_function:
            for name, bindings in frame.scope.names.items():
                if any(binding.node is node for binding in bindings):
                    frame.names[name] = self._execution.lookups.bound(
                        bindings, name, frame
                    )
        return DONE

    def _delete(self, node: ast.Delete, frame: Frame) -> str:
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                owner = self._execution.expressions.value(target.value, frame)
                for one in alternatives(owner):
                    if isinstance(one, Mock):
                        one.deleted.add(target.attr)
                        one.children.pop(target.attr, None)
                    elif isinstance(one, (Object, Opaque)):
                        one.attributes.pop(target.attr, None)
        return DONE

    def _assert(self, node: ast.Assert, frame: Frame) -> str:
        expressions = self._execution.expressions
        value = expressions.value(node.test, frame)
        expressions.truth(value, node, frame)
        return DONE

    def _leave(self, node: ast.AST, frame: Frame) -> str:
        return LEFT


def _hides(handler: ast.ExceptHandler) -> bool:
    """Whether a handler keeps a TypeError, or what it may become, to itself."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        return False
    names = [handler.type] if handler.type is not None else []
    if isinstance(handler.type, ast.Tuple):
        names = list(handler.type.elts)
    hiding = ("Exception", "BaseException", "TypeError")
    return not names or any(getattr(each, "id", "") in hiding for each in names)


def _converts(handler: ast.ExceptHandler) -> bool:
    """Whether a handler may raise something else, which others may keep."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is not None


def _is_home_made(value: Value) -> bool:
    return any(isinstance(one, Mock) and one.is_function for one in flat(value))


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name)
        and handler.type.id in ("Exception", "BaseException")
    )


def _merged(frames: Sequence[dict[str, Value]]) -> dict[str, Value]:
    """Return the names of a frame that came one of several ways."""
    first, *others = frames
    merged = dict(first)
    for other in others:
        for name, value in other.items():
            old = merged.get(name)
            if old is None:
                merged[name] = value
            elif old is not value:
                merged[name] = joined((old, value))
    return merged
