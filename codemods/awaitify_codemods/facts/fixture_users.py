"""Who uses a fixture: the tests that get it, however they ask for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    fixture_name,
    is_autouse,
)
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Function


@dataclass(eq=False)
class FixtureUsers:
    """Searches the test code for users of fixtures; remembers them."""

    index: Index
    fixtures: Fixtures
    test_code: frozenset[str]
    _tests: dict[Function, list[Function]] = field(default_factory=dict)
    _asking: dict[Function, list[Function]] = field(default_factory=dict)
    _used: dict[Function, dict[Function, None]] = field(default_factory=dict)
    _alike: dict[Function, list[Function]] = field(default_factory=dict)

    def tests(self, fixture: Function) -> list[Function]:
        """Return the tests that use a fixture, themselves or through others."""
        if fixture not in self._tests:
            self._tests[fixture] = [
                test
                for module in self._modules(fixture)
                for test in _tests_in(module)
                if fixture in self.used(test)
            ]
        return self._tests[fixture]

    def used(self, function: Function) -> Collection[Function]:
        """Return all fixtures that a test or fixture uses, always in one order."""
        if function not in self._used:
            self._used[function] = dict.fromkeys(self.fixtures.of(function))
        return self._used[function]

    def asking(self, fixture: Function) -> list[Function]:
        """Return the tests and fixtures that ask for a fixture by its name."""
        if fixture not in self._asking:
            self._asking[fixture] = list(self._ask(fixture))
        return self._asking[fixture]

    def _ask(self, fixture: Function) -> Iterator[Function]:
        for module in self._mentioning(fixture_name(fixture, self.index)):
            for node in module.functions:
                function = Function(module, node)
                if self._is_served(function):
                    if fixture in self.fixtures.asked(function).values():
                        yield function

    def through(self, fixture: Function) -> list[Function]:
        """Return the fixtures that ask for a fixture, themselves or through others."""
        found: dict[Function, None] = {}
        pending = [fixture]
        while pending:
            for each in self.asking(pending.pop()):
                if each not in found and fixture_decorator(each, self.index):
                    found[each] = None
                    pending.append(each)
        return list(found)

    def overriding(self, fixture: Function) -> list[Function]:
        """Return the fixtures that override one for some tests, or that it does."""
        here = region(fixture)
        return [
            each
            for each in self.alike(fixture)
            if region(each).startswith(here) or here.startswith(region(each))
        ]

    def alike(self, fixture: Function) -> list[Function]:
        """Return the other fixtures of the same name: those that may override it."""
        if fixture not in self._alike:
            name = fixture_name(fixture, self.index)
            self._alike[fixture] = [
                function
                for module in self._mentioning(name)
                for function in self._fixtures_in(module)
                if fixture_name(function, self.index) == name and function != fixture
            ]
        return self._alike[fixture]

    def _modules(self, fixture: Function) -> list[Module]:
        """Return the files whose tests may use a fixture."""
        pending, seen = [fixture], {fixture}
        found: dict[Module, None] = {}
        while pending:
            each = pending.pop()
            name = fixture_name(each, self.index)
            everywhere = is_autouse(each, self.index)
            for module in self._all() if everywhere else self._mentioning(name):
                found[module] = None
                for other in self._fixtures_in(module):
                    if other not in seen and name in self.fixtures.requested(other):
                        seen.add(other)
                        pending.append(other)
        return list(found)

    def _mentioning(self, name: str) -> Iterator[Module]:
        for path in self.index.words.files_with(name):
            module = self.index.module(path) if path in self.test_code else None
            if module:
                yield module

    def _all(self) -> Iterator[Module]:
        for path in sorted(self.test_code):
            module = self.index.module(path)
            if module:
                yield module

    def _fixtures_in(self, module: Module) -> Iterator[Function]:
        for node in module.functions:
            function = Function(module, node)
            if function.node.decorator_list and fixture_decorator(function, self.index):
                yield function

    def _is_served(self, function: Function) -> bool:
        """Whether pytest gives a function what it asks for."""
        return _is_test(function) or bool(fixture_decorator(function, self.index))


def region(fixture: Function) -> str:
    """Return the folder, file or class whose tests see a fixture."""
    path = fixture.module.path
    folder, _, name = path.rpartition("/")
    if name == "conftest.py":
        return f"{folder}/" if folder else ""
    if not name.startswith("test_") and not name.endswith("_test.py"):
        return ""  # a plugin, or imported from
    owner = fixture.owner
    return f"{path}::{fixture.module.qualified(owner)}::" if owner else path


def _tests_in(module: Module) -> Iterator[Function]:
    for node in module.functions:
        function = Function(module, node)
        if _is_test(function):
            yield function


def _is_test(function: Function) -> bool:
    scope = function.module.at[function.node]
    return function.node.name.startswith("test") and scope.kind in ("module", "class")
