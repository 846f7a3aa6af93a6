"""Markdown for a pull request: all numbers, and of what is long the beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from awaitify.prove.proof import Proof, Verdict
from awaitify.prove.report import content
from awaitify.prove.report.content import name
from awaitify_codemods.codes import NAMES

_ROOM = 60_000
"""So many bytes fit: GitHub takes 65,536 characters."""


@dataclass(frozen=True)
class _Limits:
    """How much is told of what is long."""

    items: int
    """Of each kind."""
    lines: int
    """Of a message."""
    size: int
    """The characters of a message."""
    width: int
    """Of a name."""


_LIMITS = (
    _Limits(20, 30, 2000, 300),
    _Limits(10, 10, 500, 200),
    _Limits(5, 5, 200, 100),
    _Limits(3, 2, 80, 60),
)


def render(proof: Proof) -> bytes:
    """Return the report; the longer it would be, the less of each thing is told."""
    text = b""
    for limits in _LIMITS:
        text = "\n\n".join(_parts(proof, limits)).encode() + b"\n"
        if len(text) <= _ROOM:
            break
    return text


def _parts(proof: Proof, limits: _Limits) -> Iterator[str]:
    """Yield headings, paragraphs, lists, tables and blocks."""
    found = content.conclusion(proof)
    yield f"## awaitify prove: {found.value}"
    yield content.SAYINGS[found]
    yield _list(map(_escaped, content.sentences(proof)), 10)
    yield _table(("", "before", "after"), content.outcomes(proof), limits)
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
            yield _list((line for line, _ in tests), limits.items)
    yield from _vacuous(proof, limits)
    yield from _inventory(proof, limits)
    yield from _again(proof, limits)


def _broken(proof: Proof, limits: _Limits) -> Iterator[str]:
    for when, run in content.broken(proof):
        yield f"### The suite {when}: {run.ended} with status {run.status}"
        if run.running:
            yield f"While it ran {_codes(run.running, limits)}."
        if run.output.strip():
            yield _fenced(content.end(run.output, limits.lines, limits.size))


def _worse(proof: Proof, limits: _Limits) -> Iterator[str]:
    told = [pair for verdict in content.BAD for pair in _tests(proof, verdict, limits)]
    told += [
        (f"{_code(path, limits)}: not collected any more", why)
        for path, why in content.uncollected(proof).items()
    ]
    yield from _told("Worse than before", told, limits)
    if more := proof.comparison.more:
        yield "### More complaints than before"
        lines = (
            f"{_code(each.kind, limits)} of {_code(each.name, limits)}: "
            f"{each.before} before, {each.after} after, by {_codes(each.tests, limits)}"
            for each in more
        )
        yield _list(lines, limits.items)


def _rolled_back(proof: Proof, limits: _Limits) -> Iterator[str]:
    told = [
        (
            f"{_codes(each.what, limits)}, for {_codes(each.tests, limits)}",
            each.message,
        )
        for each in proof.rolled_back
    ]
    yield from _told("Rolled back, as tests regressed with it", told, limits)


def _repaired(proof: Proof, limits: _Limits) -> Iterator[str]:
    if proof.repairs:
        yield "### Otherwise than planned at first"
        lines = (
            f"{_code(each.function, limits)}: {_code(each.kind, limits)}, for "
            f"{_codes(each.tests, limits)}"
            for each in proof.repairs
        )
        yield _list(lines, limits.items)


def _vacuous(proof: Proof, limits: _Limits) -> Iterator[str]:
    if proof.vacuous:
        yield "### Passed without showing what they seem to show"
        lines = (
            f"{_code(each.test, limits)}, {_code(each.kind, limits)}: "
            f"{_code(content.line(each.detail), limits)}"
            for each in proof.vacuous
        )
        yield _list(lines, limits.items)


def _inventory(proof: Proof, limits: _Limits) -> Iterator[str]:
    if proof.inventory:
        rows = [
            (f"{code} {NAMES.get(code, '')}".strip(), *numbers)
            for code, numbers in proof.inventory.items()
        ]
        yield "### Patterns"
        yield _table(("", "before", "after"), rows, limits, most=100)
    if proof.left:
        yield "### Left, by reason"
        yield _table(("", "sites"), list(proof.left.items()), limits, most=100)


def _again(proof: Proof, limits: _Limits) -> Iterator[str]:
    if proof.again:
        shown = [name(command, 1000) for command in proof.again[: limits.items]]
        yield "### To repeat it"
        yield _fenced("\n".join(shown))


def _tests(
    proof: Proof, verdict: Verdict, limits: _Limits
) -> Iterator[tuple[str, str]]:
    """Yield what became of each test with a verdict, and its message."""
    for node_id, test in proof.comparison.tests.items():
        if test.verdict is verdict:
            kind = f"{verdict.value}: " if verdict in content.BAD else ""
            words = f"{_code(node_id, limits)}: {kind}{content.became(test)}"
            yield words, test.message


def _told(
    title: str, told: Sequence[tuple[str, str]], limits: _Limits
) -> Iterator[str]:
    """Yield lines with their messages in blocks; the lines alone of what is more."""
    if not told:
        return
    yield f"### {title}"
    for words, message in told[: limits.items]:
        yield words
        if message.strip():
            yield _fenced(content.block(message, limits.lines, limits.size))
    if rest := told[limits.items :]:
        yield _list((words for words, _ in rest), limits.items)


def _list(lines: Iterable[str], most: int) -> str:
    found = list(lines)
    shown = [f"* {line}" for line in found[:most]]
    if len(found) > most:
        shown.append(f"* ... and {len(found) - most} more")
    return "\n".join(shown)


def _table(
    head: Sequence[str],
    rows: Sequence[tuple[str | int, ...]],
    limits: _Limits,
    most: int = 20,
) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    lines += [
        [_escaped(name(str(row[0]), limits.width)), *map(str, row[1:])]
        for row in rows[:most]
    ]
    if len(rows) > most:
        lines.append([f"... and {len(rows) - most} more", *[""] * (len(head) - 1)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _codes(names: Sequence[str], limits: _Limits) -> str:
    if not names:
        return "no test"
    shown = ", ".join(_code(each, limits) for each in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _code(text: str, limits: _Limits) -> str:
    """Return a name as code, in which nothing means anything."""
    shown = name(text, limits.width)
    ticks = "`" * (_longest_run(shown) + 1)
    if not shown.strip():
        return f"{ticks}{shown or ' '}{ticks}"
    # One space goes from each end; without it a tick there would end the code.
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def _fenced(text: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _escaped(text: str) -> str:
    """Return text in which no character means anything."""
    return re.sub(r"([\\`*_{}\[\]<>#|&~])", r"\\\1", text)
