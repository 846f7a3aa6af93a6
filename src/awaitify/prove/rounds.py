"""Run, compare, plan again: until no test is worse off than before.

Only runs of the whole suite count: what becomes async in one file can take the
current event loop away from tests in another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from awaitify.prove.comparison import compare
from awaitify.prove.ladder import Known, Level, Step, known, steps
from awaitify.prove.outcome import FINISHED, SuiteRun
from awaitify.prove.proof import Comparison, Repair, RolledBack, Round, Verdict
from awaitify.prove.search import Part, culprits
from awaitify.prove.trouble import Trouble, troubles
from awaitify_codemods.directives import Directives

if TYPE_CHECKING:
    from awaitify.engine import Run

Migrate = Callable[[Directives], "Run"]
"""Makes the migration that keeps to some directives; nothing is written."""


class Bench(Protocol):
    """Runs the suite on the code as it is to be, and knows what it ran already."""

    def outcome(self, result: Run, number: int) -> SuiteRun:
        """Return the n-th run of the suite on a result, from 0."""


@dataclass(frozen=True)
class Attempt:
    """A plan, and what the suite says of it."""

    run: Run
    after: tuple[SuiteRun, ...]
    comparison: Comparison
    troubles: tuple[Trouble, ...]

    @property
    def results(self) -> Mapping[str, bytes | None]:
        """Return what it makes of the files that it changes."""
        return self.run.results


@dataclass(frozen=True)
class Settled:
    """What came of all rounds."""

    attempt: Attempt
    rounds: tuple[Round, ...]
    repairs: tuple[Repair, ...]
    rolled_back: tuple[RolledBack, ...]
    given_up: bool


@dataclass(frozen=True)
class Baseline:
    """What results are compared with."""

    runs: tuple[SuiteRun, ...]
    unrun: frozenset[str] = frozenset()
    """The node ids of tests that passed without running."""
    api: Mapping[str, str] = field(default_factory=dict)
    """Function -> what it drove loops with."""


class _Exhausted(Exception):
    """There were as many runs of the suite as there may be."""


@dataclass(eq=False)
class Rounds:
    """The search for the largest plan with which every test is as good as before.

    Args:
        migrate: makes plans.
        bench: runs the suite on them.
        baseline: the suite before.
        limit: how many plans may be run.
        repeats: how often the last one is.
        tell: called with what is being done.

    """

    migrate: Migrate
    bench: Bench
    baseline: Baseline
    limit: int = 20
    repeats: int = 1
    tell: Callable[[str], None] = lambda text: None
    _history: list[Round] = field(default_factory=list)
    _current: dict[str, tuple[Step, Trouble]] = field(default_factory=dict)
    _ladders: dict[str, Iterator[Step]] = field(default_factory=dict)
    _confirmed: dict[str, Trouble] = field(default_factory=dict)
    """All that was ever in trouble, in two runs of the same plan."""
    _given_up: bool = False

    def settle(self) -> Settled:
        """Return the plan that stands, and what was done to get there."""
        whole = self.migrate(Directives())
        if not whole.results:
            runs = self.baseline.runs
            nothing = Attempt(whole, (), compare(runs, runs, self.baseline.unrun), ())
            return Settled(nothing, (), (), (), given_up=False)
        attempt = self._try(whole, "the whole plan")
        plan = known(
            attempt.run.migration.plan, list(attempt.results), self.baseline.api
        )
        try:
            attempt = self._repeated(attempt)
            while attempt.troubles and attempt.results:
                attempt = self._repeated(self._mended(attempt, plan))
        except _Exhausted:
            attempt = self._last_resort(plan)
        return Settled(
            attempt,
            tuple(self._history),
            tuple(self._repairs()),
            tuple(self._rolled_back()),
            self._given_up,
        )

    def _try(self, result: Run, what: str, *, confirm: bool = True) -> Attempt:
        """Run the suite with a plan; a new trouble has to show itself twice."""
        self.tell(f"Round {len(self._history) + 1}: running the suite with {what}")
        attempt = self._judged(result, 1)
        new = {_key(each) for each in attempt.troubles} - self._confirmed.keys()
        if confirm and new and attempt.after[0].ended == FINISHED:
            self.tell(f"Round {len(self._history) + 1}: running it again, to be sure")
            attempt = self._judged(result, 2)
        self._confirmed |= {_key(each): each for each in attempt.troubles}
        number, count = len(self._history) + 1, len(attempt.troubles)
        fewest = min((each.regressed for each in self._history), default=count + 1)
        self._history.append(Round(number, what, count, count < fewest or not count))
        return attempt

    def _judged(self, result: Run, runs: int) -> Attempt:
        after = tuple(self.bench.outcome(result, number) for number in range(runs))
        comparison = compare(self.baseline.runs, after, self.baseline.unrun)
        found = troubles(comparison, self.baseline.runs, after)
        return Attempt(result, after, comparison, found)

    def _repeated(self, attempt: Attempt) -> Attempt:
        """Return an attempt without troubles as all its runs show it."""
        if attempt.troubles or len(attempt.after) >= self.repeats:
            return attempt
        self.tell(f"Running the result {self.repeats} times")
        found = self._judged(attempt.run, self.repeats)
        if found.comparison.of(Verdict.FLAKY_SINCE) and not found.troubles:
            self.tell(f"Running it {self.repeats} times more: a test is flaky")
            found = self._judged(attempt.run, 2 * self.repeats)
        return found

    def _mended(self, attempt: Attempt, plan: Known) -> Attempt:
        """Return the next attempt: every test in trouble goes one step further."""
        before = {_key(each): each for each in attempt.troubles}
        tried: list[str] = []
        candidate = attempt
        while _is_same(candidate, attempt):
            tried = self._advance(before.values(), attempt, plan)
            candidate = replace(attempt, run=self.migrate(self._directives()))
        if len(self._history) >= self.limit:
            raise _Exhausted
        found = self._try(candidate.run, ", ".join(tried))
        still = {_key(each) for each in found.troubles}
        revealed = not all(each.left_behind for each in attempt.troubles)
        if len(_counted(found.troubles, revealed=revealed)) >= len(before):
            # Not better as a whole: no repair of this round is kept.
            for key in before.keys() - still:
                if self._current[key][0].is_repair:
                    del self._current[key]
        return found

    def _advance(
        self, found: Iterable[Trouble], attempt: Attempt, plan: Known
    ) -> list[str]:
        """Take the next step for each test; say what that is, in words."""
        tried: dict[str, None] = {}
        for trouble in list(found):
            key = _key(trouble)
            ladder = self._ladders.setdefault(key, steps(trouble, plan))
            step = next(ladder, None) or self._searched(trouble, plan)
            self._current[key] = (step, trouble)
            tried[_told(step)] = None
        return list(tried)

    def _searched(self, trouble: Trouble, plan: Known) -> Step:
        """Return what makes a test fail that nothing on its ladder has helped."""
        self._current.pop(_key(trouble), None)
        base = self._directives()

        def is_fine(parts: frozenset[Part], kind: Level) -> bool:
            if len(self._history) >= self.limit:
                raise _Exhausted
            step = Step(kind.value, tuple(sorted(parts)))
            what = f"{_number(parts, kind)} left, to find what breaks {trouble.test}"
            result = self.migrate(step.added_to(base, "looked for"))
            found = self._try(result, what, confirm=False)
            # A run that ended early says nothing of the tests after that.
            ended = found.after[0].ended == FINISHED
            return ended and all(_key(each) != _key(trouble) for each in found.troubles)

        files = [path for path in sorted(plan.changed) if path not in base.files]
        guilty = culprits(files, lambda parts: is_fine(parts, Level.FILE))
        if guilty is None:
            return Step(Level.ALL.value, tuple(sorted(plan.changed)))
        inside = [each for each in plan.units if each.partition("::")[0] in guilty]
        narrow = culprits(inside, lambda parts: is_fine(parts, Level.TEST))
        if narrow is None:
            return Step(Level.FILE.value, tuple(sorted(guilty)))
        return Step(Level.TEST.value, tuple(sorted(narrow)))

    def _directives(self) -> Directives:
        directives = Directives()
        for step, trouble in self._current.values():
            kind = Level.FILE.value if step.kind == Level.ALL.value else step.kind
            directives = replace(step, kind=kind).added_to(directives, _why(trouble))
        return directives

    def _last_resort(self, plan: Known) -> Attempt:
        """Leave the files of all that was ever in trouble; and if need be, all."""
        self._given_up = True
        implicated = {
            *(each.path for each in self._confirmed.values()),
            *(
                each.partition("::")[0]
                for step, _ in self._current.values()
                for each in step.what
            ),
        } & plan.changed
        for paths in filter(None, (implicated, plan.changed)):
            level = Level.ALL if paths == plan.changed else Level.FILE
            step = Step(level.value, tuple(sorted(paths)))
            self._current = {k: (step, each) for k, each in self._confirmed.items()}
            result = self.migrate(self._directives())
            attempt = self._try(result, f"{_number(paths, Level.FILE)} left")
            if not attempt.troubles:
                break
        return attempt

    def _repairs(self) -> Iterator[Repair]:
        for step, trouble in self._current.values():
            if step.is_repair:
                yield Repair(trouble.function, step.kind, (trouble.test,))

    def _rolled_back(self) -> Iterator[RolledBack]:
        tests: dict[Step, list[Trouble]] = {}
        for step, trouble in self._current.values():
            if not step.is_repair:
                tests.setdefault(step, []).append(trouble)
        for step, found in tests.items():
            names = tuple(dict.fromkeys(each.test for each in found))
            yield RolledBack(step.what, step.kind, names, found[0].message)


def _key(trouble: Trouble) -> str:
    """Return what stands for a trouble: the tests of one function have one."""
    return trouble.function or trouble.test or trouble.path or trouble.message


def _counted(found: Sequence[Trouble], *, revealed: bool) -> set[str]:
    """Return what counts against a round; not what it has only brought to light."""
    return {
        _key(each)
        for each in found
        if not each.wants_loop and not (revealed and each.left_behind)
    }


def _is_same(one: Attempt, other: Attempt) -> bool:
    """Whether two plans have the same result, so that nothing is to be seen."""
    return dict(one.results) == dict(other.results)


def _why(trouble: Trouble) -> str:
    line = trouble.message.strip().partition("\n")[0]
    return f"{trouble.test or trouble.path} failed with it: {line}"


def _number(parts: Collection[Part], kind: Level) -> str:
    one = "file" if kind is Level.FILE else "function"
    return f"{len(parts)} {one}{'' if len(parts) == 1 else 's'}"


def _told(step: Step) -> str:
    what = f"{', '.join(step.what[:3])}{' ...' if len(step.what) > 3 else ''}"
    return f"{step.kind} for {what}" if step.is_repair else f"{what} left"
