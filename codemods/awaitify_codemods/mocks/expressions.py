"""What expressions give, in a frame."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from awaitify_codemods.facts.values import Anonymous
from awaitify_codemods.mocks.facts import (
    BRANCH,
    CONTEXT,
    ESCAPED,
    HANDED_ON,
    ITERATED,
    LOOKED_AT,
    USED,
)
from awaitify_codemods.mocks.machine import Raised
from awaitify_codemods.mocks.operators import (
    compared,
    formatted,
    is_no_question,
    operated,
)
from awaitify_codemods.mocks.values import (
    NONE,
    PLAIN,
    TEXT,
    Callable_,
    Called,
    ClassObject,
    Constant,
    Frame,
    FutureObject,
    Items,
    Mapping,
    Mock,
    ModuleObject,
    Object,
    OneOf,
    Opaque,
    Suspended,
    Value,
    alternatives,
    joined,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution


class Expressions:
    """Evaluates expressions."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine
        self._handlers: dict[type[ast.AST], Callable[..., Value]] = {
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Constant: self._constant,
            ast.Await: self._await,
            ast.Lambda: self._lambda,
            ast.List: self._list,
            ast.Set: self._list,
            ast.Tuple: self._list,
            ast.Dict: self._dict,
            ast.Subscript: self._subscript,
            ast.BoolOp: self._boolean,
            ast.UnaryOp: self._unary,
            ast.Compare: self._compare,
            ast.IfExp: self._conditional,
            ast.NamedExpr: self._named,
            ast.Starred: self._starred,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._comprehension,
        }

    def value(self, node: ast.expr, frame: Frame) -> Value:
        """Return what an expression gives."""
        self._machine.step()
        return self._handlers.get(type(node), self._operator)(node, frame)

    def _name(self, node: ast.Name, frame: Frame) -> Value:
        return self._execution.lookups.name(node.id, frame)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        owner = self.value(node.value, frame)
        return self._execution.lookups.attribute(owner, node.attr, frame, node)

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        return self._execution.calls.evaluated(node, frame)

    def _constant(self, node: ast.Constant, frame: Frame) -> Value:
        return Constant(node.value)

    def _await(self, node: ast.Await, frame: Frame) -> Value:
        value = self.value(node.value, frame)
        return self._execution.awaiting.awaited(value, node, frame)

    def _lambda(self, node: ast.Lambda, frame: Frame) -> Value:
        return Callable_(Anonymous(frame.module, node), frame)

    def _list(self, node: ast.List | ast.Set | ast.Tuple, frame: Frame) -> Value:
        found: list[Value] = []
        is_open = False
        for element in node.elts:
            value = self.value(element, frame)
            if isinstance(element, ast.Starred):
                if isinstance(value, Items):
                    found += value.items
                    is_open = is_open or value.is_open
                else:
                    is_open = True
            else:
                found.append(value)
        return Items(found, is_open, isinstance(node, ast.List))

    def _dict(self, node: ast.Dict, frame: Frame) -> Value:
        found = Mapping({})
        for key, value in zip(node.keys, node.values, strict=True):
            given = self.value(value, frame)
            if key is None:
                if isinstance(given, Mapping):
                    found.items.update(given.items)
                    found.is_open = found.is_open or given.is_open
                else:
                    found.is_open = True
                continue
            name = self.value(key, frame)
            if isinstance(name, Constant):
                found.items[name.value] = given
            else:
                found.is_open = True
                found.items[key] = given
        return found

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        owner = self.value(node.value, frame)
        key = self.value(node.slice, frame)
        return self.item(owner, key, node, frame)

    def item(self, owner: Value, key: Value, node: ast.AST, frame: Frame) -> Value:
        """Return an element of a value."""
        key = self.plain(key, node, frame)
        found: list[Value] = []
        for one in alternatives(owner):
            try:
                found.append(self._item(one, key, node, frame))
            except Raised:
                self._machine.may_have_raised()
        if not found:
            raise Raised
        return joined(found)

    def _item(self, owner: Value, key: Value, node: ast.AST, frame: Frame) -> Value:
        owner = self.plain(owner, node, frame)
        index = key.value if isinstance(key, Constant) else None
        if isinstance(owner, Items):
            if isinstance(index, int) and not owner.is_open:
                if -len(owner.items) <= index < len(owner.items):
                    return owner.items[index]
            return joined([*owner.items, Opaque()]) if owner.items else Opaque()
        if isinstance(owner, Mapping):
            if isinstance(key, Constant):
                if key.value in owner.items:
                    return owner.items[key.value]
                if not owner.is_open:
                    raise Raised
            return joined([*owner.items.values(), Opaque()])
        if isinstance(owner, Mock):
            item = self._execution.mocks.child(owner, "__getitem__")
            result = item
            if isinstance(item, Mock):
                result = self._execution.mocks.result_of(item)
            return result
        if isinstance(owner, Opaque) and owner.name.startswith(TEXT):
            return Opaque(TEXT)
        if isinstance(owner, Opaque):
            name = f"[{index!r}]" if isinstance(key, Constant) else "[]"
            if name not in owner.attributes:
                owner.attributes[name] = Opaque()
            return owner.attributes[name]
        return Opaque()

    def _boolean(self, node: ast.BoolOp, frame: Frame) -> Value:
        is_and = isinstance(node.op, ast.And)
        found: list[Value] = []
        machine, before = self._machine, self._machine.open_conditions
        try:
            for operand in node.values[:-1]:
                value = self.value(operand, frame)
                truth = self.truth(value, node, frame)
                if truth is None:
                    found.append(value)
                    machine.open_conditions += 1
                elif truth is not is_and:
                    found.append(value)
                    return joined(found)
            found.append(self.value(node.values[-1], frame))
        finally:
            machine.open_conditions = before
        return joined(found) if len(found) > 1 else found[0]

    def _unary(self, node: ast.UnaryOp, frame: Frame) -> Value:
        value = self.value(node.operand, frame)
        if isinstance(node.op, ast.Not):
            truth = self.truth(value, node, frame)
            return Opaque() if truth is None else Constant(not truth)
        value = self.plain(value, node, frame)
        if isinstance(value, Constant) and isinstance(value.value, (int, float)):
            if isinstance(node.op, ast.USub):
                return Constant(-value.value)
        return Opaque()

    def _compare(self, node: ast.Compare, frame: Frame) -> Value:
        operator = node.ops[0]
        left = self.value(node.left, frame)
        rights = [self.value(each, frame) for each in node.comparators]
        if is_no_question(left, operator, rights):
            assert isinstance(left, Called)
            self._machine.asked.append((left, node, frame))
            left = left.value
        left = self.plain(left, node, frame, LOOKED_AT)
        rights = [self.plain(each, node, frame, LOOKED_AT) for each in rights]
        if len(rights) != 1:
            return Opaque()
        found = compared(left, operator, rights[0])
        return Opaque() if found is None else Constant(found)

    def _conditional(self, node: ast.IfExp, frame: Frame) -> Value:
        truth = self.truth(self.value(node.test, frame), node, frame)
        if truth is not None:
            return self.value(node.body if truth else node.orelse, frame)
        with self._machine.condition():
            return joined(
                [self.value(node.body, frame), self.value(node.orelse, frame)]
            )

    def _named(self, node: ast.NamedExpr, frame: Frame) -> Value:
        value = self.value(node.value, frame)
        frame.names[node.target.id] = value
        return value

    def _starred(self, node: ast.Starred, frame: Frame) -> Value:
        return self.value(node.value, frame)

    def _yield(self, node: ast.Yield, frame: Frame) -> Value:
        value = self.value(node.value, frame) if node.value else NONE
        return frame.on_yield(value) if frame.on_yield else Opaque()

    def _yield_from(self, node: ast.YieldFrom, frame: Frame) -> Value:
        value = self.value(node.value, frame)
        return self._execution.awaiting.awaited(value, node, frame)

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
        frame: Frame,
    ) -> Value:
        inner = Frame(frame.module, node, frame, is_function=False)
        inner.on_yield, inner.owner = frame.on_yield, frame.owner
        found: list[Value] = []
        mapping = Mapping({}, is_open=True)
        is_open = False

        def element() -> None:
            if isinstance(node, ast.DictComp):
                key = self.value(node.key, inner)
                value = self.value(node.value, inner)
                mapping.items[key.value if isinstance(key, Constant) else key] = value
            else:
                found.append(self.value(node.elt, inner))

        def looped(number: int) -> None:
            nonlocal is_open
            if number == len(node.generators):
                element()
                return
            generator = node.generators[number]

            def once() -> None:
                nonlocal is_open
                for test in generator.ifs:
                    truth = self.truth(self.value(test, inner), test, inner)
                    if truth is False:
                        return
                    if truth is None:
                        is_open = True
                        with self._machine.condition():
                            looped(number + 1)
                        return
                looped(number + 1)

            iterable = self.value(generator.iter, inner if number else frame)
            is_open |= self._execution.statements.each_item(
                iterable, generator.target, inner, once, bool(generator.is_async), node
            )

        looped(0)
        if isinstance(node, ast.DictComp):
            return mapping
        return Items(found, is_open, True)

    def _operator(self, node: ast.AST, frame: Frame) -> Value:
        """Evaluate the operands of something whose value is plain."""
        is_text = isinstance(node, (ast.JoinedStr, ast.FormattedValue))
        kind = LOOKED_AT if is_text else USED
        values = [
            self.plain(self.value(child, frame), node, frame, kind)
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr)
        ]
        if isinstance(node, ast.BinOp):
            return operated(values[0], node.op, values[1])
        if is_text:
            return formatted(node, values)
        return Opaque(PLAIN)

    def plain(
        self, value: Value, node: ast.AST, frame: Frame, kind: str = USED
    ) -> Value:
        """Use a value as it is: what a mock's call returned is not awaited."""
        if not isinstance(value, (Called, OneOf, Suspended)):
            return value
        found = []
        for one in alternatives(value):
            if isinstance(one, Called):
                self._machine.use(one.mock, kind, node, frame)
                # Of an AsyncMock, too: what follows counts once it is none any more.
                one = one.value
            elif isinstance(one, Suspended):
                one.looked_at = True
            found.append(one)
        return joined(found)

    def escape(self, value: Value, node: ast.AST, frame: Frame) -> None:
        """Give a value to code that is not read."""
        self._machine.forgets([value])
        for one in alternatives(value):
            if isinstance(one, Called):
                self._machine.use(one.mock, ESCAPED, node, frame)
            elif isinstance(one, Callable_):
                self._machine.shown.add(one.function.node)
            elif isinstance(one, Suspended):
                one.looked_at = True
            elif isinstance(one, Mock):
                self._machine.doubt(one, HANDED_ON)
            elif isinstance(one, Items):
                for item in one.items:
                    self.escape(item, node, frame)
            elif isinstance(one, Mapping):
                for item in one.items.values():
                    self.escape(item, node, frame)

    def branch(self, value: Value, node: ast.AST, frame: Frame) -> None:
        """Ask a value whether it has to be awaited."""
        for one in alternatives(value):
            if isinstance(one, Called):
                self._machine.use(one.mock, BRANCH, node, frame)
            elif isinstance(one, Mock):
                self._machine.use(one, BRANCH, node, frame)
            elif isinstance(one, Suspended):
                one.looked_at = True

    def truth(self, value: Value, node: ast.AST, frame: Frame) -> bool | None:
        """Return whether a value is true, if that is known."""
        if not isinstance(value, OneOf):
            return self._truth(value, node, frame)
        found = {self._truth(one, node, frame) for one in alternatives(value)}
        return found.pop() if len(found) == 1 else None

    def _truth(self, value: Value, node: ast.AST, frame: Frame) -> bool | None:
        if isinstance(value, Called):
            truth = value.mock.is_async or self.truth(value.value, node, frame)
            if value.mock.is_async or truth is not True:
                self._machine.use(value.mock, LOOKED_AT, node, frame)
            else:
                # A coroutine that is awaited later is as true.
                self._machine.asked.append((value, node, frame))
            return truth
        if isinstance(value, Constant):
            return bool(value.value)
        if isinstance(value, (Items, Mapping)):
            return True if value.items else None if value.is_open else False
        if isinstance(value, Mock):
            return None if "__bool__" in value.children else True
        if isinstance(value, (Callable_, ClassObject, ModuleObject, Suspended)):
            return True
        if isinstance(value, FutureObject):
            return True
        if isinstance(value, Object) and value.of is not None:
            lookups = self._execution.lookups
            known = lookups.is_all_known(value.of)
            has = lookups.has_member(value.of, "__bool__", "__len__")
            return True if known and not has else None
        return None

    def iterated(self, value: Value, node: ast.AST, frame: Frame) -> Value:
        """Use a value in ``async for``."""
        for one in alternatives(value):
            if isinstance(one, Called) and isinstance(one.value, Items):
                if not one.mock.is_async:
                    self._machine.listed(one.mock, node, frame)
        return self.plain(value, node, frame, ITERATED)

    def entered(self, value: Value, node: ast.AST, frame: Frame) -> Value:
        """Use a value in ``async with``."""
        return self.plain(value, node, frame, CONTEXT)
