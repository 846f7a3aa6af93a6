"""What is known of a project: made once, for all its colourings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awaitify_codemods.boundary import Boundaries
from awaitify_codemods.facts.cases import Cases
from awaitify_codemods.facts.class_loops import ClassLoops
from awaitify_codemods.facts.fixture_users import FixtureUsers
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_fixtures import LoopFixtures
from awaitify_codemods.facts.plain_set_ups import PlainSetUps
from awaitify_codemods.facts.reach import Reach
from awaitify_codemods.facts.receivers import Receivers
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.set_ups import SetUps
from awaitify_codemods.facts.sites import Sites
from awaitify_codemods.leftovers import Leftovers
from awaitify_codemods.objections import Objections
from awaitify_codemods.objections.vacuous import Vacuous


@dataclass(frozen=True, eq=False)
class Project:
    """The facts of a project, whatever becomes of it.

    Args:
        test_code: the files that may become async.
        default_scopes: path -> the loop scopes that the configuration gives to
            fixtures and to tests there; "" where it says nothing.

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
    test_code: frozenset[str]
    default_scopes: Callable[[str], tuple[str, str]]

    @property
    def fixtures(self) -> Fixtures:
        """Which fixtures tests get."""
        return self.objections.context.fixtures

    @property
    def users(self) -> FixtureUsers:
        """Who uses fixtures."""
        return self.objections.context.users

    @property
    def loop_fixtures(self) -> LoopFixtures:
        """The fixtures that only make loops and runners."""
        return self.objections.context.loop_fixtures

    @property
    def plain_set_ups(self) -> PlainSetUps:
        """The set-ups that pytest calls."""
        return self.objections.context.plain_set_ups
