"""The fixpoint: colour, ask what objects, leave that, and colour again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from awaitify_codemods.colour.behind import Behind
from awaitify_codemods.colour.bridges import Bridges
from awaitify_codemods.colour.by_evidence import ByEvidence
from awaitify_codemods.colour.callers import Callers
from awaitify_codemods.colour.class_units import ClassUnits
from awaitify_codemods.colour.closed import Closed, because
from awaitify_codemods.colour.colouring import Colouring, EventLoopEffects, in_order
from awaitify_codemods.colour.event_loops import EventLoops, Free
from awaitify_codemods.colour.fixture_units import FixtureUnits
from awaitify_codemods.colour.given import Given
from awaitify_codemods.colour.handed import Handed
from awaitify_codemods.colour.inner_loops import InnerLoops, Reached
from awaitify_codemods.colour.judgement import Judgement
from awaitify_codemods.colour.loop_scopes import LoopScopes
from awaitify_codemods.colour.module_loops import ModuleLoops
from awaitify_codemods.colour.project import Project
from awaitify_codemods.colour.related import Related
from awaitify_codemods.colour.seen import Seen
from awaitify_codemods.colour.spreading import driving, spread
from awaitify_codemods.colour.suspects import Suspects
from awaitify_codemods.directives import Directives
from awaitify_codemods.facts.full_names import functions
from awaitify_codemods.facts.reach.hidden import Driven, Hidden
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.objections import is_test


@dataclass(eq=False)
class Colourist:
    """Makes the colouring of a project.

    Args:
        pins: functions that stay sync, and why; what is rolled back, suppressed or
            not selected.
        closed: why a rule must not edit a node, if so.
        free: whether a rule was chosen where a node is, and may edit it.
        kept: why an override of ``event_loop`` is not to be changed, or to go.
        directives: what running the suite has taught.
        seen: what was seen while the suite ran, if it did.

    """

    project: Project
    pins: Callable[[Function], Refusal | None]
    closed: Closed
    free: Free
    kept: Callable[[Function], Refusal | None]
    directives: Directives
    seen: Seen | None = None
    left: dict[Function, Refusal] = field(default_factory=dict)
    promoted: set[Function] = field(default_factory=set)
    stranding: Refusal | None = None

    def colour(self) -> Colouring:
        """Return the largest colouring to which nothing objects."""
        while True:
            coloured = self._spread()
            objections = dict(self._object(coloured)) or self._useless(coloured)
            objections = objections or self._stranded(coloured)
            if not objections and coloured == self._spread():
                return self._result(coloured)
            self.left |= objections

    @cached_property
    def _callers(self) -> Callers:
        return Callers(self.project)

    @cached_property
    def _judgement(self) -> Judgement:
        return Judgement(self.project, self.pins, self.directives.forms)

    @cached_property
    def _module_loops(self) -> ModuleLoops:
        return ModuleLoops(self.project, self._callers)

    @cached_property
    def _classes(self) -> ClassUnits:
        return ClassUnits(self.project)

    @cached_property
    def _inner_loops(self) -> Reached:
        suspected = self._suspected(self.project)
        if self.seen is None:
            return suspected
        reach = self.project.reach
        driven = reach.of(Driven(self.seen.driven))
        hidden = Hidden(
            driven, self.seen.packages, not self.seen.driven, self.seen.opaque
        )
        unseen = self._suspected(replace(self.project, reach=reach.of(hidden)))
        context = self.project.objections.context
        return ByEvidence(suspected, unseen, self.seen, self._callers, context)

    def _suspected(self, project: Project) -> InnerLoops:
        suspects = Suspects(project)
        given = Given(project, suspects)
        handed = Handed(project, self.left)
        return InnerLoops(suspects, given, handed, self.left)

    @cached_property
    def _fixtures(self) -> FixtureUnits:
        return FixtureUnits(self.project, self._inner_loops)

    @cached_property
    def _scopes(self) -> LoopScopes:
        return LoopScopes(self.project, self._event_loops, self.directives.scopes)

    @cached_property
    def _event_loops(self) -> EventLoops:
        return EventLoops(self.project, self.free, self.kept, self.left)

    @cached_property
    def _behind(self) -> Behind:
        return Behind(self.project, self.free)

    @cached_property
    def _related(self) -> Related:
        return Related(
            self.project,
            self._callers,
            Bridges(self.project, self.closed),
            self._inner_loops,
            self.left,
        )

    @cached_property
    def _asked(self) -> list[Function]:
        """Return the tests that directives promote, and may."""
        return [
            each
            for each in functions(self.directives.promoted, self.project.index)
            if is_test(each)
            and not each.is_async
            and not self._judgement.of(each)
            and not self._behind.keeps_loop(each)
        ]

    def _spread(self) -> set[Function]:
        vacuous = in_order(self.project.vacuous.tests)
        asking = self._event_loops.seeds()
        overrides = self.project.overrides
        drives = driving(self.project.sites)
        driven = (each for each in drives if overrides.of(each) is None)
        seeds = (*driven, *vacuous, *self.promoted, *self._asked, *asking)
        return spread(seeds, self.left, self._callers, self._classes, self._fixtures)

    def _object(self, coloured: set[Function]) -> Iterator[tuple[Function, Refusal]]:
        for function in in_order(coloured):
            found = self._judgement.of(function)
            found = found or self._classes.objection(function, coloured, self.left)
            found = found or self._related.objection(function, coloured)
            found = found or self._fixtures.objection(function, coloured, self.left)
            if found:
                yield function, found
        yield from self._event_loops.objections(coloured)
        yield from self._unplaced(coloured)
        yield from self._module_loops.coupled(coloured, self.left)
        yield from self._classes.coupled(coloured, self.left)
        shared = self._module_loops.shared(coloured, self._calls(coloured)[0])
        yield from self._scopes.coupled(coloured, shared)
        if self._event_loops.all:
            scopes = self._scopes.of(coloured, shared)
            scopes |= self._scopes.adjusted(coloured, shared)
            yield from self._event_loops.untold(coloured, scopes)
            yield from self._event_loops.unreached(coloured, scopes)

    def _unplaced(self, coloured: set[Function]) -> Iterator[tuple[Function, Refusal]]:
        """Object to methods of a unittest class that cannot get another base."""
        cases = self.project.cases
        without = cases.place(in_order(coloured), self._may_change).without
        for function in in_order(coloured) if without else ():
            for owner in set(without).intersection(cases.running(function)):
                if cases.is_entry(function):
                    yield function, self._no_place(owner)
                    break

    def _no_place(self, owner: Class) -> Refusal:
        name = owner.node.name
        if found := self._fixed(owner):
            return Refusal(found.reason, f"{name} runs it: {found.message}")
        message = f"Python finds no order of bases for an isolated {name}"
        return Refusal("foreign-base", message)

    def _may_change(self, owner: Class) -> bool:
        """Whether a class may get another base."""
        return self._fixed(owner) is None

    def _fixed(self, owner: Class) -> Refusal | None:
        path = owner.module.path
        if path not in self.project.test_code:
            return Refusal("outside-selection", f"{path} is not test code")
        return self.closed(owner.module, owner.node, "AW201")

    def _useless(self, coloured: set[Function]) -> dict[Function, Refusal]:
        """Refuse helpers of which no test that becomes async makes use."""
        set_ups, serves = self.project.cases.is_set_up, self._fixtures.serves
        reached = {
            each for each in coloured if is_test(each) or set_ups(each) or serves(each)
        }
        pending = list(reached)
        callees: dict[Function, set[Function]] = {}
        for function in in_order(coloured):
            for caller in self._callers.of(function):
                callees.setdefault(caller, set()).add(function)
        while pending:
            function = pending.pop()
            family = self.project.references.family(function)
            related = {*callees.get(function, ()), *family}
            for each in (related & coloured) - reached:
                reached.add(each)
                pending.append(each)
        return {each: self._reason_of_callers(each) for each in coloured - reached}

    def _reason_of_callers(self, function: Function) -> Refusal:
        for caller in self._callers.of(function):
            if caller in self.left:
                reason = self.left[caller]
                home = caller.module
                where = "" if home is function.module else f" ({home.path})"
                message = f"its callers stay sync{where}: {reason.message}"
                return Refusal(reason.reason, message)
        return Refusal("helper-escapes", "no test that becomes async calls it")

    def _stranded(self, coloured: set[Function]) -> dict[Function, Refusal]:
        """Promote what needs the current loop; refuse what would strand the rest."""
        leftovers = self.project.leftovers
        replaced = self.project.cases.replaced
        taking = [each for each in coloured if leftovers.takes_loop(each)]
        self.stranding = None
        if not taking and not replaced:
            self.promoted.clear()
            return {}
        awaited = self._rebased(coloured) | replaced | self.project.cases.looped
        overrides = self.project.overrides
        needing = [
            each
            for each in leftovers.needing(coloured)
            if (each in self.left or overrides.of(each) is None)
            and not awaited.intersection(self.project.cases.running(each))
        ]
        promotable = [
            each
            for each in needing
            if each not in self.left
            and is_test(each)
            and not self._judgement.of(each)
            and not self._behind.keeps_loop(each)
            and not self._behind.has_loop(each)
        ]
        if not set(promotable) <= self.promoted:
            self.promoted |= set(promotable)
            return {}
        found = self._behind.homes(self._staying(coloured))
        if not isinstance(found, Refusal):
            return {}
        holders = [self.left[each] for each in needing if each in self.left]
        refusal = because(found, next(iter(holders), None))
        self.stranding = refusal if replaced else None
        return dict.fromkeys(taking, refusal)

    def _staying(self, coloured: set[Function]) -> list[Function]:
        """Return what stays sync and may need the current loop, in order."""
        cases = self.project.cases
        awaited = self._rebased(coloured) | cases.replaced | cases.looped
        return [
            each
            for each in in_order(self.project.leftovers.may_need(coloured))
            if (each in self.left or self.project.overrides.of(each) is None)
            and not awaited.intersection(self.project.cases.running(each))
            and self._is_beside(each, coloured)
        ]

    def _is_beside(self, function: Function, coloured: set[Function]) -> bool:
        """Whether a run of pytest may have a function, and what becomes async."""
        together, path = self.project.sources.together, function.module.path
        if self.project.cases.replaced or not coloured:
            return True  # what takes the loop away is async already
        return any(together(path, other) for other in {c.module.path for c in coloured})

    def _rebased(self, coloured: set[Function]) -> set[Class]:
        """Return the unittest classes that have a loop of their own for each test."""
        cases = self.project.cases
        found: set[Class] = set()
        for rebase in cases.place(in_order(coloured), self._may_change).rebases:
            found |= {rebase.owner, *cases.references.subclasses(rebase.owner)}
        return found

    def _result(self, coloured: set[Function]) -> Colouring:
        awaits, bridges = self._calls(coloured)
        shared = self._module_loops.shared(coloured, awaits)
        ordered = in_order(coloured)
        forms: dict[Drive, str] = {}
        for function in ordered:
            for drive in self.project.sites.by_frame.get(function.node, ()):
                form = self._judgement.form(drive)
                assert isinstance(form, str)
                forms[drive] = form
        return Colouring(
            tuple(ordered),
            self.left,
            awaits,
            bridges,
            forms,
            frozenset(self.promoted & coloured),
            frozenset(coloured.intersection(self._asked)),
            self.project.cases.place(ordered, self._may_change).rebases,
            shared,
            self._scopes.of(coloured, shared),
            any(map(self.project.leftovers.takes_loop, coloured))
            or bool(self.project.cases.replaced)
            or bool(coloured and self.project.leftovers.in_doubt.anchored),
            cache(lambda: tuple(self._staying(coloured))),
            cache(lambda: self._behind.homes(self._staying(coloured))),
            tuple(self._fixtures.joined(coloured)),
            self.stranding,
            EventLoopEffects(
                self._event_loops.all,
                self._event_loops.going(),
                self._event_loops.dropping(),
                self._scopes.adjusted(coloured, shared),
            ),
        )

    def _calls(
        self, coloured: set[Function]
    ) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
        awaits: list[Reference] = []
        bridges: list[Reference] = []
        for function in in_order(coloured):
            for reference in self.project.references.to(function):
                caller = self._callers.by(reference)
                if caller is not None and caller in coloured:
                    awaits.append(reference)
                else:
                    bridges.append(reference)
        return tuple(awaits), tuple(bridges)
