"""What a report has to say, one by one: for formats that show it beside the code."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from awaitify.report.content import Report

if TYPE_CHECKING:
    from awaitify_codemods import Finding


class Level(str, Enum):
    """How much it asks for attention."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Notice:
    """One thing that there is to say."""

    level: Level
    code: str
    """A rule, or what kind of trouble it is."""
    message: str
    path: str = ""
    """Relative to the root; "" if it is about no file."""
    line: int = 0
    """From 1; 0 if it is about no line."""
    column: int = 0
    test: str = ""
    status: str = ""
    """That of a finding."""
    reason: str = ""
    number: int = -1
    """Which finding of the report it is; -1 for none."""

    @property
    def kind(self) -> str:
        """Return what becomes of it, in a few words; "" for what would be done."""
        words = {"migrate": "", "left": f"left ({self.reason})"}
        return words.get(self.status, self.status.replace("-", " "))

    @property
    def title(self) -> str:
        """Return the code and what becomes of it."""
        return f"{self.code} {self.kind}".rstrip()


_LEVELS: Mapping[str, Level] = {
    "migrate": Level.WARNING,
    "newly-running": Level.WARNING,
    "left": Level.NOTE,
    "report": Level.NOTE,
    "review": Level.NOTE,
    "suppressed": Level.NOTE,
}


def of_report(report: Report) -> Iterator[Notice]:
    """Yield what went wrong, and what was found and is not done."""
    yield from of_trouble(report)
    yield from of_findings(report)


def of_trouble(report: Report) -> Iterator[Notice]:
    """Yield what went wrong with files, rules and checks."""
    for fault in report.faults:
        yield Notice(Level.ERROR, "error", fault.message, fault.path, fault.line)
    for failure in report.failures:
        message = f"The rule {failure.code} failed: {failure.message}"
        yield Notice(Level.ERROR, "failed-rule", message)
    for bug in report.bugs:
        message = f"The result failed a check, {bug.check}: {bug.message}"
        yield Notice(Level.ERROR, "failed-check", message, bug.path)


def of_findings(report: Report, *statuses: str) -> Iterator[Notice]:
    """Yield findings, with the statuses that are named or with any.

    What is done needs no attention, unless the outcome of the test may change.
    """
    for number, finding in enumerate(report.findings):
        done = report.written and finding.status == "migrate"
        if not done and (not statuses or finding.status in statuses):
            yield _of_finding(finding, number)


def _of_finding(finding: Finding, number: int) -> Notice:
    return Notice(
        level=_LEVELS.get(finding.status, Level.NOTE),
        code=finding.rule,
        message=finding.message,
        path=finding.path,
        line=finding.line,
        column=finding.column,
        test=finding.test,
        status=finding.status,
        reason=finding.reason,
        number=number,
    )


def fingerprints(notices: Iterable[Notice]) -> Iterator[str]:
    """Yield a name for each, by which it is known again when lines have moved.

    Of several that are the same in all but the line, each has its own.
    """
    seen: Counter[str] = Counter()
    for each in notices:
        # Not the message: it may say where something is. But for trouble it is all.
        said = "" if each.status else each.message
        parts = (each.path, each.code, each.test, each.status, each.reason, said)
        name = "\0".join(parts)
        total = f"{name}\0{seen[name]}".encode("utf-8", "surrogatepass")
        seen[name] += 1
        yield hashlib.sha256(total).hexdigest()[:32]
