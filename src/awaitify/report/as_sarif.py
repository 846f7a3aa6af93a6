"""SARIF 2.1.0: results with their fixes, for code scanning and for editors."""

from __future__ import annotations

import inspect
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from awaitify import installed_version
from awaitify.changes import Change, Hunk
from awaitify.report.content import Report
from awaitify.report.escaping import terminal, visible
from awaitify.report.fixes import Fix, fixes
from awaitify.report.notices import Level, Notice, fingerprints
from awaitify.rulebook import Documented

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "SRCROOT"
_BOM = b"\xef\xbb\xbf"
_ROOM = 2000
"""A fix is repeated with each of its results as long as that makes no more lines."""


def render(
    report: Report,
    notices: Iterable[Notice],
    rules: Iterable[Documented],
    meanings: Mapping[str, str],
) -> bytes:
    """Return a log with one run.

    Args:
        report: what it is about; with its changes, if there are to be fixes.
        notices: what there is to say.
        rules: the rules whose declarations are part of the log.
        meanings: what codes mean that are no rules.

    """
    told = list(notices)
    results = [each for each in told if _is_result(each)]
    documents = {rule.META.code: rule for rule in rules}
    codes = list(dict.fromkeys(each.code for each in results))
    run = {
        "tool": {
            "driver": {
                "name": "awaitify",
                "version": installed_version(),
                "rules": [_rule(code, documents, meanings) for code in codes],
            }
        },
        "automationDetails": {"id": _category(report)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": _folder(report.root)}},
        "invocations": [_invocation(told)],
        "results": list(_results(report, results, codes)),
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2).encode() + b"\n"


def _is_result(notice: Notice) -> bool:
    # What is about no place in the code is about the run.
    return bool(notice.path) and notice.code not in ("error", "failed-check")


def _category(report: Report) -> str:
    shard = f"{report.shard.replace('/', '-of-')}/" if report.shard else ""
    return f"awaitify/{report.command}/{shard}"


def _rule(
    code: str, documents: Mapping[str, Documented], meanings: Mapping[str, str]
) -> dict[str, Any]:
    known = documents.get(code)
    if known is None:
        text = terminal(meanings.get(code, code))
        return {"id": terminal(code), "shortDescription": {"text": text or code}}
    reason = inspect.getdoc(known) or known.META.summary
    return {
        "id": code,
        "name": known.META.name,
        "shortDescription": {"text": known.META.summary},
        "fullDescription": {"text": reason},
        "help": {"text": f"{reason}\n\nawaitify explain {code}"},
        "properties": {"safety": known.META.safety.value},
    }


def _invocation(notices: Iterable[Notice]) -> dict[str, Any]:
    troubles = [each for each in notices if not _is_result(each)]
    return {
        "executionSuccessful": not any(each.level is Level.ERROR for each in troubles),
        "toolExecutionNotifications": [
            {
                "level": each.level.value,
                "descriptor": {"id": each.code},
                "message": {"text": visible(each.message) or "?"},
                **({"locations": [_location(each)]} if each.path else {}),
            }
            for each in troubles
        ],
    }


def _results(
    report: Report, results: Sequence[Notice], codes: Sequence[str]
) -> Iterator[dict[str, Any]]:
    index = {code: number for number, code in enumerate(codes)}
    offered = _Offered(report)
    suppresses = any(each.status == "suppressed" for each in results)
    for notice, print in zip(results, fingerprints(results), strict=True):
        result: dict[str, Any] = {
            "ruleId": terminal(notice.code),
            "ruleIndex": index[notice.code],
            "level": notice.level.value,
            "message": {"text": _message(notice)},
            "locations": [_location(notice)],
            "partialFingerprints": {"awaitify/v1": print},
        }
        if suppresses:
            kept = notice.status == "suppressed"
            result["suppressions"] = [{"kind": "inSource"}] if kept else []
        if (fix := offered.of(notice)) is not None:
            result["fixes"] = [fix]
        properties = {"status": notice.status, "reason": notice.reason}
        if said := {name: value for name, value in properties.items() if value}:
            result["properties"] = said
        yield result


def _message(notice: Notice) -> str:
    kind = f"{notice.kind}: " if notice.kind else ""
    test = f" [{notice.test}]" if notice.test else ""
    return visible(f"{kind}{notice.message}{test}") or notice.code


def _location(notice: Notice) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(notice.path)}
    if notice.line > 0:
        place["region"] = {"startLine": notice.line}
        if notice.column > 0:
            place["region"]["startColumn"] = notice.column
    location: dict[str, Any] = {"physicalLocation": place}
    if notice.test:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(notice.test)}]
    return location


def _artifact(path: str) -> dict[str, Any]:
    return {"uri": quote(_bytes(path)), "uriBaseId": _BASE}


def _bytes(path: str) -> bytes:
    """Return a path as it is on disk: names need not be UTF-8."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        # Of another system, in a report that was read back.
        return visible(path).encode()


def _folder(root: Path) -> str:
    return f"file://{quote(_bytes(root.as_posix().rstrip('/')))}/"


class _Offered:
    """The fixes of a report, each with its results, or with the first if it is long."""

    def __init__(self, report: Report) -> None:
        # What is done needs no fix.
        changes = () if report.written else report.changes
        self._fixes = fixes(changes, report.findings)
        self._plain: dict[int, dict[str, Any] | None] = {}
        self._results = Counter(id(fix) for fix in self._fixes.values())

    def of(self, notice: Notice) -> dict[str, Any] | None:
        fix = self._fixes.get(notice.number)
        if fix is None:
            return None
        if id(fix) not in self._plain:
            self._plain[id(fix)] = _plain(fix)
        elif fix.size * self._results[id(fix)] > _ROOM:
            return None
        return self._plain[id(fix)]


def _plain(fix: Fix) -> dict[str, Any] | None:
    """Return a fix as JSON has it; None for one that is not all text."""
    try:
        changes = [
            {
                "artifactLocation": _artifact(change.path),
                "replacements": [_replacement(hunk) for hunk in hunks],
            }
            for change, hunks in fix.parts
        ]
    except UnicodeDecodeError:
        return None
    return {"description": {"text": _account(fix.parts)}, "artifactChanges": changes}


def _account(parts: Sequence[tuple[Change, Sequence[Hunk]]]) -> str:
    names = [hunk.definition for _, hunks in parts for hunk in hunks]
    told = list(dict.fromkeys(name for name in names if name))
    shown = ", ".join(map(terminal, told[:3]))
    more = f" and {len(told) - 3} more" if len(told) > 3 else ""
    return f"Migrate {shown}{more}" if shown else "Make this change"


def _replacement(hunk: Hunk) -> dict[str, Any]:
    old, new = b"".join(hunk.old), b"".join(hunk.new)
    region = {"startLine": hunk.start, "startColumn": 1}
    last = hunk.old[-1] if hunk.old else b"\n"
    region["endLine"] = hunk.start + len(hunk.old)
    region["endColumn"] = 1
    if not last.endswith(b"\n"):
        # The last line of its file: there is none after it.
        region["endLine"] -= 1
        region["endColumn"] = len(last.removeprefix(_BOM).decode()) + 1
    if old.startswith(_BOM):
        # It is part of the encoding, not of the text.
        new = new.removeprefix(_BOM)
    old.decode()
    replacement: dict[str, Any] = {"deletedRegion": region}
    if new:
        replacement["insertedContent"] = {"text": new.decode()}
    return replacement
