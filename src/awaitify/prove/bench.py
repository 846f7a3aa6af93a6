"""Runs the suite on results, each of which it writes into the tree first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import writing
from awaitify.prove import store as naming
from awaitify.prove.conditions import Conditions
from awaitify.prove.outcome import FINISHED, SuiteRun
from awaitify.prove.run import Suite, run
from awaitify.prove.store import Store

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify.journal.rounds import Rounds as Journal
    from awaitify.project import Fault, Project


_FACTOR, _LEAST = 10, 60.0


class Unwritable(Exception):
    """Some files of a result cannot be written; none of it is."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(fault.path for fault in faults))
        self.faults = tuple(faults)


@dataclass(eq=False)
class Trials:
    """The runs of a suite on results; no result is run twice for the same purpose.

    Args:
        suite: what is run.
        conditions: what is different from run to run.
        journal: what is written, so that it can be taken back.
        store: what a proof that is resumed has run already.
        deadline: seconds that a run may take; None for no limit.

    """

    suite: Suite
    conditions: Conditions
    journal: Journal
    store: Store
    deadline: float | None = None
    _known: dict[tuple[str, int], SuiteRun] = field(default_factory=dict)

    def outcome(self, result: Run, number: int) -> SuiteRun:
        """Return the n-th run of the suite on a result, from 0.

        Raises:
            Unwritable: the result cannot be written.
            JournalError: the journal cannot be kept.

        """
        key = digest(result.results), number
        if key not in self._known:
            self.show(result)
            suite = self.conditions.applied(self.suite, number)
            files = {**sources(result.project), **result.results}
            self._known[key] = remembered(
                self.store, suite, files, number, self.deadline
            )
        return self._known[key]

    def show(self, result: Run) -> None:
        """Make the tree what a result says."""
        written = self.journal.write(writing.changes(result))
        if failures := writing.faults(written, result.project.root):
            raise Unwritable(failures)

    def take_back(self, root: Path) -> None:
        """Make the tree what it was; a result may follow."""
        if failures := writing.faults(self.journal.write(()), root):
            raise Unwritable(failures)


def remembered(
    store: Store,
    suite: Suite,
    files: Mapping[str, bytes | None],
    number: int,
    deadline: float | None,
) -> SuiteRun:
    """Run a suite, unless an interrupted proof has run it with the same files.

    Args:
        store: what that has kept.
        suite: what is run.
        files: those of the project as they are; None for one that is not there.
        number: which of several runs of the same it is.
        deadline: seconds that it may take; None for no limit.

    """
    name = naming.name(suite, files, number)
    known = store.recall(name)
    if known is None:
        known = run(suite, deadline=deadline)
        # How one ends that does not end by itself depends on more than files.
        if known.ended == FINISHED:
            store.remember(name, known)
    return known


def sources(project: Project) -> dict[str, bytes | None]:
    """Return the files of a project, as they were read."""
    return {**project.files, **project.documents}


def digest(results: Mapping[str, bytes | None]) -> str:
    """Return what stands for the bytes of a result."""
    total = hashlib.sha256()
    for path, source in sorted(results.items()):
        name = path.encode("utf-8", "surrogateescape")
        size = b"-" if source is None else str(len(source)).encode()
        total.update(b"%d %s %s " % (len(name), name, size))
        total.update(source or b"")
    return total.hexdigest()


def patience(wanted: float | None, first: SuiteRun) -> float:
    """Return the seconds that a run of a result may take.

    Args:
        wanted: what the user says, if anything.
        first: a run of the suite as it was.

    """
    return wanted or max(_LEAST, _FACTOR * first.seconds)
