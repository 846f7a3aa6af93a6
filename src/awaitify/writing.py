"""Writes the results of a run into the tree, under the journal."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import installed_version, repository
from awaitify.apply import Change
from awaitify.journal import standing
from awaitify.journal import write as journal
from awaitify.journal.runs import Occasion
from awaitify.journal.standing import Verdict
from awaitify.journal.write import Written
from awaitify.project import Fault, Project

if TYPE_CHECKING:
    from awaitify.engine import Run


def write(run: Run) -> Written:
    """Write all results, or none if one of them cannot be written.

    Raises:
        JournalError: the journal cannot be kept; nothing was changed.

    """
    wanted = changes(run)
    if not wanted:
        return Written(None)
    return journal.write(run.project.root, wanted, occasion(run.project))


def changes(run: Run) -> list[Change]:
    """Return what a run would change, in the order in which it is done."""
    return [
        Change(run.project.root / path, run.before(path), after)
        for path, after in sorted(run.results.items())
        if after != run.before(path)
    ]


def occasion(project: Project) -> Occasion:
    """Return what a run of this command is known by in the journal."""
    return Occasion(
        command=shlex.join(["awaitify", *sys.argv[1:]]),
        version=installed_version(),
        head=repository.head(project.repository),
    )


def faults(written: Written, root: Path) -> list[Fault]:
    """Return what could not be written, as faults of the files."""
    return [
        Fault(failure.path.relative_to(root).as_posix(), 1, failure.message)
        for failure in written.failures
    ]


def reminders(root: Path) -> Iterator[str]:
    """Yield a line for each run that was killed half way and is still to be undone."""
    look = standing.looking(root)
    for run in journal.interrupted(root):
        verdicts = list(standing.verdicts(run, look).values())
        changed = verdicts.count(Verdict.AFTER)
        yield (
            f"note: run {run.id} was interrupted when {changed} of {len(verdicts)} "
            f"files were changed; to take it back: awaitify undo {run.id}"
        )
