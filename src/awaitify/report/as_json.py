"""JSON: stable keys, for programs; the same bytes for the same tree.

`awaitify schema` describes it, `reading` reads it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from awaitify import installed_version, patch
from awaitify.changes import ALONE, Change, Hunk
from awaitify.report.content import Report

SCHEMA = 2
_WITH_DIFFS = "diff"


def render(report: Report) -> bytes:
    """Return one JSON object; paths are relative to its `root`."""
    return json.dumps(plain(report), indent=2).encode() + b"\n"


def plain(report: Report, *, with_diffs: bool | None = None) -> dict[str, Any]:
    """Return a report as parts that JSON has.

    Args:
        report: what to tell.
        with_diffs: also what becomes of each file, as far as the report knows; None
            for what its command shows.

    """
    if with_diffs is None:
        with_diffs = report.command == _WITH_DIFFS
    return {
        "schema": SCHEMA,
        "version": installed_version(),
        "command": report.command,
        "root": report.root.as_posix(),
        "shard": report.shard,
        "summary": {
            "sites": report.sites,
            "migrate": len(report.of("migrate")),
            "newly_running": len(report.of("newly-running")),
            "report": len(report.of("report")),
            "left": report.left,
            "suppressed": len(report.of("suppressed")),
            "baseline": vars(report.known) if report.known else None,
            "files_changed": len(report.changed),
            "files_removed": len(report.removed),
            "written": report.written,
        },
        "findings": [vars(finding) for finding in report.findings],
        "files": list(_files(report, with_diffs)),
        "errors": [vars(fault) for fault in report.faults],
        "failed_rules": [vars(failure) for failure in report.failures],
        "bugs": [
            {
                "path": bug.path,
                "check": bug.check,
                "message": bug.message,
                "diff": bug.diff.decode("utf-8", "replace"),
            }
            for bug in report.bugs
        ],
    }


def _files(report: Report, with_diffs: bool) -> Iterator[dict[str, Any]]:
    diffs = dict(_diffs(report.changes)) if with_diffs else {}
    for kind, paths in (("changed", report.changed), ("removed", report.removed)):
        for path in paths:
            yield {"path": path, "change": kind, **diffs.get(path, {})}


def _diffs(changes: Iterable[Change]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what becomes of each file, by path."""
    # The numbers of a run say nothing: those of shards, joined, are to be the same.
    units: dict[int, int] = {ALONE: ALONE}
    for change in sorted(changes, key=lambda each: each.path):
        for hunk in change.hunks:
            units.setdefault(hunk.unit, len(units) - 1)
        diff = patch.of(change)
        encoding = _encoding(diff)
        yield (
            change.path,
            {
                "diff": diff.decode(encoding),
                "encoding": encoding,
                "hunks": [_hunk(each, units[each.unit]) for each in change.hunks],
            },
        )


def _encoding(diff: bytes) -> str:
    """Return an encoding that loses nothing, whatever is in the files."""
    try:
        diff.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _hunk(hunk: Hunk, unit: int) -> dict[str, Any]:
    return {
        "start": hunk.start,
        "lines": len(hunk.old),
        "new_start": hunk.new_start,
        "new_lines": len(hunk.new),
        "definition": hunk.definition,
        "unit": None if unit == ALONE else unit,
    }
