"""What a proof has to say, whatever it will look like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from statistics import median

from awaitify.prove import outcome
from awaitify.prove.outcome import FINISHED, SuiteRun
from awaitify.prove.proof import Compared, Proof, Verdict
from awaitify.report.excerpts import name
from awaitify.report.lines import count

BAD = (Verdict.REGRESSED, Verdict.LOST)
"""What no test that passed may become."""

OUTCOMES = (
    outcome.PASSED,
    outcome.FAILED,
    outcome.ERROR,
    outcome.SKIPPED,
    outcome.XFAILED,
    outcome.XPASSED,
    outcome.COLLECTED,
    "",
)
_WORDS = {
    outcome.ERROR: "error in set-up or tear-down",
    outcome.COLLECTED: "not run to the end",
    "": "not there",
}


class Conclusion(str, Enum):
    """What a proof comes to."""

    PROVED = "proved"
    NOTHING = "nothing to change"
    ROLLED_BACK = "proved without what was rolled back"
    REGRESSED = "not proved"
    UNUSABLE = "the suite cannot be run"


SAYINGS: Mapping[Conclusion, str] = {
    Conclusion.PROVED: "Proved: what passed, passes.",
    Conclusion.NOTHING: "There is nothing to change.",
    Conclusion.ROLLED_BACK: (
        "Proved: what passed, passes, as what regressed was rolled back."
    ),
    Conclusion.REGRESSED: "Not proved: something is worse than before.",
    Conclusion.UNUSABLE: "Not proved: the suite cannot be run as it is.",
}


def conclusion(proof: Proof) -> Conclusion:
    """Say what a proof comes to."""
    if not proof.before or proof.before[0].ended != FINISHED:
        return Conclusion.UNUSABLE
    if proof.given_up or is_worse(proof):
        return Conclusion.REGRESSED
    if proof.rolled_back:
        return Conclusion.ROLLED_BACK
    return Conclusion.PROVED if proof.after else Conclusion.NOTHING


def is_worse(proof: Proof) -> bool:
    """Say whether something is worse in the end than it was before."""
    ended = any(run.ended != FINISHED for run in proof.after)
    more = proof.comparison.more or uncollected(proof)
    return bool(ended or more or proof.comparison.of(*BAD))


def broken(proof: Proof) -> list[tuple[str, SuiteRun]]:
    """Return the runs that did not come to their end, of both sides."""
    both = [("before", run) for run in proof.before]
    both += [("after", run) for run in proof.after]
    return [(when, run) for when, run in both if run.ended != FINISHED]


def uncollected(proof: Proof) -> Mapping[str, str]:
    """Return what cannot be collected any more, and why."""
    before = proof.comparison.collection_before
    after = proof.comparison.collection_after
    return {name: why for name, why in after.items() if name not in before}


def verdicts(proof: Proof) -> dict[Verdict, int]:
    """Return how many tests there are of each verdict; those without any are absent."""
    counts = Counter(each.verdict for each in proof.comparison.tests.values())
    return {verdict: counts[verdict] for verdict in Verdict if counts[verdict]}


def outcomes(proof: Proof) -> list[tuple[str, int, int]]:
    """Return how many tests ended in which way, before and after.

    Errors in set-up and in collection have lines of their own, also where there are
    none: that is the goal.
    """
    tests = proof.comparison.tests.values()
    before = Counter(each.before for each in tests)
    after = Counter(each.after for each in tests)
    if not tests and proof.before:
        before = Counter(each.outcome for each in proof.before[-1].results.values())
        after = before
    rows = [
        (_WORDS.get(each, each), before[each], after[each])
        for each in OUTCOMES
        if before[each] or after[each] or each in (outcome.PASSED, outcome.ERROR)
    ]
    comparison = proof.comparison
    collection = len(comparison.collection_before), len(comparison.collection_after)
    return [*rows, ("error in collection", *collection)]


def gone(proof: Proof) -> list[str]:
    """Return the node ids that are not there any more."""
    return [key for key, each in proof.comparison.tests.items() if not each.after]


def added(proof: Proof) -> list[str]:
    """Return the node ids that were not there before."""
    return [key for key, each in proof.comparison.tests.items() if not each.before]


def became(test: Compared) -> str:
    """Say how a test ended, before and after."""
    before = test.before or "not there"
    if test.verdict is Verdict.NEWLY_RUNNING:
        before = f"{before} without running"
    return f"{before}, then {test.after or 'not there'}"


def sentences(proof: Proof) -> Iterator[str]:
    """Yield what there is to say in numbers."""
    yield f"{_tests(proof)}."
    yield f"{_ids(proof)}."
    if proof.inventory:
        yield f"{_sites(proof)}."
    yield f"{_runs(proof)} ({proof.seconds:.1f} s in all)."


def _tests(proof: Proof) -> str:
    parts = [f"{number} {verdict.value}" for verdict, number in verdicts(proof).items()]
    if proof.vacuous:
        parts.append(count(len(proof.vacuous), "vacuous pass", "vacuous passes"))
    total = f"{count(len(proof.comparison.tests), 'test')} compared"
    return f"{total}: {', '.join(parts)}" if parts else total


def _ids(proof: Proof) -> str:
    numbers = (len(gone(proof)), "gone"), (len(added(proof)), "added")
    parts = [f"{number} {what}" for number, what in numbers if number]
    return f"Node ids: {', '.join(['not equal', *parts]) if parts else 'equal'}"


def _sites(proof: Proof) -> str:
    before, left = sites(proof)
    codes = ", ".join(f"{name(code)} {number}" for code, number in proof.left.items())
    why = f" ({codes})" if codes else ""
    parts = [f"{before - left} migrated", f"{left} left{why}"]
    if proof.rolled_back:
        parts.append(f"{len(proof.rolled_back)} rolled back")
    return f"{count(before, 'site')} found: {', '.join(parts)}"


def _runs(proof: Proof) -> str:
    before = f"The suite takes {seconds(proof.before):.1f} s"
    if not proof.after:
        return before
    times = f"{before} before, {seconds(proof.after):.1f} s after"
    number = len(proof.after)
    return times + (f"; the result ran {number} times" if number > 1 else "")


def seconds(runs: Iterable[SuiteRun]) -> float:
    """Return how long a suite takes: of several runs the one in the middle."""
    times = [run.seconds for run in runs]
    return median(times) if times else 0.0


def sites(proof: Proof) -> tuple[int, int]:
    """Return how many sites there were, and how many are left."""
    before = sum(number for number, _ in proof.inventory.values())
    return before, sum(left for _, left in proof.inventory.values())
