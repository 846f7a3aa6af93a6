"""Runs the codemods over a project, or finds what they made of it before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitify import fingerprint, remembered
from awaitify.cache import Cache
from awaitify.formatting import Formatter
from awaitify.progress import Tell, nothing
from awaitify.project import Fault, Project
from awaitify.rewriting import Rewriter

if TYPE_CHECKING:
    from awaitify_codemods import Migration, Plan, Rule, Settings, Sources
    from awaitify_codemods.finishing import Finish


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


@dataclass(frozen=True)
class Means:
    """What a run may use to get its result."""

    jobs: int | None = None
    """How many processes; None for as many as there are processors."""
    cache: Cache | None = None
    formatter: Formatter | None = None
    """This one changes the result: the layout of what changes."""
    tell: Tell = nothing
    """Called with what is being done."""


def migrate(project: Project, settings: Settings, means: Means) -> Run:
    """Analyse a project and compute its new files; nothing is written."""
    given = sources(project)
    if means.cache is None:
        rewriter = Rewriter(means.jobs, tell=means.tell)
        means.tell(f"Analysing {len(given.files)} files")
        return Run(project, _migrate(given, settings, rewriter, means.formatter))
    cache, tool = means.cache, _tool(settings.others)
    witness = remembered.Witness(given, means.formatter)
    command = means.formatter.command if means.formatter else None
    name = remembered.key(tool, given, settings, command)
    migration = remembered.recall(cache, name, witness)
    if migration is None:
        means.tell(f"Analysing {len(given.files)} files")
        rewriter = Rewriter(means.jobs, cache, tool, means.tell)
        finish = witness.finish if means.formatter else None
        migration = _migrate(witness.watched(), settings, rewriter, finish)
        if not rewriter.unlucky:
            remembered.keep(cache, name, migration, witness)
    return Run(project, migration)


def replay(
    project: Project, plan: Plan, means: Means, others: Sequence[type[Rule]]
) -> Run:
    """Carry out a stored plan; nothing is written.

    Args:
        project: the files.
        plan: what `migrate` made of them.
        means: what to use for it.
        others: the rules beside our own that the plan may be of.

    Raises:
        awaitify_codemods.PlanError: it was made for other bytes.

    """
    import awaitify_codemods as core

    rewriter = Rewriter(means.jobs, tell=means.tell)
    if means.cache is not None:
        rewriter = Rewriter(means.jobs, means.cache, _tool(others), means.tell)
    return Run(
        project, core.replay(plan, sources(project), rewriter, others, means.formatter)
    )


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
        loop_scopes=project.loop_scopes,
    )


def _migrate(
    given: Sources, settings: Settings, rewriter: Rewriter, finish: Finish | None
) -> Migration:
    import awaitify_codemods as core

    return core.migrate(given, settings, rewriter, finish)


def _tool(others: Iterable[type[Rule]]) -> str:
    return fingerprint.of_tool({rule.__module__.partition(".")[0] for rule in others})
