"""What mocks do: their children, their calls, and how they are configured."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from awaitify_codemods.facts.values import Class, External
from awaitify_codemods.mocks.facts import RESULT
from awaitify_codemods.mocks.home_made import POSITIONAL
from awaitify_codemods.mocks.machine import Raised
from awaitify_codemods.mocks.names import API
from awaitify_codemods.mocks.values import (
    Callable_,
    Called,
    ClassObject,
    Constant,
    Frame,
    Hopped,
    Items,
    Mapping,
    Mock,
    MockClass,
    Native,
    Object,
    Opaque,
    Suspended,
    Value,
    alternatives,
    joined,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

_ASYNC_DUNDERS = frozenset({"__aenter__", "__aexit__", "__anext__"})
_NOT_CHILDREN = frozenset({"name", "spec", "spec_set", "wraps", "unsafe", "parent"})
_FAILING = (
    "Error",
    "Exception",
    "Exit",
    "Interrupt",
    "Iteration",
    "Timeout",
    "Warning",
)


class Behaviour:
    """Does what `unittest.mock` does."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine

    def make(
        self,
        made: MockClass,
        node: ast.Call,
        args: Sequence[Value],
        keywords: dict[str, Value],
        frame: Frame,
        form: str = "call",
    ) -> Mock:
        """Make a mock."""
        self._machine.made(frame.module, node, form)
        mock = Mock(node, (), made.kind, depth=self._machine.forks)
        keywords = self._by_name(made, args, keywords)
        spec = keywords.get("spec", keywords.get("spec_set"))
        if spec is not None:
            mock.members = self._execution.specs.members(spec)
            if self._execution.specs.kind(spec) == "async":
                # Whatever class it is made of: such a mock is an async one, too.
                mock.kind, mock.real = "AsyncMock", "async"
        nodes = {each.arg: each for each in node.keywords}
        for name, value in keywords.items():
            if name not in _NOT_CHILDREN:
                at = nodes.get(name) or nodes.get(None) or node
                self.configure(_inner(mock), name, value, frame, at)
        self._machine.node(mock)
        return mock

    def _by_name(
        self, made: MockClass, args: Sequence[Value], keywords: dict[str, Value]
    ) -> dict[str, Value]:
        """Return what a mock is given, by the keywords of the classes of mocks."""
        if made.home_made is not None and not made.home_made.passes:
            found: dict[str, Value] = {}
            for name, given in made.home_made.named(args, keywords).items():
                if not isinstance(given, ast.expr):
                    found[name] = given
                elif isinstance(given, ast.Constant):
                    found[name] = Constant(given.value)
            return found
        return {**dict(zip(POSITIONAL, args, strict=False)), **keywords}

    def configure(
        self, mock: Mock | Hopped, path: str, value: Value, frame: Frame, node: ast.AST
    ) -> None:
        """Do what the keyword of a constructor does: ``**{"a.return_value": 1}``."""
        *owners, last = path.split(".")
        owner: Value = mock
        lookups = self._execution.lookups
        with self._machine.configuring():
            for each in owners:
                owner = lookups.attribute(owner, each, frame, node)
            lookups.set_attribute(owner, last, value, frame, node)

    def child(self, mock: Mock, name: str) -> Value:
        """Return an attribute of a mock that is a mock itself."""
        if name in mock.children:
            return mock.children[name]
        if name in mock.deleted:
            return Opaque()
        if mock.wraps is not None and name != RESULT:
            return Opaque()
        made = Mock(mock.site, (*mock.path, name), self._kind_of_child(mock, name))
        made.depth = mock.depth
        self._machine.births += 1
        made.born = self._machine.births
        if mock.members is not None and name != RESULT:
            made.real = mock.members.get(name, "unknown")
        mock.children[name] = made
        return made

    def _kind_of_child(self, mock: Mock, name: str) -> str:
        kind = mock.kind
        if name in _ASYNC_DUNDERS and kind != "Mock":
            return "AsyncMock"
        if name.startswith("__") and name.endswith("__"):
            return "MagicMock"
        if kind == "CoroutineMock":
            return "MagicMock"
        if kind.startswith("hand-made:"):
            return "MagicMock" if kind.endswith(":function") else kind
        real = (mock.members or {}).get(name)
        if real == "async" and name != RESULT:
            return "AsyncMock"
        if real in ("sync", "generator", "object", "class") and kind == "AsyncMock":
            return "MagicMock"
        return kind

    def result_of(self, mock: Mock) -> Value:
        """Return the return value of a mock."""
        return mock.returns if mock.returns is not None else self.child(mock, RESULT)

    def attribute(self, mock: Mock, name: str) -> Value:
        """Return an attribute of a mock."""
        if name == "return_value":
            return self.result_of(mock)
        if name == "side_effect":
            return mock.side_effect or Constant(None)
        if name in mock.children:
            return mock.children[name]
        if name in API or name in ("configure_mock", "attach_mock"):
            self._machine.node(mock).read.add(name)
            if mock.is_async and "await" in name:
                self._machine.doubt(mock, "awaits")
            return Native(name, mock)
        return self.child(mock, name)

    def lacks(self, mock: Mock, name: str) -> bool:
        """Whether a plain Mock has no such attribute, as it is an async dunder."""
        is_plain = mock.kind == "Mock" and name not in mock.children
        return is_plain and (name in _ASYNC_DUNDERS or name == "__aiter__")

    def set_attribute(
        self, mock: Mock, name: str, value: Value, frame: Frame, node: ast.AST
    ) -> None:
        """Set an attribute of a mock."""
        if name == "return_value":
            self._machine.configured(mock, name, node, frame, value)
            mock.returns = self._written(mock, mock.returns, value)
        elif name == "side_effect":
            self._machine.configured(mock, name, node, frame, value)
            mock.side_effect = self._written(mock, mock.side_effect, value)
        elif name == "wraps":
            self._machine.configured(mock, name, node, frame, value)
            mock.wraps = value
        else:
            path = (*mock.path, name)
            replaced = Mock(mock.site, path, self._kind_of_child(mock, name))
            self._machine.configured(replaced, "", node, frame, value)
            mock.deleted.discard(name)
            if name not in mock.children and self._is_later(mock):
                self.child(mock, name)
            self._machine.write(mock, name, value)

    def _is_later(self, mock: Mock) -> bool:
        return self._machine.forks > mock.depth

    def _written(self, mock: Mock, old: Value | None, value: Value) -> Value:
        if self._is_later(mock):
            return joined((old if old is not None else Constant(None), value))
        return value

    def call(
        self,
        mock: Mock,
        args: Sequence[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        """Call a mock."""
        self._machine.node(mock)
        certain = not self._machine.open_conditions
        for one in (*args, *keywords.values()):
            if isinstance(one, Suspended) and one.kind == "coroutine":
                self._machine.given.append((mock, one, frame.module, node, certain))
            elif isinstance(one, Called) and one.mock.is_async:
                self._machine.handed.append((mock, one, frame.module, node, certain))
        self._machine.counted(mock, node)
        value, raises = self._effect(mock, args, keywords, node, frame)
        if raises and not mock.is_async:
            self._machine.doubt(mock, "raises")
            raise Raised
        by_test = not mock.is_async or self._machine.is_test_code(frame)
        called = Called(mock, value, node, raises, by_test)
        if mock.is_async:
            self._machine.called.append(called)
        return called

    def _effect(
        self,
        mock: Mock,
        args: Sequence[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> tuple[Value, bool]:
        """Return the result of a call, and whether it raises instead."""
        if mock.side_effect is None:
            if mock.wraps is not None:
                calls = self._execution.calls
                return calls.call(mock.wraps, list(args), keywords, node, frame), False
            return self.result_of(mock), False
        found: list[Value] = []
        raising = 0
        effects = alternatives(mock.side_effect)
        with self._machine.condition(len(effects) > 1):
            for effect in effects:
                if self.is_exception(effect):
                    raising += 1
                else:
                    found += self._of_effect(mock, effect, args, keywords, node, frame)
        if raising and not found:
            return Opaque(), True
        if raising:
            self._machine.doubt(mock, "raises")
            self._machine.may_have_raised()
        return joined(found), False

    def _of_effect(
        self,
        mock: Mock,
        effect: Value,
        args: Sequence[Value],
        keywords: dict[str, Value],
        node: ast.AST,
        frame: Frame,
    ) -> list[Value]:
        if isinstance(effect, Constant) and effect.value is None:
            return [self.result_of(mock)]
        if isinstance(effect, Items):
            failing = [each for each in effect.items if self.is_exception(each)]
            going = [each for each in effect.items if not self.is_exception(each)]
            if failing:
                self._machine.may_have_raised()
                if effect.items[0] in failing:
                    # What comes before it would have to be awaitable.
                    self._machine.doubt(mock, "raises")
            return going or [Opaque()]
        if isinstance(effect, (Callable_, ClassObject, Mock)):
            calls = self._execution.calls
            value = calls.call(effect, list(args), keywords, node, frame)
            if isinstance(effect, Callable_) and effect.doubtful:
                self._machine.doubt(mock, "unknown-value")
            return [value]
        self._machine.doubt(mock, "unknown-value")
        self._machine.may_have_raised()
        return [Opaque()]

    def is_exception(self, value: Value) -> bool:
        """Whether a mock raises a value in place of returning it."""
        if isinstance(value, Opaque):
            name = value.name.removesuffix("()").rpartition(".")[2]
            return name.endswith(_FAILING)
        if isinstance(value, (Object, ClassObject)) and isinstance(value.of, Class):
            bases = self._machine.index.mro(value.of)
            return any(
                isinstance(base, External) and base.name.endswith(_FAILING)
                for base in bases
            )
        return False

    def iterated(
        self, mock: Mock, is_async: bool, node: ast.AST, frame: Frame
    ) -> Value | None:
        """Return what a loop over a mock goes through; None if it is not known."""
        name = "__aiter__" if is_async else "__iter__"
        if mock.kind == "Mock" and name not in mock.children:
            return None
        method = mock.children.get(name)
        if method is None:
            return Items([])
        if isinstance(method, Mock):
            if method.returns is not None:
                return method.returns
            return None if method.side_effect is not None else Items([])
        return None

    def put_on_class(self, of: Class, name: str, value: Value, frame: Frame) -> None:
        """Note that a mock stands in the place of a method."""
        for one in alternatives(value):
            if isinstance(one, Mock) and not one.path:
                self._machine.findings.sites[one.site].on_class = True

    def configured_by(
        self, mock: Mock, keywords: dict[str, Value], frame: Frame, node: ast.AST
    ) -> None:
        """Do what ``m.configure_mock(...)`` does."""
        for name, value in keywords.items():
            self.configure(mock, name, value, frame, node)


def is_open(value: Value) -> bool:
    """Whether keywords may hold more than is known."""
    return isinstance(value, Mapping) and value.is_open


def _inner(mock: Mock) -> Mock | Hopped:
    """Return the mock that is configured where a home-made one is made."""
    return Hopped(mock) if mock.is_function else mock
