"""What a generator coroutine yields from, and returns: can it be awaited?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, own_nodes
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Value,
    Values,
)

ASYNCIO = frozenset(
    {External("asyncio.coroutine"), External("asyncio.coroutines.coroutine")}
)
TYPES = frozenset({External("types.coroutine")})
_LOCKS = frozenset("Lock Condition Semaphore BoundedSemaphore".split())
_LITERALS = (
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.Constant,
    ast.JoinedStr,
    ast.Compare,
    ast.BinOp,
    ast.UnaryOp,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_DEPTH = 5
# Of the builtins, what gives what it is given.
_HANDING_ON = frozenset("eval getattr max min next".split())
# Of asyncio, what gives an awaitable when it is called.
AWAITABLE = frozenset(
    "Future Task as_completed create_task ensure_future gather open_connection "
    "open_unix_connection run_in_executor shield sleep start_server "
    "start_unix_server wait wait_for wrap_future create_subprocess_exec "
    "create_subprocess_shell".split()
)


def coroutine_decorators(
    function: Function, index: Index
) -> tuple[tuple[int, ...], bool]:
    """Return which decorators make a coroutine function of it; whether asyncio's do."""
    found, asyncio = [], False
    for number, each in enumerate(function.node.decorator_list):
        values = index.value(each, function.module)
        if values and values <= ASYNCIO | TYPES:
            found.append(number)
            asyncio = asyncio or bool(values & ASYNCIO)
    return tuple(found), asyncio


def is_generator(function: Function) -> bool:
    """Whether a plain ``def`` is a generator."""
    kinds = function.module.kinds(function.node)
    return not function.is_async and bool(kinds & {ast.Yield, ast.YieldFrom})


@dataclass(frozen=True)
class Yielded:
    """What some code yields from."""

    message: str = ""
    """Why it may not be awaited; "" if it can be."""
    generators: frozenset[Function] = frozenset()
    """The plain generators that have to become coroutine functions for that."""


