"""The tests that are worse off with a plan, and what is known about why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from awaitify.prove.comparison import harmed
from awaitify.prove.outcome import (
    COLLECTED,
    ERROR,
    FAILED,
    FINISHED,
    Frame,
    SuiteRun,
    TestResult,
)
from awaitify.prove.proof import Comparison

_NO_LOOP = re.compile(r"no (current|running) event loop", re.IGNORECASE)
_INSIDE = re.compile(
    r"cannot be called from a running event loop|event loop is already running"
    r"|while another loop is running"
)
"""What is said where a loop is to be run inside another (CPython, uvloop)."""
_COLLECTION = "could not be collected"


@dataclass(frozen=True)
class Trouble:
    """One test that is worse off."""

    test: str
    """Its node id; a path, where a whole file cannot be collected; "" if it is not
    known which test it is."""
    function: str
    """Its definition, ``path::TestX::test_y``; "" if that is not known."""
    path: str
    """The file of its definition, or of what could not be collected."""
    message: str
    frames: tuple[Frame, ...] = ()
    failed: bool = False
    """Whether it ran, and failed where it was called."""
    hung: bool = False
    """Whether the run ended while it was running."""
    left_behind: bool = False
    """Whether it is only about what a test leaves: hidden as long as others fail."""

    @property
    def wants_loop(self) -> bool:
        """Whether it says that there is no event loop."""
        return bool(_NO_LOOP.search(self.message))

    @property
    def runs_inside(self) -> bool:
        """Whether it ran a loop inside another: no other form of await helps."""
        return bool(_INSIDE.search(self.message))


def troubles(
    comparison: Comparison, before: Sequence[SuiteRun], after: Sequence[SuiteRun]
) -> tuple[Trouble, ...]:
    """Return the tests that are worse off, in the order in which they ran.

    Where the run ended early only the tests that were running are named: nobody
    knows what the others would have done.
    """
    for run in after:
        if run.ended != FINISHED:
            return tuple(_cut_off(run, before))
    collection = tuple(
        Trouble(path, "", path.partition("::")[0], f"{_COLLECTION}: {why}")
        for path, why in comparison.collection_after.items()
        if path not in comparison.collection_before
    )
    broken = tuple(each.path for each in collection)
    tests = _of_tests(comparison, before, after, broken)
    return (*collection, *tests) or tuple(_of_nobody(comparison))


def _of_nobody(comparison: Comparison) -> Iterator[Trouble]:
    """Yield what is left behind, and no test is known to have caused."""
    for more in comparison.more:
        if not any(more.tests):
            message = f"{more.kind}: {more.name}"
            yield Trouble("", "", "", message, left_behind=True)


def _of_tests(
    comparison: Comparison,
    before: Sequence[SuiteRun],
    after: Sequence[SuiteRun],
    broken: Collection[str],
) -> tuple[Trouble, ...]:
    return tuple(
        found
        for test in harmed(comparison, after)
        if (found := _trouble(test, comparison, before, after)).path not in broken
    )


def _trouble(
    test: str,
    comparison: Comparison,
    before: Sequence[SuiteRun],
    after: Sequence[SuiteRun],
) -> Trouble:
    results = [run.results[test] for run in after if test in run.results]
    bad = next((r for r in results if r.outcome in (FAILED, ERROR)), None)
    complaint = next((more for more in comparison.more if test in more.tests), None)
    if bad is not None:
        message = bad.message
    elif complaint is not None:
        message = f"{complaint.kind}: {complaint.name}"
    else:
        known = comparison.tests.get(test)
        message = (known.message if known else "") or "it is not there any more"
    function, path = _defined(test, before, after)
    return Trouble(
        test,
        function,
        path,
        message,
        bad.frames if bad else (),
        failed=bad is not None and bad.outcome == FAILED,
        left_behind=bad is None and complaint is not None,
    )


def _cut_off(run: SuiteRun, before: Sequence[SuiteRun]) -> Iterator[Trouble]:
    """Yield what was running when a run ended early."""
    last = run.output.strip().rpartition("\n")[2]
    message = f"the suite {run.ended.replace('-', ' ')} while this test was running"
    for test in run.running:
        function, path = _defined(test, before, (run,))
        yield Trouble(test, function, path, message, hung=True)
    if not run.running:
        message = f"the suite {run.ended.replace('-', ' ')}: {last}"
        yield Trouble("", "", "", message, hung=True)


def _defined(
    test: str, before: Sequence[SuiteRun], after: Sequence[SuiteRun]
) -> tuple[str, str]:
    """Return the function that a node id stands for, and its file."""
    found: list[TestResult] = [
        run.results[test] for run in (*before, *after) if test in run.results
    ]
    for each in found:
        if each.definition is not None:
            where = each.definition
            return f"{where.path}::{where.name}", where.path
    return "", test.partition("::")[0]


def is_complete(run: SuiteRun) -> bool:
    """Whether every test of a run came to its end."""
    return run.ended == FINISHED and not any(
        each.outcome == COLLECTED for each in run.results.values()
    )
