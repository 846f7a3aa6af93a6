"""JSON: stable keys, for programs."""

from __future__ import annotations

import json
from typing import Any

from awaitify import installed_version
from awaitify.report.content import Report, refused

SCHEMA = 1


def render(report: Report) -> bytes:
    """Return one JSON object; paths are relative to its `root`."""
    return json.dumps(_object(report), indent=2).encode() + b"\n"


def _object(report: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": installed_version(),
        "command": report.command,
        "root": report.root.as_posix(),
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
            "seconds": round(report.seconds, 3),
        },
        "findings": [vars(finding) for finding in report.findings],
        "files": [
            *({"path": path, "change": "changed"} for path in report.changed),
            *({"path": path, "change": "removed"} for path in report.removed),
        ],
        "errors": [vars(fault) for fault in report.faults],
        "failed_rules": [vars(failure) for failure in report.failures],
        "bugs": [
            {
                "path": bug.path,
                "check": bug.check,
                "message": bug.message,
                "diff": refused(bug).decode("utf-8", "replace"),
            }
            for bug in report.bugs
        ],
    }
