"""What a proof has to say, one by one: for formats that show it beside the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from awaitify.prove.outcome import FINE
from awaitify.prove.proof import Compared, Proof, Verdict
from awaitify.prove.report import content
from awaitify.report import notices
from awaitify.report.content import Report
from awaitify.report.excerpts import line
from awaitify.report.notices import Level, Notice

_DOUBTFUL = (Verdict.FLAKY_SINCE, Verdict.NEWLY_RUNNING)

MEANINGS: Mapping[str, str] = {
    "regressed": "A test that passed, and fails since the migration.",
    "lost": "A test that passed, and is skipped or gone since the migration.",
    "uncollected": "What can be collected no more since the migration.",
    "complaints": "There are more warnings of a kind since the migration.",
    "suite": "A run of the suite that did not come to its end.",
    "rolled-back": "What was left after all, as a test regressed with it.",
    "vacuous": "A test that passes without showing what it seems to show.",
    "flaky-since": "A test that differs between two runs of the result.",
    "newly-running": "A test that runs for the first time, and does not pass.",
}
"""The kinds of notices that a proof has beside those of a report."""


def of_proof(proof: Proof, report: Report) -> Iterator[Notice]:
    """Yield what is worse, what was rolled back, what is doubtful, and what was left.

    Args:
        proof: what was found.
        report: what became of the files in the end.

    """
    places = _places(report)
    yield from notices.of_trouble(report)
    for when, run in content.broken(proof):
        message = f"The suite {when}: {run.ended} with status {run.status}"
        yield Notice(Level.ERROR, "suite", message)
    for path, why in content.uncollected(proof).items():
        yield Notice(Level.ERROR, "uncollected", line(why), places.path(path))
    for verdict in content.BAD:
        for id in proof.comparison.of(verdict):
            code = verdict.value.replace(" ", "-")
            yield places.of_test(Level.ERROR, code, id, _became(proof, id))
    for more in proof.comparison.more:
        message = (
            f"{more.kind} of {more.name}: {more.before} before, {more.after} after"
        )
        yield places.of_test(
            Level.ERROR, "complaints", next(iter(more.tests), ""), message
        )
    for back in proof.rolled_back:
        message = f"{', '.join(back.what)}: {line(back.message)}"
        yield places.of_test(Level.ERROR, "rolled-back", back.what[0], message)
    yield from _doubtful(proof, places)
    yield from notices.of_findings(report, "left", "report", "review")


def _doubtful(proof: Proof, places: _Places) -> Iterator[Notice]:
    for each in proof.vacuous:
        message = f"{each.kind}: {line(each.detail)}"
        yield places.of_test(Level.WARNING, "vacuous", each.test, message)
    for verdict in _DOUBTFUL:
        for id in proof.comparison.of(verdict):
            is_fine = proof.comparison.tests[id].after in FINE
            if verdict is not Verdict.NEWLY_RUNNING or not is_fine:
                code = verdict.value.replace(" ", "-")
                yield places.of_test(Level.WARNING, code, id, _became(proof, id))


def _became(proof: Proof, id: str) -> str:
    test: Compared = proof.comparison.tests[id]
    said = line(test.message)
    return content.became(test) + (f": {said}" if said else "")


@dataclass(frozen=True)
class _Places:
    """Where tests are, as far as findings tell."""

    known: frozenset[str]
    """The paths that a report names."""
    lines: Mapping[tuple[str, str], int]
    """Path and test -> the first line of a finding."""

    def of_test(self, level: Level, code: str, id: str, message: str) -> Notice:
        """Return a notice about a test, or a definition, by its node id."""
        head = id.partition("[")[0]
        path, _, test = head.partition("::")
        path = self.path(path)
        return Notice(
            level, code, message, path, self.lines.get((path, test), 0), test=id
        )

    def path(self, path: str) -> str:
        """Return a path from the root; pytest's begin where pytest ran."""
        if path in self.known or not path:
            return path
        below = [each for each in self.known if each.endswith(f"/{path}")]
        return below[0] if len(below) == 1 else path


def _places(report: Report) -> _Places:
    lines: dict[tuple[str, str], int] = {}
    # They are in order of lines.
    for finding in report.findings:
        lines.setdefault((finding.path, finding.test), finding.line)
    named = {path for path, _ in lines}
    return _Places(frozenset({*named, *report.changed, *report.removed}), lines)
