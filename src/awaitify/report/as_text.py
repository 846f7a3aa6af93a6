"""Text: one line a finding, then a summary."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awaitify.report.content import Report

if TYPE_CHECKING:
    from awaitify_codemods import Finding

_Span = tuple[str, str]
"""Some text and its style, in the words of rich; "" for plain."""
_Line = tuple[_Span, ...]

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
    lines: list[_Line] = []
    if not quiet:
        lines += [_finding(report, f, full) for f in _due(report, verbose)]
    if full and lines:
        lines.append(())
    lines += _summary(report) if full else [_total(report)]
    lines += _baseline(report)
    return (_painted(lines) if colour else _plain(lines)).encode(
        "utf-8", "surrogateescape"
    )


def _due(report: Report, verbose: bool) -> Iterable[Finding]:
    # What is done needs no attention, unless the outcome of the test may change.
    if verbose:
        return report.findings
    due = ("left", "newly-running", "report", "review")
    return report.of(*due) if report.written else report.of(*due, "migrate")


def _finding(report: Report, finding: Finding, full: bool) -> _Line:
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


def _total(report: Report) -> _Line:
    return ((f"{_sites(report)}.", ""),)


def _summary(report: Report) -> Iterator[_Line]:
    yield ((f"{_sites(report, full=True)}.", ""),)
    if newly := len(report.of("newly-running")):
        runs = "runs" if newly == 1 else "run"
        verb = f"{runs} now" if report.written else "would run"
        yield ((f"{_count(newly, 'test')} {verb} for the first time.", ""),)
    yield ((f"{_files(report)} ({report.seconds:.1f} s).", ""),)
    for number, what in (
        (len(report.faults), "could not be processed"),
        (len(report.bugs), "failed a check of the result: left as it was"),
    ):
        if number:
            yield ((f"{_count(number, 'file')} {what}.", "red"),)


def _baseline(report: Report) -> Iterator[_Line]:
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
    return f"{_count(report.sites, 'site')} found: {', '.join(parts)}"


def _files(report: Report) -> str:
    verb = "" if report.written else "would be "
    text = f"{_count(len(report.changed), 'file')} {verb}changed"
    if report.removed:
        text += f", {len(report.removed)} {verb}removed"
    return text


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _plain(lines: Iterable[_Line]) -> str:
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def _painted(lines: Iterable[_Line]) -> str:
    from rich.console import Console
    from rich.text import Text

    file = io.StringIO()
    # Text objects, never markup: brackets in code and test ids are only brackets.
    console = Console(
        file=file,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
    return file.getvalue()
