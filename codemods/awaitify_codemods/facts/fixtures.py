"""pytest's fixtures: which functions are fixtures, and which ones a test gets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope, own_nodes
from awaitify_codemods.facts.values import (
    NOTHING,
    Class,
    External,
    Function,
    Value,
    Values,
)

_FIXTURES = frozenset(
    {
        "pytest.fixture",
        "pytest.yield_fixture",
        "pytest_asyncio.fixture",
        "_pytest.fixtures.fixture",
    }
)
_DEPTH = 4
_USED = frozenset({"pytest.mark.usefixtures", "pytest.mark.usefixtures()"})


def fixture_decorator(function: Function, index: Index) -> ast.expr | None:
    """Return the decorator that makes a function a fixture."""
    for decorator in function.node.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        for value in index.value(node, function.module):
            if isinstance(value, External) and value.name in _FIXTURES:
                return decorator
    return None


def keyword(decorator: ast.expr, name: str) -> ast.expr | None:
    """Return a keyword argument of a decorator."""
    if isinstance(decorator, ast.Call):
        for each in decorator.keywords:
            if each.arg == name:
                return each.value
    return None


@dataclass(eq=False)
class Fixtures:
    """Finds the fixtures of tests; remembers those of each folder."""

    index: Index
    _classes: dict[ast.ClassDef, dict[str, Function]] = field(default_factory=dict)
    _visible: dict[str, list[dict[str, Function]]] = field(default_factory=dict)

    def of(self, test: Function) -> list[Function]:
        """Return every fixture a test uses, transitively, as far as it is found."""
        return list(dict.fromkeys(each for _, each in self._used(test) if each))

    def missing(self, test: Function) -> set[str]:
        """Return the fixtures a test uses, transitively, that others define."""
        return {name for name, each in self._used(test) if each is None}

    def _used(self, test: Function) -> Iterator[tuple[str, Function | None]]:
        layers = self._layers(test)
        names = [*self._requested(test), *_autouse(_merged(layers), self.index)]
        pending = [(name, len(layers)) for name in names]
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
            for each in _parameters(fixture):
                # One that asks for its own name means what it overrides.
                pending.append((each, number if each == name else len(layers)))

    def _layers(self, test: Function) -> list[dict[str, Function]]:
        """Return the fixtures that a test sees, from the widest scope to its class."""
        return [*self._of_module(test.module), self._of_class(test)]

    def unknown(self, test: Function) -> set[str]:
        """Return the parameters of a test that name no fixture of the project."""
        return set(_parameters(test)) - _merged(self._layers(test)).keys()

    def named(self, name: str, module: Module) -> Function | None:
        """Return the fixture a name means in a module."""
        return _merged(self._of_module(module)).get(name)

    def value(self, function: Function, name: str) -> Values:
        """Return what pytest gives to a parameter, if a fixture of the project does."""
        if name not in _parameters(function) or _is_parametrized(function, name):
            return NOTHING
        is_test = function.node.name.startswith("test")
        if not is_test and not fixture_decorator(function, self.index):
            return NOTHING
        fixture = _merged(self._layers(function)).get(name)
        if fixture is None or fixture == function:
            return NOTHING
        found: set[Value] = set()
        for node in own_nodes(fixture.node):
            if isinstance(node, (ast.Return, ast.Yield)) and node.value:
                values = self.index.value(node.value, fixture.module)
                if not values:
                    return NOTHING
                found |= values
        return frozenset(found)

    def _requested(self, test: Function) -> Iterator[str]:
        yield from _parameters(test)
        for mark in marks_of(test):
            if isinstance(mark, ast.Call):
                values = self.index.value(mark, test.module)
                if any(isinstance(v, External) and v.name in _USED for v in values):
                    yield from _texts(mark.args)

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
                            found[_fixture_name(function, self.index)] = function
        return found

    def _of_module(self, module: Module) -> list[dict[str, Function]]:
        if module.path not in self._visible:
            found: list[dict[str, Function]] = []
            for path in _conftests(module.path):
                if path in self.index.files and path != module.path:
                    conftest = self.index.module(path)
                    if conftest:
                        found += [self._of_plugins(conftest), self._defined(conftest)]
            found += [self._of_plugins(module), self._defined(module)]
            self._visible[module.path] = found
        return self._visible[module.path]

    def _of_plugins(self, module: Module, depth: int = 0) -> dict[str, Function]:
        """Return the fixtures of the modules that ``pytest_plugins`` names."""
        found: dict[str, Function] = {}
        for binding in module.scope.names.get("pytest_plugins", ()):
            for node in ast.walk(binding.value) if binding.value else ():
                if not isinstance(node, ast.Constant) or depth > _DEPTH:
                    continue
                path = self.index.locate(str(node.value), module.path)
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
            for value in self.index.bound(module.scope, name, module):
                if isinstance(value, Function) and fixture_decorator(value, self.index):
                    found[_fixture_name(value, self.index)] = value
        return found

    def _made(self, node: ast.expr | None, module: Module) -> Function | None:
        """``thing = pytest.fixture(make)``: return what pytest calls for it."""
        if not isinstance(node, ast.Call) or len(node.args) != 1:
            return None
        maker = node.func.func if isinstance(node.func, ast.Call) else node.func
        if not any(
            isinstance(value, External) and value.name in _FIXTURES
            for value in self.index.value(maker, module)
        ):
            return None
        for value in self.index.value(node.args[0], module):
            if isinstance(value, Function):
                return value
        return None


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


def _fixture_name(function: Function, index: Index) -> str:
    decorator = fixture_decorator(function, index)
    name = keyword(decorator, "name") if decorator else None
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return name.value
    return function.node.name


def _parameters(function: Function) -> list[str]:
    """Return the parameters that are fixtures to pytest: those without default."""
    arguments = function.node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    plain = plain[: len(plain) - len(arguments.defaults)]
    named = [
        argument
        for argument, default in zip(
            arguments.kwonlyargs, arguments.kw_defaults, strict=True
        )
        if default is None
    ]
    return [each.arg for each in (*plain, *named)]


def _is_parametrized(function: Function, name: str) -> bool:
    """Whether a decorator names a parameter, as ``parametrize`` does."""
    return any(
        isinstance(node, ast.Constant)
        and name in str(node.value).replace(",", " ").split()
        for decorator in function.node.decorator_list
        for node in ast.walk(decorator)
    )


def _autouse(visible: dict[str, Function], index: Index) -> Iterator[str]:
    for name, function in visible.items():
        decorator = fixture_decorator(function, index)
        if decorator is not None and keyword(decorator, "autouse") is not None:
            yield name


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _conftests(path: str) -> list[str]:
    folders = path.split("/")[:-1]
    return [
        "/".join([*folders[:depth], "conftest.py"]) for depth in range(len(folders) + 1)
    ]
