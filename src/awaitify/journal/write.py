"""Writes a run: recorded, carried out, and forgotten if nothing came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from awaitify import apply, interrupts
from awaitify.apply import Change, Failure
from awaitify.journal import runs, standing, state
from awaitify.journal.runs import Occasion, Run
from awaitify.journal.standing import Verdict


@dataclass(frozen=True)
class Written:
    """What became of changes that were to be written."""

    run: str | None
    """The id of the run in the journal; None if nothing was changed."""
    failures: tuple[Failure, ...] = ()
    """Unless it is empty, what could be restored was."""


def write(root: Path, changes: Sequence[Change], what: Occasion) -> Written:
    """Carry out all changes or none, so that they can be undone.

    Raises:
        JournalError: the journal cannot be kept; nothing was changed.
        KeyboardInterrupt: nothing was changed, or it says what undoes it.

    """
    if not changes:
        return Written(None)
    if failures := apply.verify(changes, root):
        return Written(None, failures)
    written = Written(None)
    try:
        place = state.make(root)
        with state.lock(place), interrupts.deferred() as pause:
            written = _write(place, root, changes, what, pause)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(*error.args or [account(written.run)]) from error
    return written


def _write(
    place: Path,
    root: Path,
    changes: Sequence[Change],
    what: Occasion,
    pause: Callable[[], None],
) -> Written:
    try:
        run = runs.begin(place, root, changes, what)
    except OSError:
        # One of the files is gone.
        return Written(None, apply.verify(changes, root))
    try:
        failures = apply.apply(changes, root, pause)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(account(_settle(run, root))) from error
    except BaseException:
        _settle(run, root)
        raise
    if failures:
        return Written(_settle(run, root), failures)
    runs.finish(run)
    return Written(run.id)


def account(run: str | None) -> str:
    """Return what to say of a run that was interrupted."""
    if run is None:
        return "nothing was changed"
    return f"what was changed is taken back by: awaitify undo {run}"


def clean(root: Path) -> None:
    """Remove what killed runs have left in the tree and in the journal.

    What they changed stays, and stays in the journal.
    """
    place = state.place(root)
    if not place.is_dir():
        return
    with state.lock(place, wait=False) as got:
        # Otherwise it is somebody's at this moment, and not litter.
        if got:
            runs.clear_remains(place)
            for run in runs.unfinished(root):
                if not standing.is_held(run):
                    _settle(run, root)


def interrupted(root: Path) -> list[Run]:
    """Return the runs that were killed half way and are not taken back yet."""
    look = standing.looking(root)
    found = []
    for run in runs.unfinished(root):
        verdicts = standing.verdicts(run, look).values()
        state = standing.of(run, verdicts)
        if state is standing.State.INTERRUPTED and Verdict.AFTER in verdicts:
            found.append(run)
    return found


def _settle(run: Run, root: Path) -> str | None:
    """Forget a run that has changed nothing; return its id if it has."""
    standing.clear_litter(run, root)
    verdicts = set(standing.verdicts(run, standing.looking(root)).values())
    if verdicts == {Verdict.BEFORE}:
        runs.drop(run.directory)
        return None
    # Where another round was to follow, nobody knows whether this was the last one.
    if verdicts == {Verdict.AFTER} and not run.is_open:
        runs.finish(run)
    return run.id
