"""What `awaitify prove` does, from options to an exit code."""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from awaitify import engine, progress, workflow, writing
from awaitify.config import Format, Options, UsageError
from awaitify.journal import JournalError, write
from awaitify.journal import rounds as journal
from awaitify.prove import report, store
from awaitify.prove.baseline import Measured, NoBaseline, measure, run_as_it_is
from awaitify.prove.bench import Trials, Unwritable, patience
from awaitify.prove.comparison import compare
from awaitify.prove.outcome import FINE
from awaitify.prove.planning import migrated
from awaitify.prove.proof import Proof, Verdict
from awaitify.prove.rounds import Rounds, Settled
from awaitify.prove.run import NotRun
from awaitify.prove.sides import Sides, sides_of
from awaitify.report import content, shows_changes
from awaitify.report import store as reports
from awaitify.report.lines import count
from awaitify.terminal import say
from awaitify_codemods.directives import Directives

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify.journal.runs import Run as JournalRun
    from awaitify.journal.undo import Undone
    from awaitify.progress import Tell
    from awaitify.task import Task
    from awaitify_codemods import Plan

_DOUBTS = 3
"""So often the suite as it was is run again, where a test seems to be flaky since."""
_PLUGIN = re.compile(rb"\bmark\.asyncio\b|\bpytest_asyncio\b")
_NOT_ALL = (report.Conclusion.ROLLED_BACK, report.Conclusion.REGRESSED)
DONE, WORK_REMAINS, FILES_FAILED, REGRESSED, NO_BASELINE = 0, 1, 3, 4, 5


def prove(options: Options) -> int:
    """Run the suite, migrate, run it again, and take back what regressed."""
    started = time.monotonic()
    task = _ready(options)
    if task is None:
        return FILES_FAILED
    root = task.project.root
    sides = sides_of(task.options, task.project, store.at(root))
    for note in sides.conditions.notes() if not task.options.quiet else ():
        say(f"note: {note}")
    try:
        with (
            _telling(task.options) as tell,
            journal.opened(root, writing.occasion(task.project)) as kept,
        ):
            measured, settled = _found(task, sides, kept, tell)
            run = kept.finish()
    except (NoBaseline, NotRun) as error:
        say(f"error: {error}")
        return NO_BASELINE
    sides.store.forget()
    proof = _proof(task, sides, measured, settled, run)
    proof = replace(proof, seconds=time.monotonic() - started)
    id = store.name_of(run)
    proof = sides.store.keep(id, proof, measured.evidence_as_bytes())
    return _end(task, settled, proof, id)


def _ready(options: Options) -> Task | None:
    """Return what there is to do, as the files are once an earlier proof is over.

    It is None if one that was interrupted cannot be taken back.

    Raises:
        UsageError: the tree is not what it should be to begin with.

    """
    task = workflow.load(options)
    root = task.project.root
    if options.resume:
        restored = journal.restore(root)
        if not all([_told(earlier, undone) for earlier, undone in restored]):
            return None
        if restored:
            # What was read is not what is there any more.
            task = workflow.load(options)
    elif left := write.interrupted(root):
        raise UsageError(
            f"run {left[0].id} was interrupted, and has changed files: take it back "
            f"with `awaitify undo {left[0].id}`, or go on with --resume"
        )
    else:
        store.at(root).forget()
    write.clean(root)
    workflow.refuse_dirty(task.project, task.options)
    return task


def _found(
    task: Task, sides: Sides, kept: journal.Rounds, tell: Tell
) -> tuple[Measured, Settled]:
    """Run the suite on both sides, until nothing is worse.

    Raises:
        NoBaseline: the suite cannot be run as it is.
        UsageError: the result could not be run.

    """
    measured = measure(task, sides, tell)
    plan = migrated(task, measured.evidence, tell, Directives())
    _refuse_without_plugin(sides, measured, plan)
    deadline = patience(task.options.timeout_suite, measured.runs[0])
    trials = Trials(sides.after, sides.conditions, kept, sides.store, deadline)
    settled = _settle(task, measured, trials, tell)
    return _doubted(task, sides, measured, settled, trials, tell)


def _told(run: JournalRun, undone: Undone) -> bool:
    """Say what became of an interrupted run; return whether all is as before it."""
    for failure in undone.refused:
        say(f"{failure.path}: not restored: {failure.message}")
    say(f"run {run.id}: {count(len(undone.restored), 'file')} restored")
    return not undone.refused


@contextmanager
def _telling(options: Options) -> Iterator[Tell]:
    """Yield what tells of each run of the suite; where nobody watches, line by line."""
    with progress.shown(quiet=options.quiet) as tell:
        yield say if tell is progress.nothing and not options.quiet else tell


def _refuse_without_plugin(sides: Sides, measured: Measured, run: Run) -> None:
    """Refuse what would have no plugin to run it: nothing is installed.

    Raises:
        UsageError: the result uses pytest-asyncio, and its environment has none.

    """
    known = sides.plugins
    if sides.before == sides.after:
        loaded = measured.runs[0].versions
        known |= {name.lower().replace("_", "-") for name in loaded}
    uses = any(after and _PLUGIN.search(after) for after in run.results.values())
    if uses and "pytest-asyncio" not in known:
        raise UsageError(
            "the result needs pytest-asyncio, and the environment of the suite does "
            "not have it: install it there, or name another environment with --python "
            "(and with --python-before the one for the suite as it is); nothing was "
            "changed"
        )


