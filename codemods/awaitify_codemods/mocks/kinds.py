"""What a real callable is, as `unittest.mock` sees it: read, never imported.

`patch` makes an AsyncMock where `iscoroutinefunction` says yes of what it replaces;
so does a spec of its members. A function that returns an awaitable without being a
coroutine function is ``sync`` here, for a mock of it is no AsyncMock.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache

from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, FunctionNode, Module
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    File,
    Function,
    Instance,
    Loop,
    Partial,
    Value,
)
from awaitify_codemods.mocks.lookup import OBJECT, UNKNOWN, Lookup, Thing, is_class

ASYNC = "async"
SYNC = "sync"
CLASS = "class"
GENERATOR = "generator"

_SAME = frozenset(
    "builtins.staticmethod builtins.classmethod abc.abstractmethod typing.final "
    "typing.override typing.no_type_check typing_extensions.final "
    "typing_extensions.override functools.wraps atexit.register "
    "abc.abstractclassmethod abc.abstractstaticmethod functools.partial".split()
)
_ATTRIBUTE = frozenset(
    "builtins.property functools.cached_property abc.abstractproperty "
    "types.DynamicClassAttribute enum.property".split()
)
_WRAPPER = frozenset(
    "contextlib.contextmanager functools.lru_cache functools.cache "
    "functools.singledispatch reprlib.recursive_repr".split()
)
_ACCESSORS = ("setter", "getter", "deleter")
# What makes an object whose class has it awaitable.
_AWAITABLE = "__await__"


def kind_of(value: Value | str, index: Index, importer: str = "") -> str:
    """Return what is behind a value, or a dotted name as `patch` reads it.

    Returns:
        async, sync, class, generator (an asynchronous one, too), object (a plain
        value, a property, a module), unknown.

    """
    kinds = _kinds(index)
    if isinstance(value, str):
        return kinds.joined(kinds.lookup.target(value, importer))
    return kinds.joined(kinds.lookup.settled(value))


def member_kind(owner: Value, name: str, index: Index) -> str:
    """Return the kind of ``owner.name``, as ``patch.object(owner, "name")`` sees it."""
    kinds = _kinds(index)
    owners = kinds.lookup.settled(owner)
    found = [each for one in owners for each in kinds.lookup.member(one, name)]
    return kinds.joined(frozenset(found))


def members(owner: Value, index: Index) -> dict[str, str]:
    """Return the kinds of all members of a class that its text tells of.

    What a base adds that cannot be read is missing.
    """
    kinds = _kinds(index)
    found: dict[str, str] = {}
    for each in kinds.lookup.settled(owner):
        if isinstance(each, Class):
            for name in kinds.names(each):
                found[name] = kinds.joined(kinds.lookup.member(each, name))
    return found


@lru_cache(maxsize=1)
def _kinds(index: Index) -> _Kinds:
    return _Kinds(index, Lookup(index))


@dataclass(eq=False)
class _Kinds:
    """The kinds of functions, decorated or not; remembered."""

    index: Index
    lookup: Lookup
    _functions: dict[ast.AST, str] = field(default_factory=dict)

    def joined(self, things: frozenset[Thing]) -> str:
        """Return the kind that all of some things have."""
        found = {self.of(each) for each in things}
        return found.pop() if len(found) == 1 else UNKNOWN

    def names(self, owner: Class) -> list[str]:
        """Return the names that a class or one of its bases defines."""
        scopes = [
            base.module.scopes[base.node]
            for base in self.lookup.order(owner)
            if isinstance(base, Class)
        ]
        return list(dict.fromkeys(name for scope in scopes for name in scope.names))

    def of(self, thing: Thing) -> str:
        """Return the kind of one thing."""
        match thing:
            case str():
                return thing
            case Function(module, node):
                return self.function(node, module)
            case Class():
                return CLASS
            case File():
                return OBJECT
            case Anonymous():
                return SYNC
            case Partial(module, node):
                return self.joined(self.lookup.expression(node.args[0], module))
            case Loop() | Instance():
                return self._object(thing)
            case External():
                return CLASS if is_class(thing) else SYNC
        return UNKNOWN

    def _object(self, thing: Loop | Instance) -> str:
        """Return ``object``, unless its class may make it awaitable."""
        if isinstance(thing, Loop):
            return OBJECT
        for each in self.lookup.settled(thing.of):
            if isinstance(each, Class):
                bases = self.lookup.order(each)
                if UNKNOWN not in bases and _AWAITABLE not in self.names(each):
                    return OBJECT
        return UNKNOWN

    def function(self, node: FunctionNode, module: Module) -> str:
        """Return the kind of a function with its decorators."""
        if node not in self._functions:
            self._functions[node] = UNKNOWN  # what a cycle finds
            kind = _bare(node, module)
            for decorator in reversed(node.decorator_list):
                kind = self._decorated(kind, decorator, module)
            self._functions[node] = kind
        return self._functions[node]

    def _decorated(self, kind: str, node: ast.expr, module: Module) -> str:
        callee = node.func if isinstance(node, ast.Call) else node
        if isinstance(callee, ast.Attribute) and callee.attr in _ACCESSORS:
            return OBJECT
        values = self.index.value(callee, module)
        if len(values) != 1:
            return UNKNOWN
        value = next(iter(values))
        name = _name(value)
        if name in _SAME:
            return kind
        if name in _ATTRIBUTE:
            return OBJECT
        if name in ("asyncio.coroutine", "asyncio.coroutines.coroutine"):
            return ASYNC
        if name == "contextlib.asynccontextmanager":
            return SYNC
        if name in _WRAPPER:
            return SYNC if kind in (SYNC, GENERATOR) else UNKNOWN
        settled = self.lookup.settled(value)
        decorator = next(iter(settled)) if len(settled) == 1 else None
        if not isinstance(decorator, Function) or decorator.node.decorator_list:
            return UNKNOWN
        return self._applied(decorator.node, decorator.module, kind, node)

    def _applied(
        self, decorator: FunctionNode, module: Module, kind: str, use: ast.expr | None
    ) -> str:
        """Return what a decorator that can be read makes of a function."""
        if isinstance(decorator, ast.AsyncFunctionDef):
            return UNKNOWN
        given = [each.arg for each in decorator.args.posonlyargs + decorator.args.args]
        found: set[str] = set()
        for each in module.returns.get(decorator, ()):
            inner = _returned(each, decorator, module)
            if isinstance(use, ast.Call):
                # It makes the decorator.
                made = inner and self._applied(inner, module, kind, None)
                found.add(made or UNKNOWN)
            elif isinstance(each.value, ast.Name) and each.value.id in given[:1]:
                found.add(kind)
            else:
                found.add(self._wrapped(inner, module, kind) if inner else UNKNOWN)
        return found.pop() if len(found) == 1 else UNKNOWN

    def _wrapped(self, inner: FunctionNode, module: Module, kind: str) -> str:
        made = self.function(inner, module)
        # A spec looks through `wraps`, `patch` does not.
        return made if kind == made or not inner.decorator_list else UNKNOWN


def _bare(node: FunctionNode, module: Module) -> str:
    if module.kinds(node) & {ast.Yield, ast.YieldFrom}:
        return GENERATOR
    return ASYNC if isinstance(node, ast.AsyncFunctionDef) else SYNC


def _returned(
    statement: ast.Return, outer: FunctionNode, module: Module
) -> FunctionNode | None:
    """Return the function that a return gives, if it is defined in that frame."""
    if not isinstance(statement.value, ast.Name):
        return None
    bindings = module.scopes[outer].names.get(statement.value.id, ())
    if len(bindings) == 1 and isinstance(bindings[0].node, FUNCTIONS):
        return bindings[0].node
    return None


def _name(value: Value) -> str:
    match value:
        case External(name):
            return name
        case Function(module, node) | Class(module, node):
            return f"{foreign_name(module)}.{node.name}"
    return ""
