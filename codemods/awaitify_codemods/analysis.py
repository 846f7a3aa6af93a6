"""From sources to a plan; the stages before it are made once, for all its versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from awaitify_codemods import others, suppression
from awaitify_codemods.closed import Closed
from awaitify_codemods.colour import Colouring, Colourist, Project
from awaitify_codemods.colour.seen import Seen, seen
from awaitify_codemods.default_scopes import wished
from awaitify_codemods.facts.comments import Suppression
from awaitify_codemods.facts.declared import Declared
from awaitify_codemods.facts.foreign import Foreign
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.findings import Reporter, in_place
from awaitify_codemods.foreign_cases import (
    Changes,
    Verdict,
    changing,
    looped,
    staying,
    together,
)
from awaitify_codemods.migration import RuleFailure
from awaitify_codemods.mocks.seen import SeenMocks
from awaitify_codemods.needs import given_in_vain, needs
from awaitify_codemods.objections.decorators import decorators
from awaitify_codemods.objections.environment import shares_loop
from awaitify_codemods.old_syntax.converting import converting
from awaitify_codemods.old_syntax.generators import Generators
from awaitify_codemods.pins import Pin, pins
from awaitify_codemods.plan import FilePlan, Finding, Plan
from awaitify_codemods.planning import Planner
from awaitify_codemods.rule import Decision
from awaitify_codemods.rules.unittest_case import UnittestCase
from awaitify_codemods.sources import Settings, Sources
from awaitify_codemods.stages import staged
from awaitify_codemods.suite import SUITE
from awaitify_codemods.suppression import Suppressions
from awaitify_codemods.units import units
from awaitify_codemods.work import Work


@dataclass(frozen=True, eq=False)
class _Draft:
    """A plan that may still have edits where none may be."""

    work: Work
    decisions: list[tuple[str, Decision]]
    planner: Planner
    files: tuple[FilePlan, ...]
    edited: int
    """How many of the planner's decisions are the rules' own."""


@dataclass(eq=False)
class Analysis:
    """The stages up to the plan, made once; plans are made from it with pins."""

    sources: Sources
    settings: Settings
    project: Project
    comments: dict[str, list[Suppression]]
    """What comments ask to leave, by path."""
    pinned_paths: dict[str, Refusal] = field(default_factory=dict)
    failures: list[RuleFailure] = field(default_factory=list)
    generators: Generators | None = None
    """What becomes of generator coroutines, if the facts are of what they become."""
    plain: frozenset[str] = frozenset()
    """The files whose generator coroutines stay."""
    seen: Seen | None = None
    """What evidence says of the files, as they were first."""
    pins: Mapping[str, Sequence[Pin]] = field(default_factory=dict)
    """What directives ask to leave, by path."""

    @property
    def index(self) -> Index:
        """The files, and what is known of them."""
        return self.project.index

    def shows(self, paths: Iterable[str]) -> bool:
        """Whether the facts of one of some files are of what it may become."""
        return any(
            (module := self.index.modules.get(path)) is not None and module.raw
            for path in paths
        )

    def plan(self, pinned: Mapping[str, Refusal]) -> Plan:
        """Return the plan that leaves the functions of pinned files as they are."""
        self.pinned_paths = dict(pinned)
        suppressions = Suppressions(self.comments, self.pins)
        closed = Closed(self.sources.selected, self.pinned_paths, suppressions)
        draft = self._draft(closed)
        while breaches := list(closed.breaches(draft.planner, draft.edited)):
            if not any([closed.hold(each, draft.work) for each in breaches]):
                return Plan()
            draft = self._draft(closed)
        sites = [suppressions.applied(each) for each in self._findings(draft)]
        if suppressions.are_unused():
            self._without(suppressions)
        findings = in_place([*sites, *suppressions.notes(self.settings)])
        joined = tuple(units(draft.work.colouring, draft.work))
        wishes = dict.fromkeys(s for _, each in draft.decisions for s in each.settings)
        return Plan(draft.files, tuple(findings), joined, tuple(wishes))

    def _findings(self, draft: _Draft) -> list[Finding]:
        reporter = Reporter(
            draft.work,
            self.project.sites,
            draft.work.colouring,
            draft.planner,
            self.sources.selected,
        )
        return reporter.findings(draft.decisions)

    def _without(self, suppressions: Suppressions) -> None:
        """Let comments see the plan without any: some keep what others keep, too."""
        selected, pinned = self.sources.selected, self.pinned_paths
        draft = self._draft(Closed(selected, pinned, Suppressions({}, self.pins)))
        list(Closed(selected, pinned, suppressions).breaches(draft.planner, 0))
        for finding in self._findings(draft):
            suppressions.applied(finding)

    def _draft(self, closed: Closed) -> _Draft:
        """Colour, decide and plan, by what is closed so far."""
        project = self.project
        colouring, verdicts = self._coloured(closed)
        wishes = wished(project, colouring, self.sources)
        work = Work(
            project.index,
            project.runners,
            project.sites,
            project.references,
            project.boundaries,
            colouring,
            project.cases,
            project.vacuous,
            project.class_loops,
            project.set_ups,
            self.sources.mode,
            project.objections.loops,
            self._may_change,
            self.sources.with_settings(wishes).default_scopes,
            project.fixtures,
            project.users,
            project.loop_fixtures,
            project.plain_set_ups,
            project.loop_arguments,
            project.reach.starts,
            others.is_free(self.settings, self._may_change, closed),
            self.sources.tests,
            partial(decorators, context=project.objections.context),
            partial(shares_loop, context=project.objections.context),
            self.sources,
            verdicts,
            lambda: project.mocks,
            wishes,
            lambda path: self.settings.of(path).bound,
            generators=self.generators,
            seen_mocks=self.seen.mocks if self.seen else SeenMocks(),
        )
        decisions = [
            (rule.META.code, decision)
            for rule in SUITE
            if not rule.META.stands_apart and not rule.META.comes_last
            for decision in rule().decide(work)
        ]
        work.followed += decisions
        for found in others.decided(self.settings, work, closed, list(decisions)):
            if isinstance(found, RuleFailure):
                self.failures.append(found)
            else:
                work.apart += found
        decisions += work.apart
        decisions += [
            (rule.META.code, decision)
            for rule in SUITE
            if rule.META.comes_last
            for decision in rule().decide(work)
        ]
        edits = [each for each in decisions if each[1].op or each[1].imports]
        edited = len(edits)
        planner = Planner(work, edits, self.sources.selected, needed=set(closed.kept))
        return _Draft(work, decisions, planner, planner.plan(), edited)

    def _coloured(self, closed: Closed) -> tuple[Colouring, tuple[Verdict, ...]]:
        """Colour a project beside the test cases that become unittest's own."""
        project = self.project
        judged = (
            replace(each, refusal=each.refusal or self._fixed(each.changes, closed))
            for each in project.conversions.all
        )
        verdicts = together(tuple(judged))
        project.cases.looped = looped(verdicts)
        project.cases.replaced = changing(verdicts)
        colouring = self._colourist(closed).colour()
        if colouring.stranding is None:
            return colouring, verdicts
        verdicts = staying(verdicts, colouring.stranding)
        project.cases.replaced = frozenset()
        return self._colourist(closed).colour(), verdicts

    def _colourist(self, closed: Closed) -> Colourist:
        return Colourist(
            self.project,
            partial(self._pin, closed),
            closed.at,
            others.is_free(self.settings, self._may_change, closed),
            partial(self._keep, closed),
            self.settings.directives,
            self.seen,
        )

    def _fixed(self, changes: Changes, closed: Closed) -> Refusal | None:
        """Return why the test cases of another library may not be edited."""
        for module, node in changes.touched():
            if module.path not in self.project.test_code:
                message = f"{module.path} is not test code"
                return Refusal("outside-selection", message)
            rules = self.settings.of(module.path).rules
            if rules is not None and UNITTEST_CASE not in rules:
                return Refusal("outside-selection", f"{UNITTEST_CASE} is not selected")
            if found := closed.at(module, node, UNITTEST_CASE):
                return found
        return None

    def _may_change(self, path: str) -> bool:
        """Whether a file is among those that may be edited."""
        return (
            path in self.sources.selected
            and path in self.project.test_code
            and path not in self.pinned_paths
        )

    def _keep(self, closed: Closed, fixture: Function) -> Refusal | None:
        """Return why an override of ``event_loop`` is not to be changed, or to go."""
        found = self._pin(closed, fixture)
        return found or closed.whole(fixture.module, fixture.node, "AW304", True)

    def _pin(self, closed: Closed, function: Function) -> Refusal | None:
        needed = needs(function, self.project)
        if found := closed.pin(function, needed):
            return found
        for argument in given_in_vain(function, self.project):
            if found := closed.at(function.module, argument, "AW321"):
                return found
        rules = self.settings.of(function.module.path).rules
        missing = needed - (_ALL if rules is None else rules)
        if missing:
            return Refusal("outside-selection", f"{min(missing)} is not selected")
        return None


