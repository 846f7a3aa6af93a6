"""Markdown for a pull request: all numbers, and of what is long the beginning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from awaitify.prove.proof import Proof, Verdict
from awaitify.prove.report import content
from awaitify.report import sentences
from awaitify.report.excerpts import block, end, line, name
from awaitify.report.markdown import (
    Limits,
    bullets,
    code,
    codes,
    escaped,
    fenced,
    table,
)

_ROOM = 60_000
"""So many bytes fit: GitHub takes 65,536 characters."""


_LIMITS = (
    Limits(20, 30, 2000, 300),
    Limits(10, 10, 500, 200),
    Limits(5, 5, 200, 100),
    Limits(3, 2, 80, 60),
)


def render(proof: Proof) -> bytes:
    """Return the report; the longer it would be, the less of each thing is told."""
    text = b""
    for limits in _LIMITS:
        text = "\n\n".join(_parts(proof, limits)).encode() + b"\n"
        if len(text) <= _ROOM:
            break
    return text


def _parts(proof: Proof, limits: Limits) -> Iterator[str]:
    """Yield headings, paragraphs, lists, tables and blocks."""
    found = content.conclusion(proof)
    yield f"## awaitify prove: {found.value}"
    yield content.SAYINGS[found]
    yield bullets(map(escaped, content.sentences(proof)), 10)
    yield table(("", "before", "after"), content.outcomes(proof), limits)
    yield from _broken(proof, limits)
    yield from _worse(proof, limits)
    yield from _rolled_back(proof, limits)
    yield from _repaired(proof, limits)
    for title, verdict in (
        ("Newly running", Verdict.NEWLY_RUNNING),
        ("Flaky since, and not with the code as it was", Verdict.FLAKY_SINCE),
        ("Flaky, with the code as it was", Verdict.FLAKY),
        ("Added", Verdict.ADDED),
    ):
        if tests := list(_tests(proof, verdict, limits)):
            yield f"### {title}"
            yield bullets((line for line, _ in tests), limits.items)
    yield from _vacuous(proof, limits)
    yield from _inventory(proof, limits)
    yield from _again(proof, limits)


def _broken(proof: Proof, limits: Limits) -> Iterator[str]:
    for when, run in content.broken(proof):
        yield f"### The suite {when}: {run.ended} with status {run.status}"
        if run.running:
            yield f"While it ran {codes(run.running, limits)}."
        if run.output.strip():
            yield fenced(end(run.output, limits.lines, limits.size))


def _worse(proof: Proof, limits: Limits) -> Iterator[str]:
    told = [pair for verdict in content.BAD for pair in _tests(proof, verdict, limits)]
    told += [
        (f"{code(path, limits)}: not collected any more", why)
        for path, why in content.uncollected(proof).items()
    ]
    yield from _told("Worse than before", told, limits)
    if more := proof.comparison.more:
        yield "### More complaints than before"
        lines = (
            f"{code(each.kind, limits)} of {code(each.name, limits)}: "
            f"{each.before} before, {each.after} after, by {codes(each.tests, limits)}"
            for each in more
        )
        yield bullets(lines, limits.items)


def _rolled_back(proof: Proof, limits: Limits) -> Iterator[str]:
    told = [
        (
            f"{codes(each.what, limits)}, for {codes(each.tests, limits)}",
            each.message,
        )
        for each in proof.rolled_back
    ]
    yield from _told("Rolled back, as tests regressed with it", told, limits)


def _repaired(proof: Proof, limits: Limits) -> Iterator[str]:
    if proof.repairs:
        yield "### Otherwise than planned at first"
        lines = (
            f"{code(each.function, limits)}: {code(each.kind, limits)}, for "
            f"{codes(each.tests, limits)}"
            for each in proof.repairs
        )
        yield bullets(lines, limits.items)


def _vacuous(proof: Proof, limits: Limits) -> Iterator[str]:
    if proof.vacuous:
        yield "### Passed without showing what they seem to show"
        lines = (
            f"{code(each.test, limits)}, {code(each.kind, limits)}: "
            f"{code(line(each.detail), limits)}"
            for each in proof.vacuous
        )
        yield bullets(lines, limits.items)


def _inventory(proof: Proof, limits: Limits) -> Iterator[str]:
    if proof.inventory:
        rows = [
            (sentences.rule(code), *numbers)
            for code, numbers in proof.inventory.items()
        ]
        yield "### Patterns"
        yield table(("", "before", "after"), rows, limits, most=100)
    if proof.left:
        yield "### Left, by reason"
        yield table(("", "sites"), list(proof.left.items()), limits, most=100)


def _again(proof: Proof, limits: Limits) -> Iterator[str]:
    if proof.again:
        shown = [name(command, 1000) for command in proof.again[: limits.items]]
        yield "### To repeat it"
        yield fenced("\n".join(shown))


def _tests(proof: Proof, verdict: Verdict, limits: Limits) -> Iterator[tuple[str, str]]:
    """Yield what became of each test with a verdict, and its message."""
    for node_id, test in proof.comparison.tests.items():
        if test.verdict is verdict:
            kind = f"{verdict.value}: " if verdict in content.BAD else ""
            words = f"{code(node_id, limits)}: {kind}{content.became(test)}"
            yield words, test.message


def _told(title: str, told: Sequence[tuple[str, str]], limits: Limits) -> Iterator[str]:
    """Yield lines with their messages in blocks; the lines alone of what is more."""
    if not told:
        return
    yield f"### {title}"
    for words, message in told[: limits.items]:
        yield words
        if message.strip():
            yield fenced(block(message, limits.lines, limits.size))
    if rest := told[limits.items :]:
        yield bullets((words for words, _ in rest), limits.items)