def _settle(task: Task, measured: Measured, trials: Trials, tell: Tell) -> Settled:
    """Find the plan that stands, and leave the tree as it says."""
    options = task.options
    while True:
        migrate = partial(migrated, task, measured.evidence, tell)
        rounds = Rounds(
            migrate, trials, measured.baseline, options.rounds, options.runs, tell
        )
        try:
            settled = rounds.settle()
            # The last plan that was run may not be the one that stands.
            trials.show(settled.attempt.run)
        except Unwritable as error:
            found = engine.without(task.project, error.faults)
            if not workflow.is_less(found, task.project):
                raise JournalError(str(error)) from error
            # What cannot be written takes with it all that depends on it.
            task = replace(task, project=found)
        else:
            return settled


def _doubted(
    task: Task,
    sides: Sides,
    measured: Measured,
    settled: Settled,
    trials: Trials,
    tell: Tell,
) -> tuple[Measured, Settled]:
    """Run the suite as it was some times more, where a test seems to be flaky since."""
    attempt = settled.attempt
    if not attempt.comparison.of(Verdict.FLAKY_SINCE):
        return measured, settled
    trials.take_back(task.project.root)
    runs = list(measured.runs)
    for number in range(len(runs), len(runs) + _DOUBTS):
        tell("Running the suite as it was again: a test seems to be flaky")
        runs.append(run_as_it_is(task, sides, number))
    trials.show(attempt.run)
    measured = replace(measured, runs=tuple(runs))
    comparison = compare(runs, attempt.after, measured.baseline.unrun)
    return measured, replace(settled, attempt=replace(attempt, comparison=comparison))


def _proof(
    task: Task,
    sides: Sides,
    measured: Measured,
    settled: Settled,
    run: str | None,
) -> Proof:
    """Return all that the reports tell."""
    attempt = settled.attempt
    plan = attempt.run.migration.plan
    results = sorted(attempt.results.items())
    return Proof(
        root=task.project.root,
        command=(*sides.after.command, *sides.after.arguments),
        before=measured.runs,
        after=attempt.after,
        comparison=attempt.comparison,
        vacuous=measured.vacuous,
        rounds=settled.rounds,
        repairs=settled.repairs,
        rolled_back=settled.rolled_back,
        inventory=_inventory(plan),
        left=Counter(f.reason for f in plan.findings if f.status == "left"),
        changed=tuple(path for path, after in results if after is not None),
        removed=tuple(path for path, after in results if after is None),
        run=run,
        again=tuple(_again(sides)),
        given_up=settled.given_up,
    )


def _inventory(plan: Plan) -> Mapping[str, tuple[int, int]]:
    """Return for each rule its sites before, and those that are left."""
    done, left = Counter[str](), Counter[str]()
    for each in plan.findings:
        if each.status in ("migrate", "newly-running"):
            done[each.rule] += 1
        elif each.status == "left":
            left[each.rule] += 1
    return {code: (done[code] + left[code], left[code]) for code in sorted(done | left)}


def _again(sides: Sides) -> Iterator[str]:
    """Yield the commands that repeat it."""
    yield shlex.join(["awaitify", *sys.argv[1:]])
    yield shlex.join([*sides.after.command, *sides.after.arguments])


def _end(task: Task, settled: Settled, proof: Proof, id: str) -> int:
    """Print the proof; return the exit code that it means."""
    options, run = task.options, settled.attempt.run
    with_patch = options.patch is not None or options.format is Format.PATCH
    found = content.of(
        run,
        "prove",
        seconds=proof.seconds,
        with_patch=with_patch,
        with_changes=shows_changes("prove", options.format)
        or len(proof.changed) + len(proof.removed) <= reports.WITH_DIFFS,
    ).as_written()
    for line in workflow.complaints(found, options):
        say(line)
    if options.patch is not None:
        workflow.save(options.patch, found.patch)
    colour = options.output is None and workflow.in_colour(options.color)
    if options.format is Format.PATCH:
        data = found.shown_patch(colour)
    else:
        data = report.render(
            proof,
            options.format,
            found,
            quiet=options.quiet,
            verbose=options.verbose,
            colour=colour,
        )
    if options.format is Format.GITHUB:
        workflow.summarize(lambda _: report.render(proof, Format.MD, found))
    try:
        reports.at(proof.root).keep(id, found)
        workflow.save(options.output, data, coloured=colour)
    finally:
        # Also where nobody reads the report to its end.
        workflow.say_how_to_undo(proof.run, options)
    return _code(found, proof, options)


def _code(found: content.Report, proof: Proof, options: Options) -> int:
    if report.conclusion(proof) in _NOT_ALL:
        return REGRESSED
    if found.faults or found.bugs or found.failures:
        return FILES_FAILED
    newly = proof.comparison.of(Verdict.NEWLY_RUNNING)
    failing = [test for test in newly if not _is_fine(proof, test)]
    if failing or (options.strict and proof.left):
        return WORK_REMAINS
    return DONE


def _is_fine(proof: Proof, test: str) -> bool:
    return proof.comparison.tests[test].after in FINE
