"""Runs the codemods over a project, in several processes if that pays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from awaitify.project import Fault, Project

if TYPE_CHECKING:
    from awaitify_codemods import Migration, Plan, Rule, Settings, Sources
    from awaitify_codemods.pipeline import Job, Transformed

# Below this much source a pool costs more than it saves: starting it takes about
# as long as rewriting this many bytes in one process.
_WORTH_A_POOL = 200_000


@dataclass(frozen=True)
class Run:
    """A project and what became of it."""

    project: Project
    migration: Migration

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Files that could not be used, found at any stage.

        Files that were only read do not count: what they keep from being decided
        is left, with a reason of its own.
        """
        found = (
            Fault(error.path, error.line, error.message)
            for error in self.migration.errors
            if error.path in self.project.selected
        )
        return (*self.project.faults, *found)


def migrate(project: Project, settings: Settings, jobs: int | None) -> Run:
    """Analyse a project and compute its new files; nothing is written."""
    import awaitify_codemods as core

    transform = partial(_transform, jobs or os.cpu_count() or 1)
    return Run(project, core.migrate(sources(project), settings, transform))


def replay(
    project: Project, plan: Plan, jobs: int | None, others: Sequence[type[Rule]]
) -> Run:
    """Carry out a stored plan; nothing is written.

    Args:
        project: the files.
        plan: what `migrate` made of them.
        jobs: how many processes to use at most.
        others: the rules beside our own that the plan may be of.

    Raises:
        awaitify_codemods.PlanError: it was made for other bytes.

    """
    import awaitify_codemods as core

    transform = partial(_transform, jobs or os.cpu_count() or 1)
    return Run(project, core.replay(plan, sources(project), transform, others))


def without(project: Project, faults: Iterable[Fault]) -> Project:
    """Return the project with some files out of reach, and the reasons noted."""
    noted = tuple(faults)
    lost = {fault.path for fault in noted}
    return replace(
        project,
        selected=project.selected - lost,
        faults=(*project.faults, *noted),
    )


def sources(project: Project) -> Sources:
    """Return the project as the codemods want it."""
    from awaitify_codemods import Sources

    return Sources(
        files=project.files,
        selected=project.selected,
        tests=project.tests,
        roots=project.roots,
        modes=project.modes,
        foreign=project.environment.reader(),
        within=project.environment.lister(),
    )


def _transform(processes: int, jobs: Sequence[Job]) -> Iterable[Transformed]:
    """Rewrite files, in up to so many processes once there is enough to do."""
    from awaitify_codemods.pipeline import transform_each, transform_one

    weights = [len(job.source) for job in jobs]
    workers = min(processes, len(jobs))
    if workers < 2 or sum(weights) < _WORTH_A_POOL:
        return transform_each(jobs)
    from awaitify import pool

    heaviest = sorted(range(len(jobs)), key=lambda n: -weights[n])
    answers = pool.spread(transform_one, jobs, workers, heaviest)
    crashed = "the process that rewrote it crashed"
    return (
        crashed if isinstance(answer, pool.Crashed) else answer for answer in answers
    )
