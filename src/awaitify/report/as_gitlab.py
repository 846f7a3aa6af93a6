"""Code Quality of GitLab: a list in JSON, each entry with a fingerprint."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from awaitify.report.escaping import terminal, visible
from awaitify.report.notices import Level, Notice, fingerprints

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def render(notices: Iterable[Notice]) -> bytes:
    """Return what is shown beside the code of a merge request."""
    told = [each for each in notices if each.status != "suppressed"]
    shown = list(map(_entry, told, fingerprints(told)))
    return json.dumps(shown, indent=2).encode() + b"\n"


def _entry(notice: Notice, fingerprint: str) -> dict[str, Any]:
    test = f" [{notice.test}]" if notice.test else ""
    colon = ":" if notice.kind else ""
    return {
        "description": terminal(f"{notice.title}{colon} {notice.message}{test}"),
        "check_name": terminal(notice.code),
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[notice.level],
        "location": {
            # A file is asked for; what is about none is about the project.
            "path": visible(notice.path) or ".",
            "lines": {"begin": max(notice.line, 1)},
        },
    }
