"""What the checks of a function look things up in."""

from __future__ import annotations

from dataclasses import dataclass, field

from awaitify_codemods.facts.asking import Asking
from awaitify_codemods.facts.cases import Cases
from awaitify_codemods.facts.class_loops import ClassLoops
from awaitify_codemods.facts.fixture_decorators import requested_parameters
from awaitify_codemods.facts.fixture_users import FixtureUsers
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_arguments import LoopArguments
from awaitify_codemods.facts.loop_fixtures import LoopFixtures
from awaitify_codemods.facts.loops import LoopUse, use_of_loops
from awaitify_codemods.facts.plain_set_ups import PlainSetUps
from awaitify_codemods.facts.reach import Reach
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.sites import Refusal, Sites
from awaitify_codemods.facts.values import Function


@dataclass(frozen=True, eq=False)
class Context:
    """The facts of a project, apart from what becomes of it; remembers answers."""

    index: Index
    runners: Runners
    sites: Sites
    reach: Reach
    asking: Asking
    references: References
    fixtures: Fixtures
    cases: Cases
    class_loops: ClassLoops
    loop_fixtures: LoopFixtures
    users: FixtureUsers
    plain_set_ups: PlainSetUps
    loop_arguments: LoopArguments
    fixture_loops: dict[Function, Refusal | None] = field(default_factory=dict)
    """Of each fixture, why tests that use it stay."""
    _loops: dict[Function, LoopUse] = field(default_factory=dict)

    def loops(self, function: Function) -> LoopUse:
        """Return what becomes of the loops a function makes."""
        if function not in self._loops:
            self._loops[function] = (
                LoopUse()
                if function.is_async
                else use_of_loops(
                    function.module,
                    function.scope,
                    self.index,
                    self._given(function),
                    self.loop_arguments.goes,
                )
            )
        return self._loops[function]

    def _given(self, function: Function) -> list[str]:
        """Return the parameters to which fixtures give a loop."""
        given = self.loop_fixtures
        if given.gives(function):
            return []
        parameters = set(requested_parameters(function))
        return [
            name
            for name, fixture in given.dropped(function).items()
            if name in parameters and given.gives(fixture) == "loop"
        ]
