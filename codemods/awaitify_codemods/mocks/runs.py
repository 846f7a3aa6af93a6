"""The tests that have to do with mocks, each executed with what pytest gives it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from awaitify_codemods.facts.fixture_decorators import fixture_decorator, fixture_name
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.mocks.executed import Executed, join
from awaitify_codemods.mocks.execution import Execution
from awaitify_codemods.mocks.facts import Findings
from awaitify_codemods.mocks.machine import Exhausted, Machine, Raised
from awaitify_codemods.mocks.touching import Touching
from awaitify_codemods.mocks.values import (
    NONE,
    Callable_,
    Frame,
    Items,
    Object,
    Opaque,
    Patcher,
    Suspended,
    Value,
    joined,
)

_SET_UPS = ("setup_class", "setUp", "asyncSetUp", "setup_method", "setup")
_TEAR_DOWNS = ("asyncTearDown", "tearDown", "teardown_method", "teardown")


@dataclass(eq=False)
class Runs:
    """Executes the tests of a project."""

    index: Index
    fixtures: Fixtures
    tests: frozenset[str]
    """The files that pytest collects, and conftest files."""
    test_code: frozenset[str]
    hop_names: frozenset[str]
    """The attributes that lead from home-made mocks to the real ones."""
    earlier: Mapping[str, Executed] = field(default_factory=dict)
    """What tests did when all was as it may still be, by node id."""
    executed: dict[str, Executed] = field(default_factory=dict)
    """What they do now."""
    _machine: Machine = field(init=False)
    _execution: Execution = field(init=False)

    def __post_init__(self) -> None:
        self._machine = Machine(self.index, self.test_code)
        self._execution = Execution(self._machine, self.hop_names)

    def findings(self) -> Findings:
        """Execute all tests that have to do with mocks; return what they do to them."""
        found = Findings()
        touching = Touching(self.index, self.fixtures, self.test_code)
        for path in touching.files(self.tests):
            module = self.index.module(path)
            if module is not None:
                for test, of in _tests(module, self.index):
                    if touching.has_mocks(test, of):
                        self._add(test, of, found)
        return found

    def _add(self, test: Function, of: Class | None, found: Findings) -> None:
        """Add what a test does to what is known, executed again if that is needed."""
        name = f"{test.module.path}::{test.name}"
        if of is not None and test.owner is not of.node:
            name = f"{test.module.path}::{of.node.name}::{test.node.name}"
        known = self.earlier.get(name)
        if known is None or not known.holds(self.index):
            if self._machine.is_spent:
                found.exhausted = True
                return
            self._run(name, test, of)
            modules = frozenset(self._machine.touched | {test.module})
            known = Executed(self._machine.findings, modules)
        self.executed[name] = known
        join(found, known.findings)

    def _run(self, name: str, test: Function, of: Class | None) -> None:
        self._machine.start(name)
        self._execution.lookups.around.clear()
        # What may fail is no evidence; it must go on failing, even.
        self._machine.expecting += _is_to_fail(test, of)
        try:
            try:
                self._with_fixtures(test, of)
            except Raised:
                # A test that passes does not: something was taken for another.
                self._machine.findings.cut.add(name)
                self._machine.findings.incomplete.add(name)
            self._machine.finish()
        except (Exhausted, RecursionError):
            self._machine.findings.incomplete.add(name)

    def _with_fixtures(self, test: Function, of: Class | None) -> None:
        bound = Object(of) if of is not None else None
        given: dict[str, Value] = {}
        pending = [
            *self.fixtures.automatic(test),
            *self.fixtures.asked(test).values(),
        ]
        self._next(list(dict.fromkeys(pending)), given, test, bound)

    def _next(
        self,
        pending: list[Function],
        given: dict[str, Value],
        test: Function,
        bound: Object | None,
    ) -> None:
        if not pending:
            self._set_up(test, given, bound)
            return
        fixture, *rest = pending
        name = self._name_of(fixture)
        if name in given:
            self._next(rest, given, test, bound)
            return
        needed = [
            each
            for each in self.fixtures.asked(fixture).values()
            if self._name_of(each) not in given and each != fixture
        ]
        if needed and len(pending) < _MOST_PENDING:
            self._next([*needed, *pending], given, test, bound)
            return
        reached = False

        def go_on(value: Value) -> Value:
            nonlocal reached
            reached = True
            given[name] = value
            self._next(rest, given, test, bound)
            return NONE

        machine = self._machine
        conditions = machine.mark()
        value = self._execution.guarded(lambda: self._fixture(fixture, given, bound))
        if isinstance(value, Suspended) and value.kind == "coroutine":
            value = self._execution.guarded(partial(self._execution.calls.run, value))
        if isinstance(value, Suspended) and value.kind in ("generator", "context"):
            self._execution.calls.run(value, go_on)
        machine.reset(conditions)
        if not reached:
            go_on(value if not isinstance(value, Suspended) else Opaque())

    def _name_of(self, fixture: Function) -> str:
        return fixture_name(fixture, self.index)

    def _fixture(
        self, fixture: Function, given: dict[str, Value], bound: Object | None
    ) -> Value:
        own = bound if fixture.owner is not None else None
        return self._called(fixture, given, own)

    def _called(
        self, function: Function, given: dict[str, Value], bound: Object | None
    ) -> Value:
        """Call a test, a fixture or a set-up with what pytest gives it."""
        callee = Callable_(function, None, bound)
        if function.owner is not None:
            callee.owner = Class(function.module, function.owner)
        frame = Frame(function.module, function.module.tree, is_function=False)
        names = self._parameters(function, given, bound)
        return self._execution.calls.call(callee, [], names, function.node, frame)

    def _parameters(
        self, function: Function, given: dict[str, Value], bound: Object | None
    ) -> dict[str, Value]:
        arguments = function.node.args
        plain = [*arguments.posonlyargs, *arguments.args][bound is not None :]
        chosen = self._parametrized(function)
        patched = self._patched(function)
        names: dict[str, Value] = {}
        for parameter in [*plain[patched:], *arguments.kwonlyargs]:
            name = parameter.arg
            if name in given:
                names[name] = given[name]
            elif name in chosen:
                names[name] = chosen[name]
            else:
                names[name] = self._machine.unknown_argument(name)
        return names

    def _patched(self, function: Function) -> int:
        """Return how many arguments the patches of a function give."""
        frame = Frame(function.module, function.node)
        steps = self._machine.steps
        found = self._execution.patching.of_function(function, frame)
        self._machine.steps = steps
        return sum(each.injects for each in found)

    def _parametrized(self, function: Function) -> dict[str, Value]:
        """Return the values of parameters that a mark lists, where they are known."""
        found: dict[str, Value] = {}
        frame = Frame(function.module, function.module.tree, is_function=False)
        for decorator in function.node.decorator_list:
            if getattr(getattr(decorator, "func", None), "attr", "") != "parametrize":
                continue
            assert isinstance(decorator, ast.Call)
            match decorator.args:
                case [ast.Constant(value=str(name)), values, *_] if "," not in name:
                    evaluate = self._execution.expressions.value
                    value = self._execution.guarded(partial(evaluate, values, frame))
                    if isinstance(value, Items) and not value.is_open and value.items:
                        found[name] = joined(value.items)
        return found

    def _set_up(
        self, test: Function, given: dict[str, Value], bound: Object | None
    ) -> None:
        patchers: list[Patcher] = []
        if bound is not None and bound.of is not None:
            patchers = self._execution.patching.of_class(bound.of)
            for name in _SET_UPS:
                self._beside(bound.of, name, given, bound)
        for patcher in patchers:
            self._execution.patching.applied(patcher)
        try:
            value = self._called_test(test, given, bound, patchers)
            self._execution.awaiting.awaited(value, test.node, _frame(test.module))
        finally:
            for patcher in reversed(patchers):
                self._execution.patching.undone(patcher)
        if bound is not None and bound.of is not None:
            for name in _TEAR_DOWNS:
                self._execution.guarded(partial(self._beside_of, bound, name, given))

    def _beside_of(self, bound: Object, name: str, given: dict[str, Value]) -> Value:
        assert bound.of is not None
        self._beside(bound.of, name, given, bound)
        return NONE

    def _called_test(
        self,
        test: Function,
        given: dict[str, Value],
        bound: Object | None,
        patchers: list[Patcher],
    ) -> Value:
        """Call a test with what the patches of its class give, after its own."""
        own = self._patched(test)
        arguments = test.node.args
        plain = [*arguments.posonlyargs, *arguments.args][bound is not None :]
        extra = [each.given for each in patchers if each.injects]
        given = dict(given)
        for parameter, value in zip(plain[own:], extra, strict=False):
            if value is not None:
                given[parameter.arg] = value
        return self._called(test, given, bound)

    def _beside(
        self, of: Class, name: str, given: dict[str, Value], bound: Object
    ) -> None:
        """Call a set-up or tear-down of a class, if it has one."""
        for base in self.index.mro(of):
            if not isinstance(base, Class):
                continue
            for statement in base.node.body:
                if isinstance(statement, FUNCTIONS) and statement.name == name:
                    function = Function(base.module, statement)
                    value = self._called(function, given, bound)
                    frame = _frame(base.module)
                    self._execution.awaiting.awaited(value, statement, frame)
                    return


_MOST_PENDING = 40


def _frame(module: Module) -> Frame:
    return Frame(module, module.tree, is_function=False)


def _tests(module: Module, index: Index) -> Iterator[tuple[Function, Class | None]]:
    """Yield the tests of a file, and the classes of which they are collected."""
    for statement in module.tree.body:
        yield from _of_statement(statement, module, index)


def _of_statement(
    statement: ast.stmt, module: Module, index: Index
) -> Iterator[tuple[Function, Class | None]]:
    if isinstance(statement, FUNCTIONS) and statement.name.startswith("test"):
        function = Function(module, statement)
        if not fixture_decorator(function, index):
            yield function, None
    elif isinstance(statement, ast.ClassDef):
        yield from _of_class(Class(module, statement), index)
    elif isinstance(statement, (ast.If, ast.Try)):
        for each in (*statement.body, *statement.orelse):
            yield from _of_statement(each, module, index)


def _of_class(of: Class, index: Index) -> Iterator[tuple[Function, Class | None]]:
    bases = list(index.mro(of))
    is_case = any(
        isinstance(base, External) and base.name.endswith("TestCase") for base in bases
    )
    if not is_case and not of.node.name.startswith("Test"):
        return
    seen: set[str] = set()
    for base in bases:
        if not isinstance(base, Class):
            continue
        for statement in base.node.body:
            if isinstance(statement, FUNCTIONS) and statement.name not in seen:
                seen.add(statement.name)
                if statement.name.startswith("test"):
                    yield Function(base.module, statement), of
            elif isinstance(statement, ast.ClassDef) and base is bases[0]:
                yield from _of_class(Class(of.module, statement), index)


def _is_to_fail(test: Function, of: Class | None) -> bool:
    """Whether a mark says that a test fails."""
    marks = [*test.node.decorator_list, *(of.node.decorator_list if of else ())]
    for binding in test.module.scope.names.get("pytestmark", ()):
        if binding.value is not None:
            marks.append(binding.value)
    return any(
        getattr(each, "attr", getattr(each, "id", "")) in ("xfail", "expectedFailure")
        for mark in marks
        for each in ast.walk(mark)
    )