UNITTEST_CASE = UnittestCase.META.code
_ALL = frozenset(rule.META.code for rule in SUITE)


def analyse(
    sources: Sources,
    settings: Settings,
    known: Mapping[str, Module | None] | None = None,
    first: Analysis | None = None,
    plain: frozenset[str] = frozenset(),
) -> Analysis | None:
    """Index a project and find its sites; None if no file is worth it.

    Args:
        sources: what there is to read.
        settings: what the user chose.
        known: files whose facts are there already.
        first: an earlier analysis of other files, for the facts of those unchanged.
        plain: the files whose generator coroutines stay.

    """
    foreign = first.index.foreign if first else Foreign(sources.foreign, sources.within)
    index = Index(sources.files, sources.roots, foreign)
    if first is not None and known is not None:
        _carry_over(index, sources, known, first)
    index, generators = converting(index, sources, settings, plain)
    words = index.words
    declared = Declared(index, settings.runners, settings.coroutines)
    worth = bool(words.drivers() or words.async_cases or generators)
    worth = worth or others.are_met(settings, words, sources.selected)
    worth = worth or any(map(words.files_with, declared.words()))
    worth = worth or bool(settings.directives.promoted)
    if not worth and not suppression.commented(index, sources.selected):
        return None
    project = staged(index, sources, declared, settings.directives.anchored)
    if first is not None:
        project.executed.update(first.project.executed)
    comments = suppression.read(index, sources.selected, settings)
    pinned = pins(settings.directives.pins, index, sources.selected)
    return Analysis(
        sources,
        settings,
        project,
        comments,
        generators=generators,
        plain=plain,
        pins=pinned,
        seen=_seen(settings, project, first),
    )


def _seen(settings: Settings, project: Project, first: Analysis | None) -> Seen | None:
    """Return what evidence says; it is of the files as they were at first.

    Of what becomes of them it says nothing by lines, as it does of mocks.
    """
    if first is not None:
        return first.seen and replace(first.seen, mocks=SeenMocks())
    return None if settings.evidence is None else seen(settings.evidence, project)


def _carry_over(
    index: Index,
    sources: Sources,
    known: Mapping[str, Module | None],
    first: Analysis,
) -> None:
    """Take the facts of files that are known already, or are as they were."""
    for path, module in first.index.modules.items():
        if sources.files.get(path) is first.sources.files.get(path):
            index.modules[path] = (module and module.raw) or module
    index.modules.update({path: m for path, m in known.items() if m})
