"""The plan of a project that keeps to what running it has taught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awaitify import engine, progress, workflow
from awaitify.terminal import say
from awaitify_codemods.directives import Directives

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify.progress import Tell
    from awaitify.task import Task
    from awaitify_codemods.evidence import Evidence


def migrated(
    task: Task, evidence: Evidence | None, tell: Tell, directives: Directives
) -> Run:
    """Return the migration that keeps to some directives; nothing is written."""
    settings = replace(task.settings, directives=directives, evidence=evidence)
    # Not each file that is rewritten is worth a line.
    tell = progress.nothing if tell is say else tell
    means = workflow.means_of(task, tell)
    return engine.migrate(task.project, settings, means, task.wanted)
