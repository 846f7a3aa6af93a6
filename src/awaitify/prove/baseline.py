"""The suite as it was: its runs, what they show, and whether they can be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitify.prove.bench import remembered, sources
from awaitify.prove.evidence import gathered
from awaitify.prove.outcome import UNUSABLE, SuiteRun
from awaitify.prove.planning import migrated
from awaitify.prove.proof import Vacuous
from awaitify.prove.rounds import Baseline
from awaitify.prove.sides import Sides
from awaitify.prove.trouble import is_complete
from awaitify.prove.vacuous import unrun, vacuous
from awaitify_codemods.directives import Directives

if TYPE_CHECKING:
    from awaitify.progress import Tell
    from awaitify.task import Task
    from awaitify_codemods.evidence import Evidence


class NoBaseline(Exception):
    """The suite cannot be run as it is: there is nothing to compare with."""


@dataclass(frozen=True)
class Measured:
    """What the suite was like before."""

    runs: tuple[SuiteRun, ...]
    evidence: Evidence
    vacuous: tuple[Vacuous, ...]

    @property
    def baseline(self) -> Baseline:
        """Return what results are compared with."""
        return Baseline(self.runs, unrun(self.vacuous), _apis(self))

    def evidence_as_bytes(self) -> bytes:
        """Return the evidence as the JSON that ``--evidence`` takes."""
        return (json.dumps(self.evidence.as_json(), indent=1) + "\n").encode()


def measure(task: Task, sides: Sides, tell: Tell) -> Measured:
    """Run the suite as it is.

    Raises:
        NoBaseline: it cannot be run.

    """
    options = task.options
    runs = []
    for number in range(options.runs):
        tell(f"Running the suite as it is ({number + 1} of {options.runs})")
        runs.append(_usable(run_as_it_is(task, sides, number)))
    plan = migrated(task, None, tell, Directives()).migration.plan
    evidence = gathered(runs[0], task.project.files, task.project.tests)
    return Measured(tuple(runs), evidence, vacuous(runs[0], plan.findings))


def run_as_it_is(task: Task, sides: Sides, number: int) -> SuiteRun:
    """Return the n-th run of the suite as it was, from 0; the tree is as it was."""
    suite = sides.conditions.applied(sides.before, number)
    files, deadline = sources(task.project), task.options.timeout_suite
    return remembered(sides.store, suite, files, number, deadline)


def _usable(run: SuiteRun) -> SuiteRun:
    if run.ended == UNUSABLE or not run.results:
        raise NoBaseline(
            "the suite cannot be run as it is; nothing was changed. pytest said:\n"
            f"{run.output.rstrip()}"
        )
    if not is_complete(run):
        what = run.ended.replace("-", " ")
        during = f" while {run.running[0]} was running" if run.running else ""
        raise NoBaseline(
            f"the suite as it is {what}{during}: there is nothing to compare with; "
            f"nothing was changed. pytest said last:\n{run.output.rstrip()}"
        )
    return run


def _apis(measured: Measured) -> Mapping[str, str]:
    """Return what each test function drove loops with: ``run``, if it ever did."""
    found: dict[str, str] = {}
    results = measured.runs[0].results
    for drive in measured.evidence.drives:
        for test in drive.tests:
            where = results[test].definition if test in results else None
            if where is not None:
                key = f"{where.path}::{where.name}"
                if found.get(key) != "run":
                    found[key] = drive.api
    return found
