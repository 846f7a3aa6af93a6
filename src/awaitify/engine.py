"""Runs the codemods over a project, in several processes if that pays."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, Any, TypeVar

from awaitify.project import Fault, Project

if TYPE_CHECKING:
    from awaitify_codemods.migrate import Migration, Settings, Sources
    from awaitify_codemods.plan import Plan

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Below this much source a pool costs more than it saves: starting it takes about
# as long as rewriting this many bytes in one process.
_WORTH_A_POOL = 200_000


class WorkerDied(Exception):
    """The process that worked on an item ended without an answer."""

    def __init__(self, path: str) -> None:
        super().__init__("the process that rewrote it died")
        self.path = path


@dataclass(frozen=True)
class Run:
    """A project and what became of it."""

    project: Project
    migration: Migration
    seconds: float

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

    started = time.monotonic()
    while True:
        try:
            with _mapper(jobs or os.cpu_count() or 1) as mapper:
                migration = core.migrate(sources(project), settings, mapper)
        except WorkerDied as death:
            project = without(project, [Fault(death.path, 1, str(death))])
            continue
        return Run(project, migration, time.monotonic() - started)


def replay(project: Project, plan: Plan) -> Run:
    """Carry out a stored plan; nothing is written.

    Raises:
        awaitify_codemods.plan.PlanError: it was made for other bytes.

    """
    from awaitify_codemods import migrate as core

    started = time.monotonic()
    migration = core.replay(plan, sources(project))
    return Run(project, migration, time.monotonic() - started)


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


Mapper = Callable[[Callable[[_Item], _Result], Iterable[_Item]], Iterable[_Result]]
"""The built-in `map`, or something that does the same elsewhere."""


@contextmanager
def _mapper(jobs: int) -> Iterator[Mapper[Any, Any]]:
    """Give a `map` that starts up to `jobs` processes once there is enough to do."""

    def spread(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterable[Any]:
        waiting = list(items)
        workers = min(jobs, len(waiting))
        if workers < 2 or sum(map(_weight, waiting)) < _WORTH_A_POOL:
            return map(work, waiting)
        return _in_processes(work, waiting, workers)

    yield spread


def _in_processes(
    work: Callable[[Any], Any], items: Sequence[Any], workers: int
) -> list[Any]:
    # Loaded here, it is there in every process that is forked.
    import libcst  # noqa: F401

    with ProcessPoolExecutor(workers, _context()) as pool:
        # The longest first, so that none of them is begun when all else is done.
        order = sorted(range(len(items)), key=lambda n: -_weight(items[n]))
        futures = {n: pool.submit(work, items[n]) for n in order}
        return [_answer(futures[n], work, items[n]) for n in range(len(items))]


def _answer(future: Future[Any], work: Callable[[Any], Any], item: Any) -> Any:
    try:
        return future.result()
    except BrokenProcessPool:
        # A death breaks the pool for all: only who dies alone is to blame.
        with ProcessPoolExecutor(1, _context()) as alone:
            try:
                return alone.submit(work, item).result()
            except BrokenProcessPool as error:
                raise WorkerDied(_path(item)) from error


def _context() -> BaseContext:
    # Forking is the fastest by far, but safe on Linux only, and with one thread.
    safe = sys.platform == "linux" and threading.active_count() == 1
    return get_context("fork" if safe else "spawn")


def _weight(item: Any) -> int:
    """Return how many bytes of source an item carries."""
    if isinstance(item, bytes):
        return len(item)
    return sum(map(_weight, item)) if isinstance(item, tuple) else 0


def _path(item: Any) -> str:
    """Return the file that an item is about."""
    return str(item if isinstance(item, str) else item[0])
