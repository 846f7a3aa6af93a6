"""Markdown for a pull request: all numbers, and of what is long the beginning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from awaitify import patch
from awaitify.refusals import explanation
from awaitify.report import sentences
from awaitify.report.content import Report
from awaitify.report.excerpts import block, name
from awaitify.report.lines import count
from awaitify.report.markdown import Limits, bullets, code, fenced, prose, table

if TYPE_CHECKING:
    from awaitify.changes import Change, Hunk
    from awaitify_codemods import Finding

ROOM = 60_000
"""So many bytes fit into a comment: GitHub takes 65,536 characters."""

_LIMITS = (
    Limits(500, 2000, 100_000, 300),
    Limits(100, 500, 20_000, 300),
    Limits(20, 100, 4_000, 300),
    Limits(10, 40, 1_500, 200),
    Limits(5, 10, 300, 100),
    Limits(2, 3, 80, 60),
)
_STATUSES = {
    "newly-running": "Run for the first time",
    "report": "To look at",
    "review": "To look at, or to change with `--unsafe`",
}


def render(report: Report, room: int = ROOM) -> bytes:
    """Return the report; the longer it would be, the less of each thing is told.

    Args:
        report: what to tell; with its changes, if the diff is to be shown.
        room: how many bytes it may take.

    """
    text = b""
    for limits in _LIMITS:
        told = list(_parts(report, limits))
        files = _diffs(report, limits, room - _size(told))
        text = _joined([*told, *files])
        if len(text) <= room:
            break
    return text


def _joined(parts: list[str]) -> bytes:
    return "\n\n".join(parts).encode() + b"\n"


def _size(parts: list[str]) -> int:
    # A blank line follows each.
    return sum(len(part.encode()) + 2 for part in parts)


def _parts(report: Report, limits: Limits) -> Iterator[str]:
    """Yield headings, paragraphs, lists, tables and blocks; all but the diff."""
    yield f"## awaitify {report.command}: {_conclusion(report)}"
    yield bullets((f"{each}." for each in _sentences(report)), 10)
    yield from _trouble(report, limits)
    yield from _rules(report, limits)
    yield from _reasons(report, limits)
    for status, title in _STATUSES.items():
        if found := report.of(status):
            yield f"### {title}"
            yield bullets((_told(each, limits) for each in found), limits.items)
    if found := report.of("left"):
        lines = (f"{_told(each, limits)} ({_reason(each)})" for each in found)
        yield from _folded("Each site that is left", bullets(lines, limits.items))


def _conclusion(report: Report) -> str:
    done = len(report.of("migrate", "newly-running"))
    if report.written and done:
        return f"{count(done, 'site')} migrated"
    if done:
        return f"{count(done, 'site')} to migrate"
    return "work remains" if report.work else "nothing to do"


def _sentences(report: Report) -> Iterator[str]:
    yield sentences.sites(report)
    if newly := sentences.newly_running(report):
        yield newly
    yield sentences.files(report)
    if report.known is not None:
        yield sentences.known(report.known)


def _trouble(report: Report, limits: Limits) -> Iterator[str]:
    """Yield what went wrong with files, rules and checks."""
    if not (report.faults or report.failures or report.bugs):
        return
    yield "### Not done"
    lines = [
        f"{_place(each.path, each.line, limits)}: {prose(each.message, limits)}"
        for each in report.faults
    ]
    lines += [
        f"The rule {code(each.code, limits)} failed: {prose(each.message, limits)}"
        for each in report.failures
    ]
    lines += [
        f"{code(bug.path, limits)}: the result failed a check, "
        f"{code(bug.check, limits)}: {prose(bug.message, limits)}. It was left as it "
        "was; this is a bug in awaitify."
        for bug in report.bugs
    ]
    yield bullets(lines, limits.items)
    for bug in report.bugs[: limits.items]:
        text = bug.diff.decode("utf-8", "replace")
        diff = fenced(block(text, limits.lines, limits.size), "diff")
        yield from _folded(f"What was refused in {_in_html(bug.path, limits)}", diff)


def _rules(report: Report, limits: Limits) -> Iterator[str]:
    findings = [each for each in report.findings if each.rule]
    done = Counter(
        each.rule for each in findings if each.status in ("migrate", "newly-running")
    )
    left = Counter(each.rule for each in findings if each.status == "left")
    told = Counter(each.rule for each in findings)
    rows = [
        (
            sentences.rule(rule),
            done[rule],
            left[rule],
            told[rule] - done[rule] - left[rule],
        )
        for rule in sorted(told)
    ]
    if rows:
        verb = "migrated" if report.written else "to migrate"
        yield "### By rule"
        yield table(("", verb, "left", "other"), rows, limits, most=100)


def _reasons(report: Report, limits: Limits) -> Iterator[str]:
    """Yield what is left by reason, with what each reason means."""
    if not report.left:
        return
    yield "### Left, by reason"
    lines = ["| reason | sites | |", "| --- | ---: | --- |"]
    for reason, number in report.left.items():
        entry = explanation(reason)
        means = prose(f"{entry.meaning} {entry.hint}", _WIDE) if entry else ""
        lines.append(f"| {prose(reason, limits)} | {number} | {means} |")
    yield "\n".join(lines)


_WIDE = Limits(1, 1, 1000, 1000)


def _told(finding: Finding, limits: Limits) -> str:
    where = _place(finding.path, finding.line, limits)
    test = f", {code(finding.test, limits)}" if finding.test else ""
    message = prose(finding.message, limits)
    return f"{where}{test}: {prose(finding.rule, limits)} {message}"


def _place(path: str, line: int, limits: Limits) -> str:
    return code(f"{name(path, limits.width - 10)}:{line}", limits)


def _unified(change: Change) -> bytes:
    """Return the hunks; what names the file is in the title."""
    if not change.before and not change.after and not change.diff:
        return b"".join(_alone(hunk) for hunk in change.hunks)
    text = patch.of(change)
    at = text.find(b"\n@@ ") + 1
    return text[at:] if at else b""


def _alone(hunk: Hunk) -> bytes:
    """Return a hunk without context."""
    old, new = len(hunk.old), len(hunk.new)
    start, new_start = hunk.start - (not old), hunk.new_start - (not new)
    head = f"@@ -{start},{old} +{new_start},{new} @@\n".encode()
    lines = [b"-" + line for line in hunk.old] + [b"+" + line for line in hunk.new]
    return head + b"".join(line.rstrip(b"\n") + b"\n" for line in lines)


def _in_html(path: str, limits: Limits) -> str:
    return f"<code>{escape(name(path, limits.width))}</code>"


def _reason(finding: Finding) -> str:
    return prose(finding.reason or "unresolved", _WIDE)


@dataclass(frozen=True)
class _Diff:
    """The diff of a file in a block."""

    text: str
    is_cut: bool


def _diffs(report: Report, limits: Limits, room: int) -> Iterator[str]:
    """Yield the diff file by file, as far as there is room."""
    if not report.changes:
        return
    yield "### Diff"
    room -= 400  # The heading, and what is said of the rest.
    cut, hidden = 0, 0
    for number, change in enumerate(report.changes):
        if room < 500 or number >= limits.items:
            hidden = len(report.changes) - number
            break
        found = _diff(change, replace(limits, size=min(limits.size, room // 2)))
        parts = list(_folded(_title(change, limits), found.text))
        room -= _size(parts)
        cut += found.is_cut
        yield from parts
    if cut or hidden:
        words = []
        if cut:
            words.append(f"the diff of {count(cut, 'file')} is cut")
        if hidden:
            words.append(f"that of {count(hidden, 'more file')} is not shown")
        said = " and ".join(words)
        yield (
            f"For want of room {said}. `awaitify diff` prints all of it, and "
            "`--format html` makes a page of it."
        )


def _title(change: Change, limits: Limits) -> str:
    added = sum(len(hunk.new) for hunk in change.hunks)
    removed = sum(len(hunk.old) for hunk in change.hunks)
    kind = ", made" if change.before is None else ""
    kind = ", removed" if change.after is None else kind
    return f"{_in_html(change.path, limits)} (+{added} \N{MINUS SIGN}{removed}{kind})"


def _diff(change: Change, limits: Limits) -> _Diff:
    shown = _unified(change).decode("utf-8", "replace")
    kept = block(shown, limits.lines, limits.size)
    is_cut = shown.count("\n") > limits.lines or len(shown) > limits.size
    return _Diff(fenced(kept, "diff"), is_cut)


def _folded(title: str, text: str) -> Iterator[str]:
    """Yield Markdown that is shown when it is asked for; the title is HTML."""
    yield f"<details><summary>{title}</summary>"
    yield text
    yield "</details>"
