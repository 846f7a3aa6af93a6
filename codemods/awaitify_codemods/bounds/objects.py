"""Which queue, event, task or connection an expression is, as far as it is certain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.bounds import primitives
from awaitify_codemods.bounds.awaits import Awaits
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module, own_nodes
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Loop,
    Member,
    Value,
)
from awaitify_codemods.work import Work

_DEPTH = 5
_HANDING_ON = frozenset(
    External(f"asyncio.{name}")
    for name in ("wait_for", "shield", "create_task", "ensure_future")
)


@dataclass(frozen=True)
class Object:
    """Something whose methods may block."""

    kind: str
    """Its class, by a name of `primitives.METHODS` or `primitives.FUTURES`."""
    made: ast.Call | None = None
    """The call that makes it, or a task's first."""
    module: Module | None = None
    """Where that stands."""


@dataclass(eq=False)
class Objects:
    """Answers for expressions; remembers them."""

    work: Work
    awaits: Awaits
    _known: dict[ast.AST, tuple[Object, ...]] = field(default_factory=dict)
    _owned: dict[ast.AST, tuple[Class, ...]] = field(default_factory=dict)

    @property
    def index(self) -> Index:
        """The project's files."""
        return self.work.index

    def of(self, node: ast.expr, module: Module, depth: int = 0) -> tuple[Object, ...]:
        """Return what an expression may be; nothing if that is not known."""
        if depth > _DEPTH:
            return ()
        if node not in self._known:
            self._known[node] = ()  # what a cycle finds
            found = [*self._by_value(node, module), *self._made(node, module, depth)]
            if not found:
                found = list(self._by_origin(node, module, depth + 1))
            self._known[node] = tuple(dict.fromkeys(found))
        return self._known[node]

    def _by_value(self, node: ast.expr, module: Module) -> Iterator[Object]:
        for value in self.index.value(node, module):
            for name in self._names(value):
                if found := known(name):
                    yield Object(found)

    def _names(self, value: Value) -> Iterator[str]:
        match value:
            case Instance(External(name)):
                yield name
            case Instance(Class() as owner):
                for base in self.index.mro(owner):
                    if isinstance(base, External):
                        yield base.name

    def _made(self, node: ast.expr, module: Module, depth: int) -> Iterator[Object]:
        """Yield what a call gives that makes a task, a future, or a connection."""
        if (func := self._awaited(node, module)) is not None:
            yield from self._gives(func, module, depth)
            return
        if not isinstance(node, ast.Call):
            return
        for value in self.index.value(node.func, module):
            match value:
                case External(name):
                    name = primitives.plain(name)
                    if name in primitives.GIVING_FUTURES:
                        yield Object("asyncio.Task", node, module)
                    elif name == "asyncio.Future":
                        yield Object("asyncio.Future")
                case Member(Loop(), name) if name in primitives.LOOP_FUTURES:
                    kind = "asyncio.Task" if name == "create_task" else "asyncio.Future"
                    yield Object(kind, node, module)
                case Function() if not self.awaits.is_async(value):
                    yield from self._returned(value, depth + 1)

    def _returned(self, function: Function, depth: int) -> Iterator[Object]:
        """Yield what a sync function of the project returns."""
        for each in function.module.returns.get(function.node, ()):
            if each.value is not None:
                yield from self.of(each.value, function.module, depth)

    def _awaited(self, node: ast.expr, module: Module) -> ast.expr | None:
        """Return what is called and awaited, be it by an await or by a drive."""
        written = self.awaits.written.get(node)
        value = node.value if isinstance(node, ast.Await) else None
        if written is not None:
            if written.callee is not None:
                return written.callee
            value = written.value
        while isinstance(value, ast.Call):
            called = self.index.value(value.func, module)
            if not value.args or not called or not called <= _HANDING_ON:
                return value.func
            value = value.args[0]
        return None

    def _gives(self, func: ast.expr, module: Module, depth: int) -> Iterator[Object]:
        """Yield what awaiting a call gives."""
        names = self._results(func, module)
        if len(names) == 1:
            yield Object(names[0])
        for value in self.index.value(func, module):
            if isinstance(value, Function) and self.awaits.is_async(value):
                yield from self._returned(value, depth + 1)

    def _results(self, func: ast.expr, module: Module) -> tuple[str, ...]:
        for value in self.index.value(func, module):
            if isinstance(value, External):
                name = primitives.plain(value.name)
                if name.startswith("websockets.") and name.endswith(".connect"):
                    name = "websockets.connect"
                return primitives.RESULTS.get(name, ())
        return ()

    def _by_origin(
        self, node: ast.expr, module: Module, depth: int
    ) -> Iterator[Object]:
        """Yield what a name was bound to, or an attribute of ``self`` was given."""
        if isinstance(node, ast.Name):
            scope = module.at[node].find(node.id)
            bindings = scope.names.get(node.id, []) if scope else []
            for binding in bindings:
                yield from self._bound(binding, node.id, module, depth)
        elif isinstance(node, ast.Attribute):
            for owner in self.of(node.value, module, depth):
                if owner.kind == primitives.PROCESS:
                    if node.attr in primitives.OF_PROCESSES:
                        yield Object(primitives.READER)
            yield from self._stored(node, module, depth)

    def _bound(
        self, binding: Binding, name: str, module: Module, depth: int
    ) -> Iterator[Object]:
        match binding.kind:
            case "assign" | "with" if binding.value is not None:
                if binding.kind == "with":
                    yield from self._entered(binding.value, module)
                yield from self.of(binding.value, module, depth)
            case "other":
                if part := _part(binding, name, module):
                    yield from self.of(part, module, depth)
                yield from self._unpacked(binding.node, name, module)
            case "param":
                yield from self._given(binding, module, depth)

    def _entered(self, node: ast.expr, module: Module) -> Iterator[Object]:
        """``async with websockets.connect(url) as socket``."""
        if isinstance(node, ast.Call):
            names = self._results(node.func, module)
            if len(names) == 1:
                yield Object(names[0])

    def _unpacked(self, node: ast.AST, name: str, module: Module) -> Iterator[Object]:
        """``reader, writer = await asyncio.open_connection()``."""
        statement = module.parents.get(node)
        if not isinstance(node, ast.Tuple) or not isinstance(statement, ast.Assign):
            return
        func = self._awaited(statement.value, module)
        names = self._results(func, module) if func is not None else ()
        for target, kind in zip(node.elts, names, strict=False):
            if getattr(target, "id", getattr(target, "attr", "")) == name:
                yield Object(kind)

    def _given(self, binding: Binding, module: Module, depth: int) -> Iterator[Object]:
        """Yield what a parameter is by its annotation, or by the fixture that it is."""
        assert isinstance(binding.node, ast.arg)
        if binding.node.annotation is not None:
            for value in self.index.value(binding.node.annotation, module):
                if isinstance(value, External) and (found := known(value.name)):
                    yield Object(found)
        if fixture := self._fixture(binding, module):
            for given in _results_of(fixture):
                yield from self.of(given, fixture.module, depth)

    def _stored(
        self, node: ast.Attribute, module: Module, depth: int
    ) -> Iterator[Object]:
        """Yield what methods of a class give an attribute of its objects."""
        for owner in self.owners(node.value, module):
            for base in self.index.mro(owner):
                if isinstance(base, Class):
                    for store in base.module.stores.get(node.attr, ()):
                        if base.node in base.module.enclosing(store):
                            yield from self._assigned(store, base.module, depth)

    def owners(
        self, node: ast.expr, module: Module, depth: int = 0
    ) -> tuple[Class, ...]:
        """Return the classes of the project of which something is an object."""
        if depth > _DEPTH:
            return ()
        if node not in self._owned:
            self._owned[node] = ()  # what a cycle finds
            found = list(self._instances(node, module))
            is_awaited = self._awaited(node, module) is not None
            if not found and (is_awaited or not self.index.value(node, module)):
                found = list(self._owned_by_origin(node, module, depth + 1))
            self._owned[node] = tuple(dict.fromkeys(found))
        return self._owned[node]

    def _instances(self, node: ast.expr, module: Module) -> Iterator[Class]:
        for value in self.index.value(node, module):
            if isinstance(value, Instance) and isinstance(value.of, Class):
                yield value.of

    def _owned_by_origin(
        self, node: ast.expr, module: Module, depth: int
    ) -> Iterator[Class]:
        """Yield the classes of what a name was bound to, or a function returns."""
        func = self._awaited(node, module)
        if isinstance(node, ast.Name):
            scope = module.at[node].find(node.id)
            for binding in scope.names.get(node.id, ()) if scope else ():
                yield from self._owned_by(binding, node.id, module, depth)
        elif isinstance(node, ast.Call) and func is None:
            func = node.func
        for value in self.index.value(func, module) if func is not None else ():
            if isinstance(value, Function):
                for given in _results_of(value):
                    yield from self.owners(given, value.module, depth)
            elif isinstance(value, Class):
                yield value

    def _owned_by(
        self, binding: Binding, name: str, module: Module, depth: int
    ) -> Iterator[Class]:
        if part := _part(binding, name, module):
            yield from self.owners(part, module, depth)
        elif binding.kind == "assign" and binding.value is not None:
            yield from self.owners(binding.value, module, depth)
        elif isinstance(binding.node, ast.arg):
            if binding.node.annotation is not None:
                for value in self.index.value(binding.node.annotation, module):
                    if isinstance(value, Class):
                        yield value
            if fixture := self._fixture(binding, module):
                for given in _results_of(fixture):
                    yield from self.owners(given, fixture.module, depth)

    def _fixture(self, binding: Binding, module: Module) -> Function | None:
        """Return the fixture that a parameter of a test is."""
        function = binding.scope.node
        if not isinstance(function, FUNCTIONS) or not isinstance(binding.node, ast.arg):
            return None
        asked = self.work.fixtures.asked(Function(module, function))
        found = asked.get(binding.node.arg)
        return found if found and fixture_decorator(found, self.index) else None

    def _assigned(
        self, store: ast.Attribute, module: Module, depth: int
    ) -> Iterator[Object]:
        parent = module.parents[store]
        if isinstance(parent, ast.Tuple):
            yield from self._unpacked(parent, store.attr, module)
        elif isinstance(parent, (ast.Assign, ast.AnnAssign)) and parent.value:
            yield from self.of(parent.value, module, depth)


def _results_of(function: Function) -> list[ast.expr]:
    """Return what a function returns, or a fixture yields."""
    return [
        node.value
        for node in own_nodes(function.node)
        if isinstance(node, (ast.Yield, ast.Return)) and node.value is not None
    ]


def _part(binding: Binding, name: str, module: Module) -> ast.expr | None:
    """Return what a name gets of ``one, other = Queue(), Event()``."""
    match binding.node, module.parents.get(binding.node):
        case ast.Tuple(elts=names), ast.Assign(value=ast.Tuple(elts=values)):
            for target, value in zip(names, values, strict=False):
                if isinstance(target, ast.Starred) or isinstance(value, ast.Starred):
                    return None
                if getattr(target, "id", "") == name:
                    return value
    return None


def known(name: str) -> str:
    """Return the class of `primitives` that a dotted name means; "" if it is none."""
    name = primitives.plain(name)
    if name.startswith(primitives.COMMUNICATORS):
        return primitives.COMMUNICATORS
    if name.startswith(primitives.SOCKETS):
        last = name.rpartition(".")[2].lower()
        if "websocket" in last or "protocol" in last or "connection" in last:
            return primitives.SOCKET
    return name if name in primitives.METHODS or name in primitives.FUTURES else ""
