"""``setup_method`` and ``teardown_method`` of classes that pytest runs itself."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from awaitify_codemods.facts.cases import Cases
from awaitify_codemods.facts.fixture_decorators import fixture_name, is_autouse
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, every_argument
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function

SET_UP, TEAR_DOWN = "setup_method", "teardown_method"
FIXTURE = "_setup"
"""The name of the fixture that takes their place."""


@dataclass(eq=False)
class PlainSetUps:
    """Finds the tests around which such methods run; remembers them."""

    index: Index
    references: References
    cases: Cases
    fixtures: Fixtures
    _tests: dict[ast.ClassDef, dict[Function, None]] = field(default_factory=dict)

    def is_one(self, function: Function) -> bool:
        """Whether pytest calls a method around each test of a plain class."""
        if function.node.name not in (SET_UP, TEAR_DOWN) or function.is_async:
            return False
        return function.owner is not None and not self.cases.running(function)

    def twin(self, function: Function) -> Function | None:
        """Return the other method of the same class."""
        assert function.owner is not None
        other = TEAR_DOWN if function.node.name == SET_UP else SET_UP
        for each in function.owner.body:
            if isinstance(each, ast.FunctionDef) and each.name == other:
                return Function(function.module, each)
        return None

    def tests(self, function: Function) -> Collection[Function]:
        """Return the tests around which a method runs."""
        assert function.owner is not None
        if function.owner not in self._tests:
            home = Class(function.module, function.owner)
            owners = [home, *self.references.subclasses(home)]
            tests = (test for each in owners for test in self._of(each))
            self._tests[function.owner] = dict.fromkeys(tests)
        return self._tests[function.owner]

    def _of(self, owner: Class) -> list[Function]:
        return [
            Function(base.module, node)
            for base in self.index.mro(owner)
            if isinstance(base, Class)
            for node in base.node.body
            if isinstance(node, FUNCTIONS) and node.name.startswith("test")
        ]

    def objection(self, function: Function) -> Refusal | None:
        """Return why a fixture cannot take the place of a method."""
        name, module = function.node.name, function.module
        assert function.owner is not None
        if function.node not in function.owner.body or function.node.decorator_list:
            message = f"{name} is defined in a way of its own"
            return Refusal("injecting-decorator", message)
        if len(self.references.family(function)) > 1:
            message = f"{name} overrides another one, or is overridden"
            return Refusal("super-order", message)
        if any(
            isinstance(each, ast.Name) and each.id == "super"
            for each in module.uses.get("super", ())
            if function.node in module.enclosing(each)
        ):
            return Refusal("super-order", f"{name} calls that of a base")
        if {ast.Yield, ast.YieldFrom} & module.kinds(function.node):
            return Refusal("generator-test", "a generator cannot become a coroutine")
        if module.returns.get(function.node):
            return Refusal("run-boundary", f"{name} may end early")
        for reference in self.references.to(function):
            where = f"{reference.module.path}:{reference.node.lineno}"
            return Refusal("helper-escapes", f"{name} is mentioned ({where})")
        return self._parameters(function) or self._beside(function)

    def _parameters(self, function: Function) -> Refusal | None:
        arguments = every_argument(function.node.args)
        for argument in arguments[1:]:
            if function.module.references(function.scope, argument.arg):
                message = f"it asks for {argument.arg!r}, which a fixture has not"
                return Refusal("helper-escapes", message)
        return None if arguments else Refusal("helper-escapes", "it takes nothing")

    def _beside(self, function: Function) -> Refusal | None:
        """Object to a name that is taken, and to fixtures that would come before."""
        assert function.owner is not None
        home = Class(function.module, function.owner)
        for owner in (home, *self.references.subclasses(home)):
            for base in self.index.mro(owner):
                if not isinstance(base, Class):
                    continue
                scope = base.module.scopes[base.node]
                if FIXTURE in scope.names:
                    return Refusal("name-taken", f"there is a {FIXTURE} already")
                if base != home and {SET_UP, TEAR_DOWN} & scope.names.keys():
                    message = f"{base.node.name} has a set-up, too"
                    return Refusal("super-order", message)
                for node in base.node.body:
                    if isinstance(node, FUNCTIONS):
                        method = Function(base.module, node)
                        if self._comes_before(method):
                            message = f"the fixture {node.name!r} would run before it"
                            return Refusal("super-order", message)
        return None

    def _comes_before(self, method: Function) -> bool:
        if not method.node.decorator_list or not is_autouse(method, self.index):
            return False
        return fixture_name(method, self.index) < FIXTURE


def unused_parameters(function: Function) -> list[str]:
    """Return the parameters of a method but ``self``."""
    return [each.arg for each in every_argument(function.node.args)[1:]]
