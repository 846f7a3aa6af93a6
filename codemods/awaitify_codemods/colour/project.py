"""What is known of a project: made once, for all its colourings."""

from __future__ import annotations

from dataclasses import dataclass

from awaitify_codemods.boundary import Boundaries
from awaitify_codemods.facts.cases import Cases
from awaitify_codemods.facts.class_loops import ClassLoops
from awaitify_codemods.facts.index import Index
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
