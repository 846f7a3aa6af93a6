"""What `awaitify prove` does, from options to an exit code."""

from __future__ import annotations

import json
import re
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from awaitify import engine, progress, workflow, writing
from awaitify import environment as environments
from awaitify.config import Format, Options, UsageError
from awaitify.environment import NoInterpreter
from awaitify.journal import rounds as journal
from awaitify.journal import write
from awaitify.prove import interpreter, report, store
from awaitify.prove.bench import Trials, Unwritable, patience, remembered, sources
from awaitify.prove.comparison import compare
from awaitify.prove.conditions import Conditions
from awaitify.prove.evidence import gathered
from awaitify.prove.outcome import FINE, UNUSABLE, SuiteRun
from awaitify.prove.proof import Proof, Vacuous, Verdict
from awaitify.prove.rounds import Baseline, Rounds, Settled
from awaitify.prove.run import NotRun, Suite
from awaitify.prove.store import Store
from awaitify.prove.trouble import is_complete
from awaitify.prove.vacuous import unrun, vacuous
from awaitify.report import content
from awaitify.report.lines import count
from awaitify.terminal import say
from awaitify_codemods.directives import Directives

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify.journal.runs import Run as JournalRun
    from awaitify.journal.undo import Undone
    from awaitify.progress import Tell
    from awaitify.project import Project
    from awaitify.task import Task
    from awaitify_codemods import Plan
    from awaitify_codemods.evidence import Evidence

_DOUBTS = 3
"""So often the suite as it was is run again, where a test seems to be flaky since."""
_PLUGIN = re.compile(rb"\bmark\.asyncio\b|\bpytest_asyncio\b")
_NOT_ALL = (report.Conclusion.ROLLED_BACK, report.Conclusion.REGRESSED)
DONE, WORK_REMAINS, FILES_FAILED, REGRESSED, NO_BASELINE = 0, 1, 3, 4, 5


class NoBaseline(Exception):
    """The suite cannot be run as it is: there is nothing to compare with."""


@dataclass(frozen=True)
class Sides:
    """The suite as it is run before and after, and what it is run under."""

    before: Suite
    after: Suite
    plugins: frozenset[str]
    """The distributions that the environment of the result has."""
    conditions: Conditions
    store: Store
    """What an interrupted proof has run already."""


@dataclass(frozen=True)
class Measured:
    """What the suite was like before."""

    runs: tuple[SuiteRun, ...]
    evidence: Evidence
    vacuous: tuple[Vacuous, ...]

    @property
    def baseline(self) -> Baseline:
        """Return what results are compared with."""
        return Baseline(self.runs, unrun(self.vacuous), _apis(self))


def prove(options: Options) -> int:
    """Run the suite, migrate, run it again, and take back what regressed."""
    started = time.monotonic()
    task = _ready(options)
    if task is None:
        return FILES_FAILED
    root = task.project.root
    sides = _sides(task.options, task.project, store.at(root))
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
    proof = sides.store.keep(run, proof, _as_bytes(measured.evidence))
    return _end(task, settled, proof)


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
    measured = _measure(task, sides, tell)
    plan = _migrated(task, measured.evidence, tell, Directives())
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


def _sides(options: Options, found: Project, kept: Store) -> Sides:
    """Return how the suite is run, before and after.

    Raises:
        UsageError: there is no interpreter for it, or no pytest there.

    """
    after = before = interpreter.suite(options, found)
    plugins = both = interpreter.plugins(found.environment)
    if options.python_before is not None:
        try:
            environment = environments.find(options.python_before, found.root)
        except NoInterpreter as error:
            raise UsageError(f"--python-before: {error}") from error
        earlier = replace(options, python=options.python_before, command=None)
        before = interpreter.suite(earlier, replace(found, environment=environment))
        both &= interpreter.plugins(environment)
    conditions = Conditions(options.runs, both, shuffled=options.random_order)
    return Sides(before, after, plugins, conditions, kept)


