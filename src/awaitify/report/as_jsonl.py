"""JSON, a line for each thing: for programs that read as they go."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_ONE = {
    "findings": "finding",
    "files": "file",
    "errors": "error",
    "failed_rules": "failed-rule",
    "bugs": "bug",
    "tests": "test",
    "complaints": "complaint",
    "vacuous": "vacuous",
    "rounds": "round",
    "repairs": "repair",
    "rolled_back": "rolled-back",
}


def render(report: Mapping[str, Any]) -> bytes:
    """Return the parts of a report in JSON.

    The first line is what is about the whole, the last one its summary; between them
    is a line for each entry of its lists. `kind` says which it is.
    """
    return "".join(f"{json.dumps(line)}\n" for line in _lines(report)).encode()


def _lines(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    apart = {*_ONE, "summary"}
    whole = {key: value for key, value in report.items() if key not in apart}
    yield {"kind": "report", **whole}
    for key, kind in _ONE.items():
        for each in report.get(key, ()):
            # A repair has a kind of its own, and so have others of a proof.
            own = {"what": each["kind"]} if "kind" in each else {}
            yield {**each, **own, "kind": kind}
    yield {"kind": "summary", **report["summary"]}
