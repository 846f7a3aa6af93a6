"""Two sides of a suite, before and after, compared test by test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from awaitify.prove.outcome import (
    COLLECTED,
    ERROR,
    FAILED,
    PASSED,
    SKIPPED,
    XFAILED,
    XPASSED,
    SuiteRun,
    TestResult,
)
from awaitify.prove.proof import Compared, Comparison, More, Verdict

_RANKS: Mapping[str, int] = {PASSED: 2, XPASSED: 2, XFAILED: 1}
"""The higher, the better; what is not here is 0."""
_BAD = (ERROR, FAILED, COLLECTED, "", SKIPPED, XFAILED, XPASSED, PASSED)
"""The worst outcome first; "" is that of a test that is not there."""
_NO_RUNNER = re.compile(
    r"async def function and no async plugin|async def functions are not natively"
)
"""What pytest says of a coroutine function that nothing runs (7, and from 8.4 on)."""


def compare(
    before: Sequence[SuiteRun],
    after: Sequence[SuiteRun],
    vacuous: Collection[str] = frozenset(),
) -> Comparison:
    """Compare runs of the code as it was with runs of the result.

    Args:
        before: one run or more of the same code.
        after: the same of the result.
        vacuous: the node ids of tests that passed without running.

    """
    first = list(before[0].results) if before else []
    before = [_aligned(run, first) for run in before]
    after = [_aligned(run, first) for run in after]
    ids = dict.fromkeys(key for run in (*before, *after) for key in run.results)
    tests = {key: _compared(key, before, after, vacuous) for key in ids}
    return Comparison(
        tests,
        tuple(_more(before, after)),
        _collection(before),
        _collection(after),
    )


def _aligned(run: SuiteRun, first: Sequence[str]) -> SuiteRun:
    """Return a run whose tests have the node ids that they had at first.

    Some ids differ from run to run, as they hold an address or a time. Within one
    function the n-th that is new is the n-th that is missing, if they are as many.
    """
    missing = _by_function(key for key in first if key not in run.results)
    known = set(first)
    new = _by_function(key for key in run.results if key not in known)
    names = {
        one: other
        for function, keys in new.items()
        if len(keys) == len(missing.get(function, ()))
        for one, other in zip(keys, missing[function], strict=True)
    }
    if not names:
        return run
    return replace(
        run,
        results={names.get(key, key): each for key, each in run.results.items()},
        complaints=tuple(
            replace(each, test=names.get(each.test, each.test))
            for each in run.complaints
        ),
        running=tuple(names.get(key, key) for key in run.running),
    )


def _by_function(keys: Iterable[str]) -> dict[str, list[str]]:
    """Return node ids with parameters, by what stands before these."""
    found: dict[str, list[str]] = {}
    for key in keys:
        function, bracket, _ = key.partition("[")
        if bracket:
            found.setdefault(function, []).append(key)
    return found


def harmed(comparison: Comparison, after: Sequence[SuiteRun]) -> list[str]:
    """Return the node ids of the tests that are worse off, each once.

    They are lost or regressed. If none is, they are those that leave something behind
    that they did not: a test that fails does so, too, and which test is told of it is
    chance. What passes now and then has to fail twice: a loaded machine makes tests
    fail.
    """
    worse = comparison.of(Verdict.LOST, Verdict.REGRESSED)
    for test in comparison.of(Verdict.FLAKY_SINCE):
        results = [run.results[test] for run in after if test in run.results]
        if sum(each.outcome in (FAILED, ERROR) for each in results) > 1:
            worse.append(test)
    return worse or _littering(comparison)


def _littering(comparison: Comparison) -> list[str]:
    # What never ran may well leave something behind as it runs for the first time.
    fresh = set(comparison.of(Verdict.NEWLY_RUNNING))
    blamed = [test for more in comparison.more for test in more.tests]
    return [test for test in dict.fromkeys(blamed) if test and test not in fresh]


def is_skipped_for_want_of_a_runner(result: TestResult) -> bool:
    """Whether pytest has skipped a coroutine function, as nothing could run it."""
    return result.outcome == SKIPPED and bool(_NO_RUNNER.search(result.message))


def _compared(
    key: str,
    before: Sequence[SuiteRun],
    after: Sequence[SuiteRun],
    vacuous: Collection[str],
) -> Compared:
    one = [run.results.get(key) for run in before]
    other = [run.results.get(key) for run in after]
    was, now = _worst(one), _worst(other)
    unrun = key in vacuous or any(
        each and is_skipped_for_want_of_a_runner(each) for each in one
    )
    return Compared(
        _verdict(_outcomes(one), _outcomes(other), unrun),
        was,
        now,
        next((each.message for each in other if each and each.outcome == now), ""),
        _seconds(one),
        _seconds(other),
    )


def _verdict(one: Sequence[str], other: Sequence[str], unrun: bool) -> Verdict:
    was, now = _first(one), _first(other)
    if not any(one):
        return Verdict.ADDED
    if not any(other):
        return Verdict.LOST
    if _differ(one):
        return Verdict.FLAKY
    if unrun and now not in ("", SKIPPED, COLLECTED):
        return Verdict.NEWLY_RUNNING
    if _differ(other):
        return Verdict.FLAKY_SINCE
    if now in ("", SKIPPED, COLLECTED):
        return Verdict.SAME if was == now else Verdict.LOST
    if _rank(now) < _rank(was) or (was == SKIPPED and not _rank(now)):
        return Verdict.REGRESSED
    if _rank(now) > _rank(was):
        return Verdict.FIXED
    return Verdict.SAME if _rank(now) else Verdict.FAILED_BEFORE


def _outcomes(results: Sequence[TestResult | None]) -> list[str]:
    return [each.outcome if each else "" for each in results]


def _differ(outcomes: Sequence[str]) -> bool:
    """Whether runs of the same code disagree about a test."""
    return len({_rank(each) for each in outcomes}) > 1


def _rank(outcome: str) -> int:
    return _RANKS.get(outcome, 0)


def _first(outcomes: Sequence[str]) -> str:
    return min(outcomes, key=_BAD.index, default="")


def _worst(results: Sequence[TestResult | None]) -> str:
    return _first(_outcomes(results))


def _seconds(results: Sequence[TestResult | None]) -> float:
    times = [each.seconds for each in results if each]
    return sum(times) / len(times) if times else 0.0


def _collection(runs: Sequence[SuiteRun]) -> dict[str, str]:
    return {path: why for run in runs for path, why in run.collection.items()}


def _more(before: Sequence[SuiteRun], after: Sequence[SuiteRun]) -> Iterator[More]:
    """Yield what is complained about more than before, in every run of the result.

    Counted by name: when garbage is collected, and so which test is told of it,
    differs from run to run.
    """
    known = [_complaints(run) for run in before]
    found = [_complaints(run) for run in after]
    names = dict.fromkeys(name for counts in found for name in counts)
    for kind, name in names:
        most = max((counts[kind, name].total() for counts in known), default=0)
        least = min(counts[kind, name].total() for counts in found)
        if least > most:
            earlier = Counter[str]()
            for counts in known:
                earlier |= counts[kind, name]
            tests = found[0][kind, name] - earlier
            yield More(kind, name, most, least, tuple(tests))


_Complaints = Mapping[tuple[str, str], "Counter[str]"]
"""Kind and name -> how often each test caused it."""


class _Counts(dict[tuple[str, str], "Counter[str]"]):
    def __missing__(self, key: tuple[str, str]) -> Counter[str]:
        return Counter()


def _complaints(run: SuiteRun) -> _Complaints:
    counts = _Counts()
    for each in run.complaints:
        counts.setdefault((each.kind, each.name), Counter())[each.test] += 1
    return counts
