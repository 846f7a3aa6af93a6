"""Runs the codemods over a project, in several processes if that pays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from awaitify.project import Fault, Project

if TYPE_CHECKING:
    from awaitify_codemods.migrate import Migration, Settings, Sources
    from awaitify_codemods.plan import Plan

# Below this much source a pool costs more than it saves: starting it takes about
# as long as rewriting this many bytes in one process.
_WORTH_A_POOL = 200_000


class _Lost(Exception):
    """A file on which the interpreter itself crashed."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(path, 1, message)


@dataclass(frozen=True)
class Run:
    """A project and what became of it."""

    project: Project
    migration: Migration

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Files that could not be used, found at any stage."""
        errors = self.migration.errors
        found = (Fault(error.path, error.line, error.message) for error in errors)
        return (*self.project.faults, *found)


def migrate(project: Project, settings: Settings, jobs: int | None) -> Run:
    """Analyse a project and compute its new files; nothing is written.

    A file whose worker dies is put out of reach, and the plan is made again.
    """
    from awaitify_codemods import migrate as core

    spread = partial(_map, jobs or os.cpu_count() or 1)
    while True:
        try:
            migration = core.migrate(sources(project), settings, spread)
        except _Lost as lost:
            project = without(project, [lost.fault])
            continue
        return Run(project, migration)


def replay(project: Project, plan: Plan) -> Run:
    """Carry out a stored plan; nothing is written.

    Raises:
        awaitify_codemods.plan.PlanError: it was made for other bytes.

    """
    from awaitify_codemods import migrate as core

    return Run(project, core.replay(plan, sources(project)))


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
    from awaitify_codemods.migrate import Sources

    return Sources(
        files=project.files,
        selected=project.selected,
        tests=project.tests,
        roots=project.roots,
        modes=project.modes,
        foreign=project.environment.reader(),
    )


def _map(jobs: int, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterable[Any]:
    """Do what `map` does, in up to `jobs` processes once there is enough to do."""
    waiting = list(items)
    weights = list(map(_weight, waiting))
    workers = min(jobs, len(waiting))
    if workers < 2 or sum(weights) < _WORTH_A_POOL:
        return map(work, waiting)
    from awaitify import pool

    heaviest = sorted(range(len(waiting)), key=lambda n: -weights[n])
    try:
        return pool.spread(work, waiting, workers, heaviest)
    except pool.WorkerDied as death:
        raise _Lost(_path(death.item), str(death)) from death


def _weight(item: Any) -> int:
    """Return how many bytes of source an item carries."""
    if isinstance(item, bytes):
        return len(item)
    return sum(map(_weight, item)) if isinstance(item, tuple) else 0


def _path(item: Any) -> str:
    """Return the file that an item is about."""
    return str(item if isinstance(item, str) else item[0])
