"""Functions and mocks that ``asyncio.coroutine`` makes coroutine functions of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, every_argument
from awaitify_codemods.facts.values import Anonymous, Class, External, Function
from awaitify_codemods.mocks.awaitables import Awaitables
from awaitify_codemods.mocks.names import mock_name

WRAPPER = frozenset({External("asyncio.coroutine")})
CLASSES = frozenset({"Mock", "MagicMock"})
_ASYNC = frozenset({"AsyncMock", "CoroutineMock"})

RESULT = "result"
"""A lambda that gives a value: ``AsyncMock(return_value=value)``."""
MOCK = "mock"
"""A mock: an AsyncMock with its arguments."""
EFFECT = "effect"
"""Something to call: ``AsyncMock(side_effect=f)``."""
WITHIN = "within"
"""What a mock calls, that is made an AsyncMock: ``Mock(side_effect=...)``."""


@dataclass(frozen=True)
class Wrapped:
    """A call of ``asyncio.coroutine``, and what becomes of it."""

    module: Module
    call: ast.Call
    form: str
    outer: ast.Call | None = None
    """The mock around it, if there is one that calls it."""

    @property
    def inner(self) -> ast.expr:
        """What is wrapped."""
        return self.call.args[0]


@dataclass(frozen=True)
class Kept:
    """One that stays, and why."""

    node: ast.AST
    reason: str
    message: str


def shims(module: Module, index: Index) -> Iterator[ast.AST]:
    """Yield where a file puts ``asyncio.coroutine`` back."""
    for target in module.stores.get("coroutine", ()):
        if index.value(target.value, module) == {External("asyncio")}:
            yield module.statement(target)
    for call in module.calls:
        match call.args:
            case [owner, ast.Constant(value="coroutine"), *_]:
                if index.value(owner, module) == {External("asyncio")}:
                    yield call


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads the calls of a file."""

    index: Index
    awaitables: Awaitables

    def read(self, module: Module) -> Iterator[Wrapped | Kept]:
        """Yield each of them."""
        for call in module.calls:
            if self.index.value(call.func, module) == WRAPPER:
                yield self._one(call, module)

    def _one(self, call: ast.Call, module: Module) -> Wrapped | Kept:
        if (
            len(call.args) != 1
            or call.keywords
            or isinstance(call.args[0], ast.Starred)
        ):
            return Kept(call, "unknown-value", "what is wrapped is not written out")
        inner, outer = call.args[0], self._mock_around(call, module)
        if (parent := module.parents[call]) and isinstance(parent, ast.Call):
            if parent.func is call:
                message = "what is wrapped is called at once"
                return Kept(call, "unknown-value", message)
        if found := self._doubt(inner, call, module, outer):
            return found
        if outer is not None:
            return Wrapped(module, call, WITHIN, outer)
        if self._is_mock(inner, module):
            return Wrapped(module, call, MOCK)
        if isinstance(inner, ast.Lambda) and _is_constant(inner, module):
            return Wrapped(module, call, RESULT)
        return Wrapped(module, call, EFFECT)

    def _doubt(
        self, inner: ast.expr, call: ast.Call, module: Module, outer: ast.Call | None
    ) -> Kept | None:
        statement = module.statement(call)
        if isinstance(module.parents[statement], ast.ClassDef):
            return Kept(call, "class-patched-helper", "it is a method of a class")
        if self._is_mock(inner, module):
            on_class = outer is None and self._is_on_class(call, module)
            message = "the mock is called with the object of the class"
            return Kept(call, "class-patched-helper", message) if on_class else None
        if isinstance(inner, ast.Lambda) and _is_constant(inner, module):
            return _recorded(call, module) if outer is None else None
        functions = [inner] if isinstance(inner, ast.Lambda) else []
        for value in self.index.value(inner, module):
            if isinstance(value, (Function, Anonymous)):
                functions.append(value.node)  # type: ignore[arg-type]
                if isinstance(value, Function):
                    if value.module.kinds(value.node) & {ast.Yield, ast.YieldFrom}:
                        message = f"{value.node.name} is a generator"
                        return Kept(call, "generator-test", message)
                    if value.owner is not None:
                        message = f"{value.node.name} is a method"
                        return Kept(call, "unknown-value", message)
        if not functions and not _is_made_mock(inner, module, self.index):
            return Kept(call, "unknown-value", "what is wrapped is not known")
        for function in functions:
            arguments = every_argument(function.args)
            if arguments and arguments[0].arg in ("self", "cls"):
                message = "it is called with the object that it is set on"
                return Kept(call, "class-patched-helper", message)
        if self.awaitables.returned_by(inner, module):
            message = "asyncio.coroutine() awaits what is returned"
            return Kept(call, "unknown-value", message)
        if outer is None and self._is_on_class(call, module):
            message = "it is called with the object of the class that it is set on"
            return Kept(call, "class-patched-helper", message)
        return _recorded(call, module) if outer is None else None

    def _is_on_class(self, call: ast.Call, module: Module) -> bool:
        """Whether it may be put in the place of a method."""
        match module.parents[call]:
            case ast.Assign(targets=targets):
                owners = [each.value for each in targets if hasattr(each, "value")]
            case ast.Call(func=func, args=[ast.Constant(value=str(target)), *_]):
                last = getattr(func, "attr", getattr(func, "id", ""))
                owner = target.rpartition(".")[0].rpartition(".")[2]
                return last in ("patch", "setattr") and owner[:1].isupper()
            case ast.Call(func=ast.Attribute(attr="setattr" | "object"), args=[of, *_]):
                owners = [of]
            case _:
                return False
        return any(
            isinstance(value, Class)
            or (
                isinstance(value, External)
                and value.name.rpartition(".")[2][:1].isupper()
            )
            for each in owners
            for value in self.index.value(each, module)
        )

    def _is_mock(self, node: ast.expr, module: Module) -> bool:
        if not isinstance(node, ast.Call):
            return False
        return self._makes_mock(node, module)

    def _makes_mock(self, call: ast.Call, module: Module) -> bool:
        values = self.index.value(call.func, module)
        return bool(values) and all(
            isinstance(each, External)
            and each.name.startswith(("unittest.mock.", "mock."))
            and mock_name(each.name) in CLASSES
            for each in values
        )

    def is_async(self, call: ast.Call, module: Module) -> bool:
        """Whether a call makes an async mock already."""
        return any(
            isinstance(each, External) and mock_name(each.name) in _ASYNC
            for each in self.index.value(call.func, module)
        )

    def _mock_around(self, call: ast.Call, module: Module) -> ast.Call | None:
        """Return ``Mock(side_effect=...)`` around what it calls."""
        keyword = module.parents[call]
        if isinstance(keyword, ast.keyword) and keyword.arg == "side_effect":
            outer = module.parents[keyword]
            if isinstance(outer, ast.Call):
                if self._makes_mock(outer, module) or self.is_async(outer, module):
                    return outer
        return None


