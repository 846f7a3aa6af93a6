"""What there is to say of a run in numbers."""

from __future__ import annotations

from awaitify import settings
from awaitify.report.content import Known, Report
from awaitify.report.lines import count
from awaitify_codemods.codes import NAMES


def sites(report: Report, *, full: bool = False) -> str:
    """Say how many sites there are and what becomes of them; in full also why."""
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


def files(report: Report) -> str:
    """Say how many files change."""
    verb = "" if report.written else "would be "
    text = f"{count(len(report.changed), 'file')} {verb}changed"
    if report.removed:
        text += f", {len(report.removed)} {verb}removed"
    return text


def newly_running(report: Report) -> str:
    """Say how many tests run for the first time; "" if none does."""
    newly = len(report.of("newly-running"))
    runs = "runs" if newly == 1 else "run"
    verb = f"{runs} now" if report.written else "would run"
    return f"{count(newly, 'test')} {verb} for the first time" if newly else ""


def rule(code: str) -> str:
    """Return the code of a rule with its name, as far as it is one of ours."""
    return f"{code} {NAMES.get(code) or settings.NAMES.get(code, '')}".strip()


def known(found: Known) -> str:
    """Say what a baseline knows."""
    verb = "is" if found.gone == 1 else "are"
    more = f", {found.gone} of the baseline {verb} gone" if found.gone else ""
    return f"{found.found} known from the baseline{more}"
