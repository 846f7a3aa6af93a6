"""Fixtures, and what has to run on the same loop as what they make."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from awaitify_codemods.colour.closed import because
from awaitify_codemods.colour.colouring import in_order
from awaitify_codemods.colour.inner_loops import Reached
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    fixture_name,
    scope_of,
)
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.requests import refused_request
from awaitify_codemods.facts.runner import RUN
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.objections.decorators import is_hypothesis, runs_elsewhere
from awaitify_codemods.objections.environment import (
    fixture_loop,
    is_installer,
    set_up_loop,
    set_ups,
)


@dataclass(eq=False)
class FixtureUnits:
    """Judges fixtures and set-ups with the tests that use them."""

    project: Project
    inner_loops: Reached
    _given: dict[Function, list[Function]] = field(default_factory=dict)
    _related: dict[Function, list[Function]] = field(default_factory=dict)

    def serves(self, function: Function) -> bool:
        """Whether pytest calls a function around tests: a fixture, or a set-up."""
        if fixture_decorator(function, self.project.index):
            return True
        return self.project.plain_set_ups.is_one(function)

    def related(self, function: Function) -> list[Function]:
        """Return those that are given the same loop, to make something on it."""
        if function not in self._related:
            self._related[function] = list(dict.fromkeys(self._relate(function)))
        return self._related[function]

    def _relate(self, function: Function) -> Iterator[Function]:
        users = self.project.users
        for maker in in_order(self._makers(function)):
            scope = scope_of(maker, self.project.index)
            for other in self._given_by(maker):
                if other == function:
                    continue
                together = other in users.used(function) or function in users.used(
                    other
                )
                if together or scope != "function":
                    yield other

    def _makers(self, function: Function) -> set[Function]:
        """Return the fixtures on whose loops a function runs, or makes something."""
        known = self.project.loop_fixtures
        if function.is_async or known.gives(function):
            return set()
        drives = self.project.sites.by_frame.get(function.node, ())
        driven = {known.maker(each.runner.loop) for each in drives}
        found = {each for each in driven if each is not None}
        if is_test(function) or self.serves(function):
            found |= known.loops_of(function)
        return found

    def _given_by(self, maker: Function) -> list[Function]:
        """Return who is given the loop that a fixture makes, be it as a runner."""
        if maker not in self._given:
            pending, seen = [maker], {maker}
            found: dict[Function, None] = {}
            while pending:
                for each in self.project.users.asking(pending.pop()):
                    if not self.project.loop_fixtures.gives(each):
                        if not each.is_async:
                            found[each] = None
                    elif each not in seen:
                        seen.add(each)
                        pending.append(each)
            self._given[maker] = list(found)
        return self._given[maker]

    def joined(self, coloured: set[Function]) -> Iterator[tuple[Function, Function]]:
        """Yield fixtures and set-ups with those that use them and become async."""
        for function in in_order(coloured):
            for other in self.related(function):
                yield function, other
            if not self.serves(function):
                continue
            if self.project.plain_set_ups.is_one(function):
                tests = list(self.project.plain_set_ups.tests(function))
            else:
                tests = self.project.users.tests(function)
            yield from ((function, test) for test in tests if test in coloured)

    def objection(
        self,
        function: Function,
        coloured: set[Function],
        left: Mapping[Function, Refusal],
    ) -> Refusal | None:
        """Return why a function stays, as others do that share a loop with it."""
        for other in self.related(function):
            if other not in coloured:
                refusal = Refusal("multi-loop", f"{other.name} stays on the same loop")
                return because(refusal, left.get(other))
        found = refused_request(
            function, self.project.fixtures, coloured, self.project.reach.starts
        )
        if found:
            return found
        for maker in in_order(self._makers(function)):
            if self._is_overridden(maker):
                message = f"the fixture {maker.node.name!r} is overridden"
                return Refusal("multi-loop", message)
        if self.serves(function):
            found = self._stay_beside(function, coloured, left)
            if found:
                return found
        elif not is_test(function):
            return None
        return self._kept(function, coloured, left)

    def _is_overridden(self, maker: Function) -> bool:
        """Whether another loop than a fixture's may be given for it."""
        known = self.project.overrides
        own = self.project.fixtures.event_loop
        if known.of(maker) is None:
            return bool(self.project.users.overriding(maker))
        others = map(known.of, self.project.users.overriding(maker))
        return maker != own and not all(each and each.may_go for each in others)

    def _stay_beside(
        self,
        function: Function,
        coloured: set[Function],
        left: Mapping[Function, Refusal],
    ) -> Refusal | None:
        """Refuse what those need sync that use a fixture, or another way."""
        if self.project.plain_set_ups.is_one(function):
            tests = list(self.project.plain_set_ups.tests(function))
        else:
            tests = self.project.users.tests(function)
            for other in self.project.users.through(function):
                if other in left and not other.is_async:
                    message = f"the fixture {other.node.name!r} stays, and needs it"
                    return because(Refusal("multi-loop", message), left[other])
            for other in self.project.users.overriding(function):
                if other not in coloured and not other.is_async:
                    if function in self.project.fixtures.asked(other).values():
                        message = "an override that stays sync asks for it"
                        return Refusal("helper-escapes", message)
            if found := self._asked_for_by_name(function, coloured):
                return found
        for test in tests:
            if found := self._user(test, function, coloured, left):
                return found
        return None

    def _asked_for_by_name(
        self, fixture: Function, coloured: set[Function]
    ) -> Refusal | None:
        """Refuse a fixture that a helper, or a coroutine, may ask for by its name."""
        index, users = self.project.index, self.project.users
        names = {
            fixture_name(each, index) for each in (fixture, *users.through(fixture))
        }
        for path in index.words.files_with("getfixturevalue"):
            module = index.module(path) if path in self.project.test_code else None
            for use in module.uses.get("getfixturevalue", ()) if module else ():
                assert module is not None
                outer = self._function_of(use, module)
                if outer is not None and not outer.is_async:
                    if outer in coloured or is_test(outer) or self.serves(outer):
                        continue  # judged by itself, or called where no loop runs
                match module.parents[use]:
                    case ast.Call(args=[ast.Constant(value=name)]) if name not in names:
                        continue
                message = f"it may be asked for by name ({path}:{use.lineno})"
                return Refusal("dynamic-call", message)
        return None

    def _function_of(self, use: ast.AST, module: Module) -> Function | None:
        for outer in module.enclosing(use):
            if isinstance(outer, FUNCTIONS):
                return Function(module, outer)
        return None

    def _user(
        self,
        test: Function,
        function: Function,
        coloured: set[Function],
        left: Mapping[Function, Refusal],
    ) -> Refusal | None:
        context = self.project.objections.context
        if self.project.cases.running(test):
            message = f"unittest runs {test.name}, on a loop of its own"
            return Refusal("foreign-base", message)
        if runs_elsewhere(test, context):
            message = f"{test.name} runs on another framework"
            return Refusal("anyio-or-trio", message)
        if is_hypothesis(test, context):
            message = f"all examples of {test.name} share what it makes"
            return Refusal("run-boundary", message)
        if test in coloured:
            return None
        if test.is_async:
            shared = self._makers(function) & context.loop_fixtures.loops_of(test)
            overrides = self.project.overrides
            if any(each in left or overrides.of(each) is None for each in shared):
                return Refusal("multi-loop", f"{test.name} is given the same loop")
            return None
        if test in left:
            message = f"{test.name} stays, and runs a loop beside it"
            return because(Refusal("multi-loop", message), left[test])
        if self.inner_loops.reached_by(test, coloured):
            message = f"{test.name} stays, and may start a loop beside it"
            return Refusal("multi-loop", message)
        return None

    def _kept(
        self,
        function: Function,
        coloured: set[Function],
        left: Mapping[Function, Refusal],
    ) -> Refusal | None:
        """Refuse what has a loop of its own among that which is not dropped."""
        context = self.project.objections.context

        def dropped(each: Function) -> Container[str]:
            return context.loop_fixtures.dropped(each) if each in coloured else ()

        used = self.project.users.used(function)
        if any(map(context.loop_fixtures.gives, used)):
            used = self.project.fixtures.of(function, dropped)
        for fixture in used:
            override = self.project.overrides.of(fixture)
            if override is not None and override.may_go:
                continue  # async tests do not run on it any more
            if fixture not in coloured and fixture != function:
                found = fixture_loop(fixture, context)
                found = found or self._shared_by_case(fixture, function)
                found = found or self._bound(fixture, function)
                if found:
                    return because(found, left.get(fixture))
        for method in set_ups(function, context) if is_test(function) else ():
            if method not in coloured:
                found = set_up_loop(method, context) or self._bound(method, function)
                if found:
                    return because(found, left.get(method))
        return None

    def _shared_by_case(self, fixture: Function, test: Function) -> Refusal | None:
        """Refuse a method of unittest: it cannot share a loop that is installed."""
        context = self.project.objections.context
        if not self.project.cases.running(test) or not is_installer(fixture, context):
            return None
        if scope_of(fixture, self.project.index) == "function":
            return None
        message = f"the fixture {fixture.node.name!r} has a loop of its own"
        return Refusal("multi-loop", message)

    def _bound(self, fixture: Function, test: Function) -> Refusal | None:
        """Refuse a test that may share its loop with what a fixture makes on it."""
        need = self.project.leftovers.in_doubt.of(fixture)
        if need is None or self.project.cases.running(test):
            return None
        drives = self.project.sites.by_frame.get(test.node, ())
        if drives and all(drive.runner.boundary == RUN for drive in drives):
            return None
        message = f"{fixture.node.name} may make things on its loop ({need.where})"
        return Refusal("multi-loop", message)
