"""What the checks of a function look things up in."""

from __future__ import annotations

from dataclasses import dataclass

from awaitify_codemods.facts.asking import Asking
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.reach import Reach
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.sites import Sites


@dataclass(frozen=True, eq=False)
class Context:
    """The facts of a project, apart from what becomes of it."""

    index: Index
    runners: Runners
    sites: Sites
    reach: Reach
    asking: Asking
    references: References
    fixtures: Fixtures
