"""What `awaitify review` does, from options to an exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitify import engine, progress, report, workflow, writing
from awaitify.config import Format, Options, UsageError
from awaitify.flags import By
from awaitify.journal import state
from awaitify.journal import write as journal
from awaitify.report import content
from awaitify.report.lines import count
from awaitify.review.decisions import Answer, Kept, kept
from awaitify.review.dialogue import Dialogue, Ended, Talk, Terminal
from awaitify.review.session import Session, Settled
from awaitify.terminal import say, say_all
from awaitify_codemods.directives import Directives

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify.task import Task

_KEPT = "nothing was written; what was answered is kept, and `awaitify review` goes on"


def review(
    options: Options,
    *,
    by: By = By.TEST,
    again: bool = False,
    talk: Talk | None = None,
) -> int:
    """Ask for each change whether it is wanted, and write those that are.

    Args:
        options: what the flags say.
        by: the order of questions.
        again: whether to forget what was answered before.
        talk: who is asked; by default the terminal.

    """
    if talk is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError(
                "review asks its questions on a terminal, and there is none: "
                "`diff` shows all changes, `fix` makes them"
            )
        talk = Terminal(workflow.in_colour(options.color))
    started = time.monotonic()
    task = workflow.load(options)
    root = task.project.root
    journal.clean(root)
    workflow.refuse_dirty(task.project, task.options)
    place = state.make(root)
    with state.lock(place, wait=False, name="review") as got:
        if not got:
            raise UsageError("somebody else is reviewing changes here")
        known = kept(place)
        if again:
            known.only(())
        try:
            settled = _settled(task, known, by, talk)
        except (Ended, KeyboardInterrupt) as end:
            raise KeyboardInterrupt(_KEPT) from end
        return _written(task, settled, known, started)


def _settled(task: Task, known: Kept, by: By, talk: Talk) -> Settled:
    def plan(directives: Directives, sources: Mapping[str, bytes]) -> Run:
        project = replace(task.project, files={**task.project.files, **sources})
        settings = replace(task.settings, directives=directives)
        with progress.shown(quiet=task.options.quiet) as tell:
            means = workflow.means_of(task, tell)
            return engine.migrate(project, settings, means, task.wanted)

    def check(
        run: Run, results: Mapping[str, bytes | None], directives: Directives
    ) -> Sequence[str]:
        settings = replace(task.settings, directives=directives)
        bugs = engine.checked(run, results, settings, task.wanted)
        return [f"{bug.path}: {bug.check}: {bug.message}" for bug in bugs]

    session = Session(plan, check, Dialogue(talk, known), known, task.project.files, by)
    return session.settle()


def _written(task: Task, settled: Settled, known: Kept, started: float) -> int:
    """Write what was taken, in one run of the journal; say what came of all."""
    options, run = task.options, settled.run
    results = {
        path: after
        for path, after in settled.results.items()
        if after != task.project.files[path]
    }
    run = replace(run, migration=replace(run.migration, results=results))
    result = content.of(
        run, "review", seconds=time.monotonic() - started, with_patch=False
    )
    for line in workflow.complaints(result, options):
        say(line)
    written = writing.write(run)
    for fault in writing.faults(written, run.project.root):
        say(f"{result.shown(fault.path)}: error: {fault.message}")
    if written.failures:
        say(_KEPT)
        return workflow.FILES_FAILED
    known.only([Answer.NO])
    if not options.quiet:
        say(_told(settled))
        summary = report.render(result.as_written(), Format.TEXT, quiet=True)
        say_all(summary.decode("utf-8", "surrogateescape").rstrip("\n"))
    workflow.say_how_to_undo(written.run, options)
    if result.faults or result.bugs or result.failures:
        return workflow.FILES_FAILED
    return workflow.WORK_REMAINS if settled.open else workflow.DONE


def _told(settled: Settled) -> str:
    parts = [
        f"{count(settled.taken, 'change')} taken",
        f"{settled.refused} refused",
        f"{settled.suppressed} suppressed",
    ]
    if settled.open:
        parts.append(f"{settled.open} left open")
    if settled.refused:
        parts.append("`awaitify review --again` asks about those again")
    return f"{', '.join(parts)}."
