"""What an earlier report knows already: those findings are not told again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from awaitify.report import Known, Report
from awaitify.report.as_json import SCHEMA

if TYPE_CHECKING:
    from awaitify_codemods import Finding

_SCHEMAS = (1, SCHEMA)
"""Those whose findings are the same."""
_Entry = tuple[str, str, str, str, str]
"""Path, rule, test, status and reason: what stays when lines move."""


class BaselineError(ValueError):
    """A file is not what ``check --format json`` wrote."""


@dataclass(frozen=True)
class Baseline:
    """The findings of an earlier report, each as often as it was there."""

    root: PurePosixPath
    entries: Counter[_Entry]


def load(path: Path) -> Baseline:
    """Read what ``check --format json --output FILE`` wrote.

    Raises:
        OSError: the file cannot be read.
        BaselineError: it is something else.

    """
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"not a report: {error}") from error
    if not isinstance(data, dict) or "findings" not in data:
        raise BaselineError("not a report of `check --format json`")
    if data.get("schema") not in _SCHEMAS:
        raise BaselineError(f"schema {data.get('schema')!r}, expected {SCHEMA}")
    if data.get("command") != "check":
        raise BaselineError(f"a report of {data.get('command')!r}, not of check")
    try:
        entries = Counter(_stored(each) for each in data["findings"])
        root = PurePosixPath(data["root"])
    except (KeyError, TypeError) as error:
        raise BaselineError(f"not a report: {error!r}") from error
    return Baseline(root, Counter({e: n for e, n in entries.items() if _counts(e)}))


def without(
    report: Report, baseline: Baseline, is_chosen: Callable[[str], bool]
) -> Report:
    """Return a report without the findings that a baseline knows.

    Args:
        report: of `check`.
        baseline: the earlier one; its paths are relative to a root of its own.
        is_chosen: whether a file is among those that this run is about. What the
            baseline has of others is neither there nor gone.

    """
    entries = _moved(baseline, PurePosixPath(report.root.as_posix()))
    new: list[Finding] = []
    for finding in report.findings:
        entry = _entry(finding)
        if entries[entry] > 0 and _counts(entry):
            entries[entry] -= 1
        else:
            new.append(finding)
    gone = sum(
        count
        for entry, count in entries.items()
        if is_chosen(entry[0]) or not (report.root / entry[0]).exists()
    )
    known = Known(len(report.findings) - len(new), gone)
    return replace(report, findings=tuple(new), known=known)


def _moved(baseline: Baseline, root: PurePosixPath) -> Counter[_Entry]:
    """Return the entries with paths from another root, if one is within the other.

    Otherwise the baseline is of another machine, and the roots are the same.
    """
    if root == baseline.root:
        return Counter(baseline.entries)
    if baseline.root.is_relative_to(root):
        above = baseline.root.relative_to(root)
        return Counter(
            {
                ((above / e[0]).as_posix(), *e[1:]): n
                for e, n in baseline.entries.items()
            }
        )
    if not root.is_relative_to(baseline.root):
        return Counter(baseline.entries)
    below = root.relative_to(baseline.root)
    return Counter(
        {
            (PurePosixPath(e[0]).relative_to(below).as_posix(), *e[1:]): n
            for e, n in baseline.entries.items()
            if PurePosixPath(e[0]).is_relative_to(below)
        }
    )


def _stored(data: Any) -> _Entry:
    path, rule, test, status, reason = (
        data[name] for name in ("path", "rule", "test", "status", "reason")
    )
    found = (path, rule, test, status, reason)
    if not all(isinstance(each, str) for each in found):
        raise TypeError(f"a finding of {found}")
    return found


def _entry(finding: Finding) -> _Entry:
    return (
        finding.path,
        finding.rule,
        finding.test,
        finding.status,
        finding.reason,
    )


def _counts(entry: _Entry) -> bool:
    """Whether an entry is told at all: what is suppressed is not."""
    return entry[3] != "suppressed"
