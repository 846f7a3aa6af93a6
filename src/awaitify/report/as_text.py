"""Text: one line a finding, then a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awaitify.report import sentences
from awaitify.report.content import Report
from awaitify.report.lines import Line, count, written

if TYPE_CHECKING:
    from awaitify_codemods import Finding

_STYLES = {
    "migrate": "green",
    "newly-running": "cyan",
    "left": "yellow",
    "report": "magenta",
    "review": "magenta",
    "suppressed": "dim",
}


def render(
    report: Report, *, full: bool, quiet: bool, verbose: bool, colour: bool
) -> bytes:
    """Return the report for people.

    Args:
        report: what to tell.
        full: with test ids, and a summary that says which codes; else terse.
        quiet: the summary alone.
        verbose: also the sites that are suppressed and, after `fix`, those done.
        colour: for a terminal.

    """
    lines: list[Line] = []
    if not quiet:
        lines += [_finding(report, f, full) for f in _due(report, verbose)]
    if full and lines:
        lines.append(())
    lines += _summary(report) if full else [_total(report)]
    lines += _baseline(report)
    return written(lines, colour=colour)


def _due(report: Report, verbose: bool) -> Iterable[Finding]:
    # What is done needs no attention, unless the outcome of the test may change.
    if verbose:
        return report.findings
    due = ("left", "newly-running", "report", "review")
    return report.of(*due) if report.written else report.of(*due, "migrate")


def _finding(report: Report, finding: Finding, full: bool) -> Line:
    kind = {
        "migrate": "",
        "left": f" left ({finding.reason})",
        "newly-running": " newly running",
        "report": " report",
    }.get(finding.status, f" {finding.status}")
    test = f" [{finding.test}]" if full and finding.test else ""
    return (
        (report.shown(finding.path), "bold"),
        (f":{finding.line}:{finding.column}: ", ""),
        (finding.rule, _STYLES.get(finding.status, "")),
        (f"{kind}{':' if kind else ''} {finding.message}", ""),
        (test, "dim"),
    )


def _total(report: Report) -> Line:
    return ((f"{sentences.sites(report)}.", ""),)


def _summary(report: Report) -> Iterator[Line]:
    yield ((f"{sentences.sites(report, full=True)}.", ""),)
    if newly := sentences.newly_running(report):
        yield ((f"{newly}.", ""),)
    # One that was read back does not know how long it took.
    time = f" ({report.seconds:.1f} s)" if report.seconds else ""
    yield ((f"{sentences.files(report)}{time}.", ""),)
    for number, what in (
        (len(report.faults), "could not be processed"),
        (len(report.bugs), "failed a check of the result: left as it was"),
    ):
        if number:
            yield ((f"{count(number, 'file')} {what}.", "red"),)


def _baseline(report: Report) -> Iterator[Line]:
    if report.known is not None:
        yield ((f"{sentences.known(report.known)}.", ""),)
