"""Calls whose meaning is known here: builtins, mocks' own methods, pytest's helpers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitify_codemods.facts.values import Class
from awaitify_codemods.mocks.facts import LOOKED_AT
from awaitify_codemods.mocks.machine import Raised
from awaitify_codemods.mocks.operators import is_of_builtin
from awaitify_codemods.mocks.values import (
    NONE,
    Applied,
    Callable_,
    ClassObject,
    Constant,
    Frame,
    FutureObject,
    Items,
    Mapping,
    Mock,
    MockClass,
    Native,
    Object,
    Opaque,
    Patcher,
    Super,
    Suspended,
    Value,
    alternatives,
    flat,
    joined,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

_ASKING = (
    "asyncio.iscoroutinefunction",
    "asyncio.iscoroutine",
    "asyncio.isfuture",
    "inspect.isawaitable",
    "inspect.iscoroutine",
    "inspect.iscoroutinefunction",
    "asgiref.sync.iscoroutinefunction",
)


class Natives:
    """Does what functions do that are known by name."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine

    def parent(self, frame: Frame) -> Value:
        """Return ``super()`` in a method."""
        at: Frame | None = frame
        while at is not None and at.owner is None:
            at = at.parent
        if at is None or at.owner is None:
            return Opaque("super()")
        first = next(iter(at.names.values()), Opaque())
        return Super(at.owner, first)

    def call(
        self,
        native: Native,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        """Do what a function does."""
        name = native.name
        if native.of is not None:
            return self._method(native, args, keywords, node, frame)
        if name.startswith("patch") or name.startswith("mocker."):
            return self._patching(name, args, keywords, node, frame)
        if name.startswith("monkeypatch."):
            return self._monkeypatch(name, args, keywords, node, frame)
        if name in _ASKING:
            for value in args:
                if isinstance(value, Mock) and value.is_function:
                    # So is an AsyncMock in its place, and as little is it awaitable.
                    return Constant(name.endswith("iscoroutinefunction"))
                self._execution.expressions.branch(value, node, frame)
                for one in alternatives(value):
                    if isinstance(one, Callable_):
                        self._machine.shown.add(one.function.node)
                    if isinstance(one, Callable_) and name.endswith("function"):
                        if not one.doubtful:
                            is_async = getattr(one.function, "is_async", False)
                            return Constant(bool(is_async))
            return Opaque()
        if name.startswith("builtins."):
            return self._builtin(name[9:], args, keywords, node, frame)
        if name.startswith("inspect.") or name == "functools.wraps":
            self._machine.asked_for_kind(args)
        match name:
            case "functools.partial" if args:
                return Applied(args[0], args[1:], keywords)
            case "functools.wraps":
                return Native("wraps()", None)
            case "wraps()" if args:
                return args[0]
            case "types.SimpleNamespace":
                return Object(None, dict(keywords), self._machine.forks)
            case "asyncio.Future":
                return FutureObject(frame.module, node)
            case "create_autospec" if args:
                return self._autospec(args, keywords, node, frame)
            case "copy.copy" | "copy.deepcopy" if args:
                return args[0]
        self._machine.forgets(args)
        return Opaque(f"{name}()")

    def _autospec(
        self, args: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        if not isinstance(node, ast.Call):
            return Opaque()
        specs = self._execution.specs
        kind = "AsyncMock" if specs.kind(args[0]) == "async" else "MagicMock"
        made = self._execution.mocks.make(
            MockClass(kind), node, args, keywords, frame, "autospec"
        )
        if specs.kind(args[0]) == "class":
            instance = self._execution.mocks.result_of(made)
            if isinstance(instance, Mock):
                instance.members = made.members
        return made

    def _patching(
        self,
        name: str,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        patching = self._execution.patching
        is_mocker = name.startswith("mocker.")
        form = name.removeprefix("mocker.")
        if form in ("patch", "patch.object", "patch.multiple", "patch.dict"):
            if not isinstance(node, ast.Call):
                return Opaque()
            patcher = patching.patcher(form, args, keywords, node, frame)
            return patching.applied(patcher) if is_mocker else patcher
        if form == "stopall" or form == "patch.stopall" or form == "resetall":
            return NONE
        if form in ("stub", "async_stub") and isinstance(node, ast.Call):
            kind = "AsyncMock" if form == "async_stub" else "MagicMock"
            made = MockClass(kind)
            return self._execution.mocks.make(made, node, [], {}, frame, "stub")
        if form == "spy" and len(args) == 2:
            return Opaque("mocker.spy()")
        if form == "create_autospec" and args:
            return self._autospec(args, keywords, node, frame)
        return Opaque()

    def _monkeypatch(
        self,
        name: str,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        patching = self._execution.patching
        if name == "monkeypatch.setattr":
            patching.set(args, keywords, node, frame)
        elif name == "monkeypatch.setitem" and len(args) == 3:
            owner, key, value = args
            self._execution.statements.set_item(owner, key, value, frame, node)
        return Opaque()

    def _method(
        self,
        native: Native,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        name, owner = native.name, native.of
        match owner:
            case Patcher() if name == "start":
                return self._execution.patching.applied(owner)
            case Patcher() if name in ("stop", "__exit__"):
                self._execution.patching.undone(owner)
            case Mock() if name == "configure_mock":
                self._execution.mocks.configured_by(owner, keywords, frame, node)
            case Mock() if name == "attach_mock" and len(args) == 2:
                if isinstance(args[1], Constant):
                    self._machine.write(owner, str(args[1].value), args[0])
            case FutureObject():
                return self._of_future(owner, name, args)
            case Items():
                return self._of_items(owner, name, args, node, frame)
            case Mapping():
                return self._of_mapping(owner, name, args, keywords)
            case Suspended() if name in ("send", "__anext__", "__next__"):
                return Opaque()
        return Opaque()

    def _of_future(self, future: FutureObject, name: str, args: list[Value]) -> Value:
        if name == "set_result" and args:
            future.result = args[0]
        elif name == "set_exception":
            future.raises = True
        elif name == "result":
            return future.result or Opaque()
        return Opaque()

    def _of_items(
        self, items: Items, name: str, args: list[Value], node: ast.AST, frame: Frame
    ) -> Value:
        if name in ("append", "add") and args:
            items.items.append(args[0])
            items.is_open = items.is_open or self._machine.open_conditions > 0
        elif name == "extend" and args and isinstance(args[0], Items):
            items.items += args[0].items
            items.is_open = items.is_open or args[0].is_open
        elif name == "pop" and items.items:
            return items.items[0 if args else -1]
        elif name in ("pop", "clear", "remove", "insert", "discard"):
            items.is_open = True
        elif name == "copy":
            return Items(list(items.items), items.is_open, items.is_list)
        return Opaque()

    def _of_mapping(
        self, mapping: Mapping, name: str, args: list[Value], keywords: dict[str, Value]
    ) -> Value:
        values = list(mapping.items.values())
        if name in ("get", "pop", "setdefault") and args:
            key = args[0]
            default = args[1] if len(args) > 1 else NONE
            if isinstance(key, Constant) and not mapping.is_open:
                if key.value not in mapping.items and name == "setdefault":
                    mapping.items[key.value] = default
                return mapping.items.get(key.value, default)

            return joined([*values, default, Opaque()])
        if name == "values":
            return Items(values, mapping.is_open)
        if name == "keys":
            return Items([Constant(each) for each in mapping.items], mapping.is_open)
        if name == "items":
            pairs: list[Value] = [
                Items([Constant(key), value], False, False)
                for key, value in mapping.items.items()
            ]
            return Items(pairs, mapping.is_open)
        if name == "update":
            if args and isinstance(args[0], Mapping):
                mapping.items.update(args[0].items)
                mapping.is_open = mapping.is_open or args[0].is_open
            else:
                mapping.is_open = mapping.is_open or bool(args)
            mapping.items.update(keywords)
        elif name == "copy":
            return Mapping(dict(mapping.items), mapping.is_open)
        elif name == "clear":
            mapping.items.clear()
        return Opaque()

    def _builtin(
        self,
        name: str,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        lookups = self._execution.lookups
        if name in ("getattr", "hasattr", "setattr") and len(args) >= 2:
            key = args[1]
            if not isinstance(key, Constant):
                if name == "setattr" and isinstance(args[0], Mock):
                    self._machine.doubt(args[0], "unknown-value")
                self._machine.forgets(args)
                return Opaque()
            attribute = str(key.value)
            owner = args[0]
            if isinstance(owner, Mock) and self._execution.mocks.lacks(
                owner, attribute
            ):
                if name == "hasattr":
                    return Constant(False)
                if name == "getattr" and len(args) == 3:
                    return args[2]
            if name == "getattr":
                return self._attribute(args, attribute, frame, node)
            if name == "setattr" and len(args) == 3:
                lookups.set_attribute(args[0], attribute, args[2], frame, node)
                return NONE
            return self._has(args[0], attribute)
        if name == "callable" and args:
            known = isinstance(args[0], (Mock, Callable_, ClassObject))
            return Constant(True) if known else Opaque()
        if name in ("list", "tuple", "set"):
            return self._listed(name, args, node, frame)
        if name == "dict":
            base = args[0] if args else Mapping({})
            if isinstance(base, Mapping):
                items: dict[object, Value] = dict(base.items)
                items.update(keywords)
                return Mapping(items, base.is_open)
            return Mapping({name: each for name, each in keywords.items()}, True)
        if name == "type" and args and isinstance(args[0], Object) and args[0].of:
            return ClassObject(args[0].of)
        if name == "isinstance" and len(args) == 2:
            if any(isinstance(each, MockClass) for each in flat(args[1])):
                for value in alternatives(args[0]):
                    if isinstance(value, Mock):
                        self._machine.doubt(value, "asked")
            return self._isinstance(args[0], args[1])
        self._machine.forgets(args)
        for value in args:
            self._execution.expressions.plain(value, node, frame, LOOKED_AT)
        return Opaque()

    def _has(self, value: Value, name: str) -> Value:
        if not isinstance(value, Mock) or value.members is not None:
            return Opaque()
        if not value.is_function:
            return Constant(True)
        if name in self._execution.hop_names:
            return Constant(True)
        self._machine.doubt(value, "attribute")
        return Constant(name in _OF_FUNCTIONS)

    def _attribute(
        self, args: list[Value], name: str, frame: Frame, node: ast.AST
    ) -> Value:
        owner = args[0]
        try:
            found = self._execution.lookups.attribute(owner, name, frame, node)
        except Raised:
            if len(args) < 3:
                raise
            return args[2]
        sure = isinstance(owner, Mock) and owner.members is None
        sure = sure or (isinstance(owner, Object) and not isinstance(found, Opaque))
        return found if sure or len(args) < 3 else joined((found, args[2]))

    def _listed(
        self, name: str, args: list[Value], node: ast.AST, frame: Frame
    ) -> Value:
        value = args[0] if args else Items([])
        value = self._execution.expressions.plain(value, node, frame)
        if isinstance(value, Items):
            return Items(list(value.items), value.is_open, name == "list")
        if isinstance(value, Suspended) and value.kind == "generator":
            found: list[Value] = []

            def collect(given: Value) -> Value:
                found.append(given)
                return NONE

            self._execution.calls.run(value, collect)
            return Items(found, True)
        return Items([], True)

    def _isinstance(self, value: Value, of: Value) -> Value:
        if not _is_plain_type(of):
            self._machine.asked_for_kind([value])
        if isinstance(value, Object) and value.of and isinstance(of, ClassObject):
            bases = self._machine.index.mro(value.of)
            return Constant(
                any(isinstance(b, Class) and b.node is of.of.node for b in bases)
            )
        found = is_of_builtin(value, of)
        return Opaque() if found is None else Constant(found)


_OF_FUNCTIONS = frozenset("__call__ __code__ __name__ __qualname__ __wrapped__".split())


def _is_plain_type(value: Value) -> bool:
    """Whether neither functions nor mocks are of a type, or both."""
    if isinstance(value, Items):
        return all(map(_is_plain_type, value.items))
    if isinstance(value, Opaque):
        return value.name.startswith("builtins.") or value.name.endswith(".Callable")
    return isinstance(value, ClassObject)