def _is_constant(node: ast.Lambda, module: Module) -> bool:
    """Whether a lambda gives the same value whenever it is called."""
    if isinstance(node.body, ast.Constant):
        return True
    if isinstance(node.body, ast.UnaryOp):
        return isinstance(node.body.operand, ast.Constant)
    if not isinstance(node.body, ast.Name):
        return False
    scope = module.at[node.body].find(node.body.id)
    if scope is None or scope is module.scopes[node]:
        return False
    bindings = scope.names[node.body.id]
    kinds = ("assign", "param", "import", "def", "class")
    return (
        len(bindings) == 1
        and bindings[0].kind in kinds
        and (
            getattr(bindings[0].node, "lineno", 0) < node.lineno
            or bindings[0].kind == "param"
        )
    )


def _is_made_mock(node: ast.expr, module: Module, index: Index) -> bool:
    """Whether a variable was given a plain mock."""
    if not isinstance(node, ast.Name):
        return False
    scope = module.at[node].find(node.id)
    bindings = scope.names[node.id] if scope else []
    return bool(bindings) and all(
        isinstance(each.value, ast.Call)
        and any(
            isinstance(value, External) and mock_name(value.name) in CLASSES
            for value in index.value(each.value.func, module)
        )
        for each in bindings
    )


def _recorded(call: ast.Call, module: Module) -> Kept | None:
    """Say so where a file looks at all that is called below a mock."""
    message = "the parent of the mock would record its calls"
    kept = Kept(call, "mixed-use", message)
    return kept if _is_recorded(module) else None


def _is_recorded(module: Module) -> bool:
    return any(
        name in module.uses
        for name in ("mock_calls", "method_calls", "assert_has_calls")
    )
