"""HTML: the page of the migration, with what the proof of it found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from awaitify.prove.proof import Proof, Verdict
from awaitify.prove.report import content
from awaitify.prove.report.content import Conclusion
from awaitify.report import Report
from awaitify.report import as_html as page
from awaitify.report.as_html import Part, Proved, Told
from awaitify.report.excerpts import block, end

_LINES, _SIZE = 200, 20_000
_KINDS: Mapping[Conclusion, str] = {
    Conclusion.PROVED: "good",
    Conclusion.NOTHING: "",
    Conclusion.ROLLED_BACK: "odd",
    Conclusion.REGRESSED: "bad",
    Conclusion.UNUSABLE: "bad",
}


def render(proof: Proof, report: Report) -> bytes:
    """Return the page.

    Args:
        proof: what was found.
        report: the migration that stands, with its changes.

    """
    return page.render(report, proved(proof))


def proved(proof: Proof) -> Proved:
    """Return what a page shows of a proof."""
    found = content.conclusion(proof)
    return Proved(
        kind=_KINDS[found],
        saying=content.SAYINGS[found],
        sentences=tuple(content.sentences(proof)),
        outcomes=content.outcomes(proof),
        parts=tuple(part for part in _parts(proof) if part.told),
        again=proof.again,
        verdicts=_verdicts(proof),
    )


def _verdicts(proof: Proof) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return path and definition, and what became of the tests that it stands for."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for node_id, test in proof.comparison.tests.items():
        path, _, definition = node_id.partition("[")[0].partition("::")
        found.setdefault((path, definition), {})[test.verdict.value] = None
    return {place: tuple(sorted(verdicts)) for place, verdicts in found.items()}


def _parts(proof: Proof) -> Iterator[Part]:
    broken = (
        Told(
            run.running,
            f"the suite {when}: {run.ended} with status {run.status}",
            end(run.output, _LINES, _SIZE),
        )
        for when, run in content.broken(proof)
    )
    yield Part("Runs that did not come to their end", tuple(broken), bad=True)
    yield Part("Worse than before", tuple(_worse(proof)), bad=True)
    yield Part("More complaints than before", tuple(_more(proof)), bad=True)
    back = (
        Told(each.what, f"for {_tests(each.tests)}", _cut(each.message))
        for each in proof.rolled_back
    )
    yield Part("Rolled back, as tests regressed with it", tuple(back))
    repairs = (
        Told((each.function,), f"{each.kind}, for {_tests(each.tests)}")
        for each in proof.repairs
    )
    yield Part("Otherwise than planned at first", tuple(repairs))
    for title, verdict in (
        ("Newly running", Verdict.NEWLY_RUNNING),
        ("Flaky since, and not with the code as it was", Verdict.FLAKY_SINCE),
        ("Flaky, with the code as it was", Verdict.FLAKY),
        ("Added", Verdict.ADDED),
    ):
        yield Part(title, tuple(_with(proof, verdict)))
    vacuous = (
        Told((each.test,), each.kind, _cut(each.detail)) for each in proof.vacuous
    )
    yield Part("Passed without showing what they seem to show", tuple(vacuous))


def _worse(proof: Proof) -> Iterator[Told]:
    for verdict in content.BAD:
        yield from _with(proof, verdict)
    for path, why in content.uncollected(proof).items():
        yield Told((path,), "not collected any more", _cut(why))


def _with(proof: Proof, verdict: Verdict) -> Iterator[Told]:
    for node_id, test in proof.comparison.tests.items():
        if test.verdict is verdict:
            words = f"{verdict.value}: {content.became(test)}"
            yield Told((node_id,), words, _cut(test.message))


def _more(proof: Proof) -> Iterator[Told]:
    for each in proof.comparison.more:
        words = f"{each.before} before, {each.after} after, by {_tests(each.tests)}"
        yield Told((each.kind, each.name), words)


def _tests(names: Iterable[str]) -> str:
    first, *others = [*names] or ["no test"]
    return f"{first} and {len(others)} more" if others else first


def _cut(message: str) -> str:
    return block(message, _LINES, _SIZE)
