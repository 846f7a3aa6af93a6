"""The reports of all shards of a project, as one: the same that one run makes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from awaitify.changes import ALONE, Change
from awaitify.report.content import Report
from awaitify.report.reading import ReportError, Written

_T = TypeVar("_T")
_SHARD = re.compile(r"([1-9]\d*)/([1-9]\d*)")
Named = tuple[str, Written]
"""What a report is called in messages, and the report."""


def merged(parts: Sequence[Named]) -> Report:
    """Return one report of several.

    Args:
        parts: the reports of all shards of one command, in any order.

    Raises:
        ReportError: they do not belong together, or one is missing.

    """
    parts = _in_order(parts)
    _refuse_others(parts)
    _refuse_overlaps(parts)
    reports = [written.report for _, written in parts]
    findings = [each for report in reports for each in report.findings]
    faults = _once(each for report in reports for each in report.faults)
    failures = _once(each for report in reports for each in report.failures)
    bugs = [each for report in reports for each in report.bugs]
    return replace(
        reports[0],
        findings=tuple(
            sorted(findings, key=lambda f: (f.path, f.line, f.column, f.rule))
        ),
        faults=tuple(sorted(faults, key=lambda fault: (fault.path, fault.line))),
        bugs=tuple(sorted(bugs, key=lambda bug: (bug.path, bug.check))),
        failures=tuple(failures),
        changed=tuple(sorted(path for each in reports for path in each.changed)),
        removed=tuple(sorted(path for each in reports for path in each.removed)),
        written=all(report.written for report in reports),
        changes=tuple(_changes(reports)),
        shard=None,
    )


def _in_order(parts: Sequence[Named]) -> list[Named]:
    """Return the reports by the numbers of their shards.

    Raises:
        ReportError: one is of no shard, is missing, or is there twice.

    """
    if not parts:
        raise ReportError("no reports to merge")
    numbers: dict[int, Named] = {}
    totals: dict[int, str] = {}
    for name, written in parts:
        match = _SHARD.fullmatch(written.report.shard or "")
        if match is None:
            raise ReportError(f"{name} is no report of a shard (--shard I/N)")
        number, total = map(int, match.groups())
        totals.setdefault(total, name)
        if number > total:
            raise ReportError(f"{name} is of shard {match[0]}, which there is not")
        if number in numbers:
            raise ReportError(
                f"{numbers[number][0]} and {name} are both of shard {match[0]}"
            )
        numbers[number] = (name, written)
    if len(totals) > 1:
        of = " and ".join(f"{name} is one of {n}" for n, name in sorted(totals.items()))
        raise ReportError(f"not shards of one run: {of}")
    [total] = totals
    if missing := [f"{n}/{total}" for n in range(1, total + 1) if n not in numbers]:
        shown = ", ".join(missing[:10]) + (" ..." if len(missing) > 10 else "")
        raise ReportError(f"missing: shard {shown}")
    return [numbers[number] for number in sorted(numbers)]


def _refuse_others(parts: Sequence[Named]) -> None:
    """Refuse reports that no single run could have made.

    Raises:
        ReportError: two of them differ in what is the same for all.

    """
    first_name, first = parts[0]
    for name, written in parts:
        # Machines have the same project at different places.
        for what, one, other in (
            ("the command", first.report.command, written.report.command),
            ("the root's name", first.report.root.name, written.report.root.name),
            ("the version of awaitify", first.version, written.version),
        ):
            if one != other:
                raise ReportError(
                    f"{what} of {first_name} is {one}, that of {name} {other}"
                )
        if written.report.known is not None:
            raise ReportError(
                f"{name} was made with --baseline, so it does not hold all findings"
            )


def _refuse_overlaps(parts: Sequence[Named]) -> None:
    """Refuse reports about the same files: of other trees, or of other flags.

    Raises:
        ReportError: a file is in two of them.

    """
    seen: dict[str, str] = {}
    for name, written in parts:
        report = written.report
        told = Counter([*report.changed, *report.removed])
        for path in told | Counter({finding.path for finding in report.findings}):
            if told[path] > 1 or seen.setdefault(path, name) != name:
                raise ReportError(f"{seen[path]} and {name} are both about {path}")


def _changes(reports: Iterable[Report]) -> list[Change]:
    """Return what becomes of all files; units of two shards are never the same."""
    found: list[Change] = []
    first = 0
    for report in reports:
        units = [hunk.unit for change in report.changes for hunk in change.hunks]
        for change in report.changes:
            hunks = tuple(
                hunk if hunk.unit == ALONE else replace(hunk, unit=hunk.unit + first)
                for hunk in change.hunks
            )
            found.append(replace(change, hunks=hunks))
        first += max(units, default=ALONE) + 1
    return sorted(found, key=lambda change: change.path)


def _once(items: Iterable[_T]) -> list[_T]:
    """Return items in order, what each shard says for itself only once."""
    return list(dict.fromkeys(items))
