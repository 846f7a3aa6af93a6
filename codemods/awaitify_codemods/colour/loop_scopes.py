"""Which loop each test and fixture runs on: those that share an object share a loop.

A fixture's loop lives as long as the fixture, at least; a test runs on the widest
loop of the async fixtures that it uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from awaitify_codemods.colour.colouring import in_order
from awaitify_codemods.colour.event_loops import EventLoops
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.fixture_decorators import (
    SCOPES,
    fixture_decorator,
    scope_of,
    wider,
    written,
)
from awaitify_codemods.facts.runner import RUN
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function, Loop
from awaitify_codemods.objections import is_test
from awaitify_codemods.objections.environment import is_installer
from awaitify_codemods.old_plugin import old_plugin

_NARROW = "function"


@dataclass(frozen=True)
class Shared:
    """Tests and fixtures that run on one loop, and how long it lives."""

    members: tuple[Function, ...]
    scope: str
    fixed: tuple[Function, ...] = ()
    """Those that are async already, and run on another one."""
    overrides: tuple[Function, ...] = ()
    """The overrides of ``event_loop`` that give some of them their loop so far."""


@dataclass(eq=False)
class LoopScopes:
    """Finds the tests and fixtures that have to share a loop.

    Args:
        wanted: tests, by their full names, and the scope that they are to get.

    """

    project: Project
    event_loops: EventLoops
    wanted: Mapping[str, str] = field(default_factory=dict)
    _declared: dict[Function, str | None] = field(default_factory=dict)

    def coupled(
        self, coloured: set[Function], module_loops: Mapping[Function, Loop]
    ) -> Iterator[tuple[Function, Refusal]]:
        """Yield those that must stay, as no loop fits all that would share it."""
        for shared in self._shared(coloured, module_loops):
            refusal = self._refusal(shared, module_loops)
            if refusal is None:
                continue
            if shared.overrides and refusal.reason != "run-boundary":
                yield from ((each, refusal) for each in shared.overrides)
                continue
            own = [each for each in shared.members if each in coloured]
            widest = [
                each
                for each in own
                if not is_test(each) and self._own(each, module_loops) == shared.scope
            ]
            yield from ((each, refusal) for each in widest or own)

    def of(
        self, coloured: set[Function], module_loops: Mapping[Function, Loop]
    ) -> dict[Function, str]:
        """Return the loop scope of each function whose loop outlives it."""
        return {
            each: shared.scope
            for shared in self._shared(coloured, module_loops)
            for each in shared.members
            if each in coloured and shared.scope != _NARROW
        }

    def adjusted(
        self, coloured: set[Function], module_loops: Mapping[Function, Loop]
    ) -> dict[Function, str]:
        """Return the loop scopes of those that an override gave a loop so far."""
        return {
            each: shared.scope
            for shared in self._shared(coloured, module_loops)
            for each in shared.members
            if shared.overrides
            and each not in coloured
            and self.event_loops.may_say(each)
            and shared.scope != _NARROW
        }

    def _shared(
        self, coloured: set[Function], module_loops: Mapping[Function, Loop]
    ) -> Iterator[Shared]:
        seen: set[Function] = set()
        members = self.event_loops.members
        ordered = in_order({*coloured, *members} if members else coloured)
        set_ups = [each for each in ordered if self.project.plain_set_ups.is_one(each)]
        for function in ordered:
            if function in seen or not self._runs(function):
                continue
            yield self._joined(function, coloured, set_ups, module_loops, seen)

    def _joined(
        self,
        function: Function,
        coloured: set[Function],
        set_ups: list[Function],
        module_loops: Mapping[Function, Loop],
        seen: set[Function],
    ) -> Shared:
        """Return those that share a loop with a function, and note them."""
        members = self._around(function, coloured, set_ups)
        seen |= set(members)
        around = map(self.event_loops.around, members)
        overrides = tuple(dict.fromkeys(each.fixture for each in around if each))
        scopes = [self._own(each, module_loops) or "session" for each in members]
        scope = reduce(wider, scopes)
        fixed = tuple(
            each
            for each in members
            if each not in coloured
            and self._declared[each] != scope
            and not (overrides and self.event_loops.may_say(each))
        )
        found = Shared(tuple(members), scope, fixed, overrides)
        return self._widened(found, coloured, module_loops) or found

    def _widened(
        self, shared: Shared, coloured: set[Function], loops: Mapping[Function, Loop]
    ) -> Shared | None:
        """Return the same on a loop as wide as some are to have, if that can be."""
        if not self.wanted:
            return None
        tests = [each for each in shared.members if each in coloured and is_test(each)]
        asked = [self.wanted.get(each.full_name, "") for each in tests]
        asked = [each for each in asked if each in SCOPES]
        scope = reduce(wider, asked, shared.scope)
        if scope == shared.scope or shared.overrides or shared.fixed:
            return None
        rest = [each for each in shared.members if each not in coloured]
        if any(self._own(each, loops) != scope for each in rest):
            return None
        if not all(self._has(each, scope) for each in tests):
            return None
        found = replace(shared, scope=scope)
        return found if self._refusal(found, loops) is None else None

    def _has(self, test: Function, scope: str) -> bool:
        """Whether there is something of a scope around a test."""
        if scope == "class":
            return test.owner is not None
        folder = test.module.path.rpartition("/")[0]
        package = f"{folder}/__init__.py" if folder else "__init__.py"
        return scope != "package" or package in self.project.index.files

    def _runs(self, function: Function) -> bool:
        """Whether pytest-asyncio runs a function: a test, a fixture, a set-up."""
        if self.project.cases.running(function):
            return False
        return is_test(function) or self._serves(function)

    def _serves(self, function: Function) -> bool:
        return self.project.plain_set_ups.is_one(function) or bool(
            fixture_decorator(function, self.project.index)
        )

    def _around(
        self, function: Function, coloured: set[Function], set_ups: list[Function]
    ) -> list[Function]:
        """Return those that are joined by fixtures, at any distance."""
        found: dict[Function, None] = {function: None}
        pending = [function]
        while pending:
            for each in self._beside(pending.pop(), set_ups):
                if each not in found and (each in coloured or each.is_async):
                    found[each] = None
                    if each in coloured or self._is_movable(each):
                        pending.append(each)
        return list(found)

    def _is_movable(self, function: Function) -> bool:
        """Whether the loop that a function runs on is not settled."""
        loops = self.event_loops
        return bool(loops.members) and loops.may_say(function)

    def _beside(self, function: Function, set_ups: list[Function]) -> list[Function]:
        users, plain = self.project.users, self.project.plain_set_ups
        if function in set_ups:
            return list(plain.tests(function))
        found = [
            each
            for each in users.used(function)
            if not self.project.loop_fixtures.gives(each)
        ]
        if is_test(function):
            found += [each for each in set_ups if function in plain.tests(each)]
        else:
            found += [*users.tests(function), *users.through(function)]
        if not self.event_loops.all:
            return found
        runs = self.event_loops.runs
        return [each for each in found if not is_test(each) or runs(each)]

    def _own(self, function: Function, loops: Mapping[Function, Loop]) -> str | None:
        """Return the scope that a function asks for itself; None if not known."""
        if function not in self._declared:
            self._declared[function] = self._declare(function)
        found = self._declared[function]
        if found is None:
            return None
        if not self.event_loops.is_explicit(function):
            override = self.event_loops.around(function)
            found = wider(found, override.scope) if override else found
        if function in loops:
            found = wider(found, loop_scope(function, loops[function], self.project))
        given = self.project.loop_fixtures.loops_of(function)
        for maker in () if function.is_async else given:
            found = wider(found, scope_of(maker, self.project.index) or "session")
        for installer in self._installers(function):
            found = wider(found, scope_of(installer, self.project.index) or "session")
        return found

    def _installers(self, function: Function) -> list[Function]:
        """Return the fixtures that made the loop current on which a function ran."""
        context = self.project.objections.context
        if function.is_async:
            return []
        drives = self.project.sites.by_frame.get(function.node, ())
        loops = [drive.runner.loop for drive in drives]
        if drives and not any(loop and loop.kind == "current" for loop in loops):
            return []
        around = self.project.fixtures.automatic(function)
        return [each for each in around if is_installer(each, context)]

    def _declare(self, function: Function) -> str | None:
        index = self.project.index
        of_fixtures, of_tests = self.project.default_scopes(function.module.path)
        if is_test(function):
            marked = marked_scope(function, index)
            return marked or of_tests or _NARROW if marked is not None else None
        decorator = fixture_decorator(function, index)
        if decorator is None:
            return of_fixtures or _NARROW
        said = written(decorator, "loop_scope")
        lives = scope_of(function, index)
        if said is None or lives is None:
            return None
        if said or not of_fixtures:
            return said or lives
        return of_fixtures if function.is_async else wider(of_fixtures, lives)

    def _refusal(
        self, shared: Shared, module_loops: Mapping[Function, Loop]
    ) -> Refusal | None:
        for each in shared.members:
            if self._own(each, module_loops) is None:
                return Refusal("unknown-value", f"the loop of {each.name} is not known")
        for each in shared.fixed:
            message = f"{each.name} runs on another loop than what it is used with"
            return Refusal("multi-loop", message)
        if shared.scope == _NARROW:
            return None
        for each in shared.members:
            if self.project.sources.lacks("loop_scope", each.module.path):
                return old_plugin(each.node.name)
            if shared.overrides and is_test(each) and _counts_tasks(each):
                message = f"{each.name} looks at all tasks, also at those of others"
                return Refusal("all-tasks", message)
            for drive in self.project.sites.by_frame.get(each.node, ()):
                if drive.runner.boundary == RUN and is_test(each):
                    if self.project.boundaries.leaves_tasks(drive):
                        message = f"{each.name} leaves tasks to those that share a loop"
                        return Refusal("run-boundary", message)
        return None


def _counts_tasks(test: Function) -> bool:
    uses = test.module.uses.get("all_tasks", ())
    return any(test.node in test.module.enclosing(use) for use in uses)


def loop_scope(function: Function, loop: Loop, project: Project) -> str:
    """Return the scope of a module's loop, as a function of it needs it."""
    if loop.module is not function.module or is_inherited(function, project):
        return "session"
    return "module"


def is_inherited(test: Function, project: Project) -> bool:
    """Whether another module collects a test too, without this one's marks."""
    if test.owner is None:
        return False
    below = project.references.subclasses(Class(test.module, test.owner))
    return any(each.module is not test.module for each in below)
