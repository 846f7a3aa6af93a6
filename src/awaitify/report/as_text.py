"""Text: one line a finding, then a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

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
    return ((f"{_sites(report)}.", ""),)


def _summary(report: Report) -> Iterator[Line]:
    yield ((f"{_sites(report, full=True)}.", ""),)
    if newly := len(report.of("newly-running")):
        runs = "runs" if newly == 1 else "run"
        verb = f"{runs} now" if report.written else "would run"
        yield ((f"{count(newly, 'test')} {verb} for the first time.", ""),)
    yield ((f"{_files(report)} ({report.seconds:.1f} s).", ""),)
    for number, what in (
        (len(report.faults), "could not be processed"),
        (len(report.bugs), "failed a check of the result: left as it was"),
    ):
        if number:
            yield ((f"{count(number, 'file')} {what}.", "red"),)


def _baseline(report: Report) -> Iterator[Line]:
    if report.known is not None:
        gone = report.known.gone
        verb = "is" if gone == 1 else "are"
        more = f", {gone} of the baseline {verb} gone" if gone else ""
        yield ((f"{report.known.found} known from the baseline{more}.", ""),)


def _sites(report: Report, *, full: bool = False) -> str:
    done = len(report.of("migrate", "newly-running"))
    verb = "migrated" if report.written else "can be migrated"
    codes = ", ".join(f"{code} {count}" for code, count in report.left.items())
    why = f" ({codes})" if codes and full else ""
    parts = [f"{done} {verb}", f"{sum(report.left.values())} left{why}"]
    if told := len(report.of("report", "review")):
        parts.append(f"{told} to look at")
    if suppressed := len(report.of("suppressed")):
        parts.append(f"{suppressed} suppressed")
    return f"{count(report.sites, 'site')} found: {', '.join(parts)}"


def _files(report: Report) -> str:
    verb = "" if report.written else "would be "
    text = f"{count(len(report.changed), 'file')} {verb}changed"
    if report.removed:
        text += f", {len(report.removed)} {verb}removed"
    return text
