"""The stages between the index of a project and its plans, each made once."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from awaitify_codemods.boundary import Boundaries
from awaitify_codemods.colour import Project
from awaitify_codemods.facts.aftermaths import Aftermaths
from awaitify_codemods.facts.asking import Asking
from awaitify_codemods.facts.cases import Cases
from awaitify_codemods.facts.claims import find
from awaitify_codemods.facts.class_loops import ClassLoops
from awaitify_codemods.facts.current import CurrentLoop
from awaitify_codemods.facts.declared import Declared
from awaitify_codemods.facts.fixture_users import FixtureUsers
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.full_names import functions
from awaitify_codemods.facts.in_doubt import InDoubt
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_arguments import LoopArguments
from awaitify_codemods.facts.loop_fixtures import LoopFixtures
from awaitify_codemods.facts.loop_overrides import NAME, LoopOverrides, built_in
from awaitify_codemods.facts.loop_utilities import LoopUtilities
from awaitify_codemods.facts.plain_set_ups import PlainSetUps
from awaitify_codemods.facts.reach import Reach
from awaitify_codemods.facts.receivers import Receivers
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.set_ups import SetUps
from awaitify_codemods.facts.values import Function, Values
from awaitify_codemods.foreign_cases import Conversions
from awaitify_codemods.foreign_cases.changes import Reader
from awaitify_codemods.foreign_cases.doubts import Doubts
from awaitify_codemods.foreign_cases.families import Families
from awaitify_codemods.leftovers import Leftovers
from awaitify_codemods.objections import Context, Objections
from awaitify_codemods.objections.vacuous import Vacuous
from awaitify_codemods.sources import Sources
from awaitify_codemods.testcode import test_code


def staged(
    index: Index,
    sources: Sources,
    declared: Declared,
    anchored: Collection[str],
) -> Project:
    """Find what drives loops and what it concerns: all that plans are made from.

    Args:
        index: the project's files; it learns what fixtures and subclasses mean.
        sources: the same files, and what the configuration says of them.
        declared: what the user says of names.
        anchored: functions, by their full names, that need the current loop.

    """
    fixtures = Fixtures(index, built_in())
    index.injected = fixtures.value
    utilities = LoopUtilities(index)
    index.utility = utilities.kind
    index.utilities = utilities.names
    runners = Runners(index, declared)
    tests = test_code(index, runners, sources.tests)
    utilities.test_code = tests
    references = References(index, tests)
    index.below = references.subclasses
    overrides = LoopOverrides(index)
    index.injected = partial(_injected, fixtures, overrides)
    loop_fixtures = LoopFixtures(index, fixtures, runners, tests, overrides)
    users = FixtureUsers(index, fixtures, tests)
    sites = find(index, runners, loop_fixtures, tests)
    reach, asking = Reach(index, runners, tests), Asking(index, tests)
    cases = Cases(index, references)
    arguments = LoopArguments(index, references)
    class_loops = ClassLoops(index, references, sites, tests, arguments.goes)
    context = Context(
        index,
        runners,
        sites,
        reach,
        asking,
        references,
        fixtures,
        cases,
        class_loops,
        loop_fixtures,
        users,
        PlainSetUps(index, references, cases, fixtures),
        arguments,
    )
    current = CurrentLoop(index, tests)
    doubts = Doubts(context, Reader(index, references), current)
    conversions = Conversions(Families(index, references), doubts)
    return Project(
        index,
        runners,
        sites,
        reach,
        references,
        Receivers(index, references, tests),
        Objections(context),
        Boundaries(index, Aftermaths(index, tests), references, declared),
        Leftovers(
            index,
            current,
            sites,
            InDoubt(index, references, functions(anchored, index)),
        ),
        cases,
        Vacuous(context),
        class_loops,
        SetUps(index, cases),
        conversions,
        tests,
        sources,
    )


def _injected(
    fixtures: Fixtures, overrides: LoopOverrides, function: Function, name: str
) -> Values:
    """Return what pytest gives to a parameter of a test or fixture."""
    if name == NAME and (fixture := fixtures.asked(function).get(name)):
        if found := overrides.of_another_kind(fixture):
            return found
    return fixtures.value(function, name)
