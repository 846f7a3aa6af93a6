"""What is known of a project: made once, for all its colourings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.boundary import Boundaries
from awaitify_codemods.facts.cases import Cases
from awaitify_codemods.facts.class_loops import ClassLoops
from awaitify_codemods.facts.fixture_users import FixtureUsers
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_arguments import LoopArguments
from awaitify_codemods.facts.loop_fixtures import LoopFixtures
from awaitify_codemods.facts.loop_overrides import LoopOverrides
from awaitify_codemods.facts.plain_set_ups import PlainSetUps
from awaitify_codemods.facts.reach import Reach
from awaitify_codemods.facts.receivers import Receivers
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.set_ups import SetUps
from awaitify_codemods.facts.sites import Sites
from awaitify_codemods.foreign_cases import Conversions
from awaitify_codemods.leftovers import Leftovers
from awaitify_codemods.mocks.executed import Executed
from awaitify_codemods.mocks.facts import Findings
from awaitify_codemods.mocks.home_made import definitions
from awaitify_codemods.mocks.runs import Runs
from awaitify_codemods.objections import Objections
from awaitify_codemods.objections.vacuous import Vacuous
from awaitify_codemods.sources import Sources


@dataclass(frozen=True, eq=False)
class Project:
    """The facts of a project, whatever becomes of it.

    Args:
        test_code: the files that may become async.
        sources: the files, and what the configuration says of them.

    """

    index: Index
    runners: Runners
    sites: Sites
    reach: Reach
    references: References
    receivers: Receivers
    objections: Objections
    boundaries: Boundaries
    leftovers: Leftovers
    cases: Cases
    vacuous: Vacuous
    class_loops: ClassLoops
    set_ups: SetUps
    conversions: Conversions
    test_code: frozenset[str]
    sources: Sources
    executed: dict[str, Executed] = field(default_factory=dict)
    """The tests that were executed already, here or in an earlier project."""

    def default_scopes(self, path: str) -> tuple[str, str]:
        """Return the loop scopes of fixtures and of tests where nothing says one."""
        return self.sources.default_scopes(path)

    @property
    def fixtures(self) -> Fixtures:
        """Which fixtures tests get."""
        return self.objections.context.fixtures

    @cached_property
    def mocks(self) -> Findings:
        """What the tests do with their mocks; dear, and only found when asked for."""
        tests = self.sources.tests
        hops = frozenset(each.hop for each in definitions(self.index) if each.hop)
        runs = Runs(self.index, self.fixtures, tests, self.test_code, hops)
        runs.earlier = self.executed
        found = runs.findings()
        self.executed.update(runs.executed)
        return found

    @property
    def users(self) -> FixtureUsers:
        """Who uses fixtures."""
        return self.objections.context.users

    @property
    def loop_fixtures(self) -> LoopFixtures:
        """The fixtures that only make loops and runners."""
        return self.objections.context.loop_fixtures

    @property
    def loop_arguments(self) -> LoopArguments:
        """The loops that calls are given."""
        return self.objections.context.loop_arguments

    @property
    def overrides(self) -> LoopOverrides:
        """What overrides the ``event_loop`` fixture."""
        return self.loop_fixtures.overrides

    @property
    def plain_set_ups(self) -> PlainSetUps:
        """The set-ups that pytest calls."""
        return self.objections.context.plain_set_ups