@dataclass(eq=False)
class Judge:
    """Says of expressions whether they can be awaited."""

    index: Index

    @cached_property
    def _has_iterables(self) -> bool:
        """Whether objects of the project can be yielded from, and not be awaited."""
        for path in self.index.words.files_with("__iter__"):
            module = self.index.module(path)
            for node in module.functions if module else ():
                if node.name == "__iter__" and module is not None:
                    owner = module.class_of(node)
                    names = module.scopes[owner].names if owner else {"__await__": []}
                    if ast.YieldFrom in module.kinds(node) and "__await__" not in names:
                        return True
        return False

    def is_lock(self, node: ast.expr, module: Module) -> bool:
        """Whether an expression can only be one of asyncio's locks."""
        values = self.index.value(node, module)
        return bool(values) and all(
            isinstance(each, Instance)
            and isinstance(each.of, External)
            and each.of.name.rpartition(".")[2] in _LOCKS
            and each.of.name.startswith("asyncio.")
            for each in values
        )

    def yielded(self, node: ast.expr, module: Module, depth: int = 0) -> Yielded:
        """Return what is known of an operand of ``yield from``."""
        if isinstance(node, _LITERALS):
            return Yielded("it yields from what is no awaitable")
        if isinstance(node, ast.IfExp):
            one = self.yielded(node.body, module, depth)
            other = self.yielded(node.orelse, module, depth)
            message = one.message or other.message
            return Yielded(message, one.generators | other.generators)
        if self.is_lock(node, module):
            return Yielded("it yields from a lock, which is entered elsewhere")
        if isinstance(node, ast.Call):
            return self._called(node, module, depth)
        if isinstance(node, ast.Name) and depth < _DEPTH:
            return self._named(node, module, depth)
        return self._object(node, module)

    def _named(self, node: ast.Name, module: Module, depth: int) -> Yielded:
        scope = module.at[node].find(node.id)
        found: set[Function] = set()
        for binding in scope.names[node.id] if scope else ():
            if binding.kind == "assign" and binding.value is not None:
                each = self.yielded(binding.value, module, depth + 1)
                if each.generators:
                    # It is made in one place and awaited in another.
                    return Yielded("it yields from a generator that is kept")
                if each.message:
                    return each
        return Yielded("", frozenset(found))

    def _object(self, node: ast.expr, module: Module) -> Yielded:
        for value in self.index.value(node, module):
            if isinstance(value, Instance) and not self._may_be_awaited(value):
                return Yielded("it yields from an object that is no awaitable")
        return Yielded()

    def _may_be_awaited(self, value: Instance) -> bool:
        if not isinstance(value.of, Class):
            return True
        for base in self.index.mro(value.of):
            if not isinstance(base, Class):
                return base != External("builtins.object")
            if "__await__" in base.module.scopes[base.node].names:
                return True
        return False

    def _called(self, node: ast.Call, module: Module, depth: int) -> Yielded:
        values = self.index.value(node.func, module)
        found: set[Function] = set()
        for value in values:
            if isinstance(value, External) and _is_iterator(value.name):
                return Yielded("it yields from what is no awaitable")
            if isinstance(value, Class) and not self._may_be_awaited(Instance(value)):
                return Yielded("it yields from an object that is no awaitable")
            if isinstance(value, Function):
                each = self.made(value, depth)
                if each.message:
                    return each
                found |= each.generators
        if isinstance(node.func, ast.Attribute):
            found |= self._overriding(node.func.attr, values)
        if not values and self._has_iterables:
            return Yielded("it may yield from an object that is no awaitable")
        return Yielded("", frozenset(found))

    def _overriding(self, name: str, values: Values) -> set[Function]:
        """Return the plain generators that a method may be, in some class."""
        if values and not all(
            isinstance(each, Function) and each.owner for each in values
        ):
            return set()
        return {
            each
            for each in self.generators_called(name)
            if each.owner and not coroutine_decorators(each, self.index)[0]
        }

    def generators_called(self, name: str) -> Iterator[Function]:
        """Yield the generators of the project that have a name."""
        for path in self.index.words.files_with(name):
            module = self.index.module(path)
            for node in module.functions if module else ():
                if node.name == name and module is not None:
                    function = Function(module, node)
                    if is_generator(function):
                        yield function

    def made(self, function: Function, depth: int = 0) -> Yielded:
        """Return what is known of the result of a call of a function."""
        if function.is_async or coroutine_decorators(function, self.index)[0]:
            return Yielded()
        if is_generator(function):
            return Yielded("", frozenset({function}))
        if depth >= _DEPTH:
            return Yielded()
        for each in function.module.returns.get(function.node, ()):
            if isinstance(each.value, ast.Call):
                inner = self._called(each.value, function.module, depth + 1)
                if inner.message or inner.generators:
                    message = f"what {function.node.name} returns may be a generator"
                    return Yielded(message)
        return Yielded()

    def returned(self, node: ast.expr | None, module: Module) -> bool | None:
        """Whether what is returned is awaited by ``asyncio.coroutine``.

        Returns:
            None where that is not known.

        """
        if node is None or isinstance(node, _LITERALS):
            return False
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            parts = node.values if isinstance(node, ast.BoolOp) else []
            parts = parts or [node.body, node.orelse]  # type: ignore[union-attr]
            found = {self.returned(each, module) for each in parts}
            return False if found == {False} else None
        values = self.index.value(node, module)
        if isinstance(node, ast.Call):
            called = self.index.value(node.func, module)
            kinds = {self._gives(each) for each in called} or {None}
            if kinds != {None}:
                return kinds.pop() if len(kinds) == 1 else None
        if values and all(map(self._is_plain, values)):
            return False
        return self._bound(node, module)

    def _bound(self, node: ast.expr, module: Module) -> bool | None:
        """Whether a local name is that of what is never awaited."""
        scope = module.at[node].find(node.id) if isinstance(node, ast.Name) else None
        if scope is None or not isinstance(node, ast.Name):
            return None
        for binding in scope.names[node.id]:
            if binding.kind in ("def", "class"):
                continue
            if binding.kind != "assign" or binding.value is None:
                return None
            if isinstance(binding.value, ast.Name):
                return None
            if self.returned(binding.value, module) is not False:
                return None
        return False

    def _gives(self, value: Value) -> bool | None:
        """Whether calling something gives an awaitable."""
        match value:
            case Function():
                if value.is_async or coroutine_decorators(value, self.index)[0]:
                    return True
                returns = value.module.returns.get(value.node, ())
                if is_generator(value) or value.node.decorator_list:
                    return None
                kinds = {self.returned(e.value, value.module) for e in returns}
                return False if kinds <= {False} else None
            case External(name) if name.startswith("asyncio."):
                return name.rpartition(".")[2] in AWAITABLE or None
            case External(name) if name.startswith("builtins."):
                return None if name.rpartition(".")[2] in _HANDING_ON else False
            case Class():
                return None if self._may_be_awaited(Instance(value)) else False
            case External(name) if name.rpartition(".")[2][:1].isupper():
                return None if _is_future(name) else False
        return None

    def _is_plain(self, value: Value) -> bool:
        """Whether an object is certainly no awaitable."""
        match value:
            case Instance(External(name)):
                return not _is_future(name)
            case Instance(Class()):
                return not self._may_be_awaited(value)
            case External(name):
                return name.startswith("builtins.")
        return False


def _is_future(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.endswith(("Future", "Task", "Mock", "Promise", "Deferred"))


def _is_iterator(name: str) -> bool:
    home, _, last = name.rpartition(".")
    return home in ("builtins", "itertools") or (home == "os" and last == "walk")


def own_yields(function: Function) -> list[ast.Yield | ast.YieldFrom]:
    """Return what a function yields in its own frame, in order."""
    found = [
        each
        for each in own_nodes(function.node)
        if isinstance(each, (ast.Yield, ast.YieldFrom))
    ]
    return sorted(found, key=lambda each: (each.lineno, each.col_offset))


def frame_of(node: ast.AST, module: Module) -> Function | None:
    """Return the function in whose frame an expression stands."""
    for outer in module.enclosing(node):
        if isinstance(outer, ast.Lambda):
            return None
        if isinstance(outer, FUNCTIONS):
            return Function(module, outer)
    return None
