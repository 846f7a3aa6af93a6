"""pytest's fixtures: which functions are fixtures, and which ones a test gets."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.fixture_decorators import (
    FIXTURES,
    fixture_decorator,
    fixture_name,
    is_autouse,
    requested_parameters,
)
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope, own_nodes, spelled
from awaitify_codemods.facts.values import (
    NOTHING,
    Class,
    External,
    Function,
    Value,
    Values,
)

_DEPTH = 4
_USED = frozenset({"pytest.mark.usefixtures", "pytest.mark.usefixtures()"})


Names = Callable[[Function], Container[str]]
"""The names for which a function does not ask any more."""


def _none(function: Function) -> Container[str]:
    return ()


@dataclass(eq=False)
class Fixtures:
    """Finds the fixtures of tests; remembers those of each folder."""

    index: Index
    event_loop: Function | None = None
    """The fixture that pytest-asyncio had, where nothing overrides it."""
    _classes: dict[ast.ClassDef, dict[str, Function]] = field(default_factory=dict)
    _visible: dict[str, list[dict[str, Function]]] = field(default_factory=dict)
    _automatic: dict[object, list[str]] = field(default_factory=dict)
    _asked: dict[Function, list[str]] = field(default_factory=dict)

    def of(self, test: Function, without: Names = _none) -> list[Function]:
        """Return every fixture a test uses, transitively, as far as it is found.

        Args:
            test: a test or a fixture.
            without: the names for which a function is not to be followed.

        """
        return list(
            dict.fromkeys(each for _, each in self._used(test, without) if each)
        )

    def missing(self, test: Function) -> set[str]:
        """Return the fixtures a test uses, transitively, that others define."""
        return {name for name, each in self._used(test, _none) if each is None}

    def _used(
        self, test: Function, without: Names
    ) -> Iterator[tuple[str, Function | None]]:
        layers = self._layers(test)
        own = self._own_layer(test, layers)
        pending: list[tuple[str, int]] = []
        if not fixture_decorator(test, self.index):
            # A fixture may live before, and beyond, those that its tests just get.
            pending += [
                (name, len(layers)) for name in self._automatically(test, layers)
            ]
        for name in self.requested(test):
            if name not in without(test):
                pending.append((name, own if self._is_own(name, test) else len(layers)))
        seen: set[tuple[str, int]] = set()
        while pending:
            name, below = pending.pop()
            if (name, below) in seen:
                continue
            seen.add((name, below))
            number = next((n for n in range(below)[::-1] if name in layers[n]), -1)
            if number < 0:
                yield name, None
                continue
            fixture = layers[number][name]
            yield name, fixture
            for each in self.requested(fixture):
                if each not in without(fixture):
                    # One that asks for its own name means what it overrides.
                    pending.append((each, number if each == name else len(layers)))

    def _own_layer(self, function: Function, layers: list[dict[str, Function]]) -> int:
        """Return how many layers lie below the one that defines a fixture."""
        for number, layer in enumerate(layers):
            if function in layer.values():
                return number
        return len(layers)

    def _is_own(self, name: str, function: Function) -> bool:
        decorated = fixture_decorator(function, self.index)
        return decorated is not None and name == fixture_name(function, self.index)

    def asked(self, function: Function) -> dict[str, Function]:
        """Return the fixtures that a test or fixture asks for itself, by name."""
        layers = self._layers(function)
        own = self._own_layer(function, layers)
        found: dict[str, Function] = {}
        for name in self.requested(function):
            below = own if self._is_own(name, function) else len(layers)
            for layer in layers[:below]:
                if name in layer:
                    found[name] = layer[name]
        return found

    def _automatically(
        self, test: Function, layers: list[dict[str, Function]]
    ) -> list[str]:
        """Return the names of the fixtures that a test gets without asking."""
        key = (test.module.path, test.owner)
        if key not in self._automatic:
            self._automatic[key] = [
                name
                for name, function in _merged(layers).items()
                if is_autouse(function, self.index)
            ]
        return self._automatic[key]

    def automatic(self, function: Function) -> list[Function]:
        """Return the fixtures that what stands beside a function gets without asking.

        A set-up and a fixture of a function's scope run after those of that scope.
        """
        merged = _merged(self._layers(function))
        names = self._automatically(function, self._layers(function))
        return [merged[name] for name in names]

    def _layers(self, test: Function) -> list[dict[str, Function]]:
        """Return the fixtures that a test sees, from the widest scope to its class."""
        return [*self._of_module(test.module), self._of_class(test)]

    def visible(self, name: str, function: Function) -> Function | None:
        """Return the fixture that a name means to a test or fixture."""
        return _merged(self._layers(function)).get(name)

    def unknown(self, test: Function) -> set[str]:
        """Return the parameters of a test that name no fixture of the project."""
        return set(requested_parameters(test)) - _merged(self._layers(test)).keys()

    def named(self, name: str, module: Module) -> Function | None:
        """Return the fixture a name means in a module."""
        return _merged(self._of_module(module)).get(name)

    def value(self, function: Function, name: str) -> Values:
        """Return what pytest gives to a parameter, if a fixture of the project does."""
        if name not in requested_parameters(function) or is_parametrized(
            function, name
        ):
            return NOTHING
        is_test = function.node.name.startswith("test")
        if not is_test and not fixture_decorator(function, self.index):
            return NOTHING
        fixture = self.asked(function).get(name)
        if fixture is None:
            return NOTHING
        return self.given_by(fixture)

    def given_by(self, fixture: Function) -> Values:
        """Return what a fixture gives; nothing if a part of that is not known."""
        found: set[Value] = set()
        for node in own_nodes(fixture.node):
            if isinstance(node, (ast.Return, ast.Yield)) and node.value:
                values = self.index.value(node.value, fixture.module)
                if not values:
                    return NOTHING
                found |= values
        return frozenset(found)

    def requested(self, function: Function) -> list[str]:
        """Return the names of fixtures that a test or fixture asks for itself."""
        if function not in self._asked:
            self._asked[function] = list(dict.fromkeys(self._ask(function)))
        return self._asked[function]

    def _ask(self, function: Function) -> Iterator[str]:
        yield from requested_parameters(function)
        yield from (name for _, name in gotten(function) if name)
        if fixture_decorator(function, self.index):
            return
        for mark in marks_of(function):
            yield from self.marked(mark, function.module)

    def marked(self, mark: ast.expr, module: Module) -> list[str]:
        """Return the fixtures that a mark asks for."""
        if not isinstance(mark, ast.Call):
            return []
        values = self.index.value(mark, module)
        if any(isinstance(v, External) and v.name in _USED for v in values):
            return list(_texts(mark.args))
        return []

    def _of_class(self, test: Function) -> dict[str, Function]:
        if test.owner is None:
            return {}
        if test.owner not in self._classes:
            owner = Class(test.module, test.owner)
            self._classes[test.owner] = self._of_bases(owner)
        return self._classes[test.owner]

    def _of_bases(self, owner: Class) -> dict[str, Function]:
        found: dict[str, Function] = {}
        for base in reversed(self.index.mro(owner)):
            if isinstance(base, Class):
                for statement in base.node.body:
                    if isinstance(statement, FUNCTIONS):
                        function = Function(base.module, statement)
                        if fixture_decorator(function, self.index):
                            found[fixture_name(function, self.index)] = function
        return found

    def _of_module(self, module: Module) -> list[dict[str, Function]]:
        if module.path not in self._visible:
            found: list[dict[str, Function]] = [self._built_in(module)]
            for path in conftests(module.path):
                if path in self.index.files and path != module.path:
                    conftest = self.index.module(path)
                    if conftest:
                        found += [self._of_plugins(conftest), self._defined(conftest)]
            found += [self._of_plugins(module), self._defined(module)]
            self._visible[module.path] = found
        return self._visible[module.path]

    def _built_in(self, module: Module) -> dict[str, Function]:
        """Return what pytest-asyncio had, unless a plugin may have it otherwise."""
        if not self.index.words.have(b"event_loop") or self.event_loop is None:
            return {}
        for path in (*conftests(module.path), module.path):
            conftest = self.index.module(path) if path in self.index.files else None
            for name in _plugins(conftest) if conftest else ():
                assert conftest is not None
                if not name.startswith("pytest_asyncio"):
                    if self.index.locate(name, conftest.path) is None:
                        source = self.index.foreign.source(name)
                        if source is None or b"event_loop" in source:
                            return {}
        return {self.event_loop.node.name: self.event_loop}

    def _of_plugins(self, module: Module, depth: int = 0) -> dict[str, Function]:
        """Return the fixtures of the modules that ``pytest_plugins`` names."""
        found: dict[str, Function] = {}
        for name in _plugins(module) if depth <= _DEPTH else ():
            path = self.index.locate(name, module.path)
            plugin = self.index.module(path) if path else None
            if plugin:
                found |= self._of_plugins(plugin, depth + 1)
                found |= self._defined(plugin)
        return found

    def _defined(self, module: Module, depth: int = 0) -> dict[str, Function]:
        found: dict[str, Function] = {}
        for statement in module.stars if depth <= _DEPTH else ():
            path = self.index.source_of(statement, module)
            source = self.index.module(path) if path else None
            if source:
                found |= self._defined(source, depth + 1)
        for name, bindings in module.scope.names.items():
            if bindings[0].kind == "import" and bindings[0].target[0] == 0:
                if self.index.locate(bindings[0].target[1], module.path) is None:
                    continue
            for binding in bindings:
                made = self._made(binding.value, module)
                if made:
                    found[name] = made
            if all(each.kind not in ("def", "import") for each in bindings):
                continue
            bound = self.index.bound(module.scope, name, module)
            functions = [each for each in bound if isinstance(each, Function)]
            # Python keeps the last of a name.
            for each in sorted(functions, key=lambda each: each.node.lineno):
                if fixture_decorator(each, self.index):
                    found[fixture_name(each, self.index)] = each
        return found

    def _made(self, node: ast.expr | None, module: Module) -> Function | None:
        """``thing = pytest.fixture(make)``: return what pytest calls for it."""
        if not isinstance(node, ast.Call) or len(node.args) != 1:
            return None
        maker = node.func.func if isinstance(node.func, ast.Call) else node.func
        if not any(
            isinstance(value, External) and value.name in FIXTURES
            for value in self.index.value(maker, module)
        ):
            return None
        for value in self.index.value(node.args[0], module):
            if isinstance(value, Function):
                return value
        return None


def gotten(function: Function) -> Iterator[tuple[ast.Call, str]]:
    """Yield ``request.getfixturevalue("name")`` in a frame; "" for another name."""
    for call in function.scope.calls:
        if getattr(call.func, "attr", "") in _GETTING:
            match call.args:
                case [ast.Constant(value=str(name))] if not call.keywords:
                    yield call, name
                case _:
                    yield call, ""


_GETTING = frozenset({"getfixturevalue", "getfuncargvalue"})


def _merged(layers: list[dict[str, Function]]) -> dict[str, Function]:
    """Return the fixtures that are not overridden."""
    found: dict[str, Function] = {}
    for layer in layers:
        found |= layer
    return found


def marks_of(test: Function) -> Iterator[ast.expr]:
    """Yield the decorators and marks of a test, of its class and of its module."""
    yield from test.node.decorator_list
    yield from assigned_marks(test.module.scope)
    if test.owner:
        yield from test.owner.decorator_list
        yield from assigned_marks(test.module.scopes[test.owner])


def assigned_marks(scope: Scope) -> Iterator[ast.expr]:
    """Yield the marks in the ``pytestmark`` of a module or class."""
    for binding in scope.names.get("pytestmark", ()):
        if isinstance(binding.value, (ast.List, ast.Tuple)):
            yield from binding.value.elts
        elif binding.value is not None:
            yield binding.value


def is_parametrized(function: Function, name: str) -> bool:
    """Whether a decorator names a parameter, as ``parametrize`` does."""
    others = ("usefixtures", "fixture")
    return any(
        isinstance(node, ast.Constant)
        and name in str(node.value).replace(",", " ").split()
        for decorator in function.node.decorator_list
        if not spelled(getattr(decorator, "func", decorator)).endswith(others)
        for node in ast.walk(decorator)
    )


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _plugins(module: Module) -> Iterator[str]:
    for binding in module.scope.names.get("pytest_plugins", ()):
        for node in ast.walk(binding.value) if binding.value else ():
            if isinstance(node, ast.Constant):
                yield str(node.value)


def conftests(path: str) -> list[str]:
    """Return where the conftest files are that pytest reads for a file, if at all."""
    folders = path.split("/")[:-1]
    return [
        "/".join([*folders[:depth], "conftest.py"]) for depth in range(len(folders) + 1)
    ]