def _measure(task: Task, sides: Sides, tell: Tell) -> Measured:
    """Run the suite as it is.

    Raises:
        NoBaseline: it cannot be run.

    """
    options = task.options
    runs = []
    for number in range(options.runs):
        tell(f"Running the suite as it is ({number + 1} of {options.runs})")
        runs.append(_usable(_run_as_it_is(task, sides, number)))
    plan = _migrated(task, None, tell, Directives()).migration.plan
    evidence = gathered(runs[0], task.project.files, task.project.tests)
    return Measured(tuple(runs), evidence, vacuous(runs[0], plan.findings))


def _run_as_it_is(task: Task, sides: Sides, number: int) -> SuiteRun:
    suite = sides.conditions.applied(sides.before, number)
    files, deadline = sources(task.project), task.options.timeout_suite
    return remembered(sides.store, suite, files, number, deadline)


def _usable(run: SuiteRun) -> SuiteRun:
    if run.ended == UNUSABLE or not run.results:
        raise NoBaseline(
            "the suite cannot be run as it is; nothing was changed. pytest said:\n"
            f"{run.output.rstrip()}"
        )
    if not is_complete(run):
        what = run.ended.replace("-", " ")
        during = f" while {run.running[0]} was running" if run.running else ""
        raise NoBaseline(
            f"the suite as it is {what}{during}: there is nothing to compare with; "
            f"nothing was changed. pytest said last:\n{run.output.rstrip()}"
        )
    return run


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
        migrate = partial(_migrated, task, measured.evidence, tell)
        rounds = Rounds(
            migrate, trials, measured.baseline, options.rounds, options.runs, tell
        )
        try:
            settled = rounds.settle()
            # The last plan that was run may not be the one that stands.
            trials.show(settled.attempt.run)
        except Unwritable as error:
            found = engine.without(task.project, error.faults)
            if found == task.project:
                raise
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
        runs.append(_run_as_it_is(task, sides, number))
    trials.show(attempt.run)
    measured = replace(measured, runs=tuple(runs))
    comparison = compare(runs, attempt.after, measured.baseline.unrun)
    return measured, replace(settled, attempt=replace(attempt, comparison=comparison))


def _migrated(
    task: Task, evidence: Evidence | None, tell: Tell, directives: Directives
) -> Run:
    """Return the migration that keeps to some directives; nothing is written."""
    project = task.project
    documents = directives.files.keys() & project.documents.keys()
    project = replace(project, closed=project.closed | documents)
    settings = replace(task.settings, directives=directives, evidence=evidence)
    # Not each file that is rewritten is worth a line.
    tell = progress.nothing if tell is say else tell
    means = workflow.means_of(task, tell)
    return engine.migrate(project, settings, means, task.wanted)


def _as_bytes(evidence: Evidence) -> bytes:
    return (json.dumps(evidence.as_json(), indent=1) + "\n").encode()


def _apis(measured: Measured) -> Mapping[str, str]:
    """Return what each test function drove loops with: ``run``, if it ever did."""
    found: dict[str, str] = {}
    results = measured.runs[0].results
    for drive in measured.evidence.drives:
        for test in drive.tests:
            where = results[test].definition if test in results else None
            if where is not None:
                key = f"{where.path}::{where.name}"
                if found.get(key) != "run":
                    found[key] = drive.api
    return found


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


def _end(task: Task, settled: Settled, proof: Proof) -> int:
    """Print the proof; return the exit code that it means."""
    options, run = task.options, settled.attempt.run
    with_patch = options.patch is not None or options.format is Format.PATCH
    found = content.of(run, "prove", seconds=proof.seconds, with_patch=with_patch)
    for line in workflow.complaints(found, options):
        say(line)
    if options.patch is not None:
        workflow.save(options.patch, found.patch)
    if options.format is Format.PATCH:
        data = found.shown_patch(workflow.in_colour(options.color))
    else:
        data = report.render(
            proof,
            options.format,
            quiet=options.quiet,
            verbose=options.verbose,
            colour=options.output is None and workflow.in_colour(options.color),
        )
    try:
        workflow.save(options.output, data)
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
