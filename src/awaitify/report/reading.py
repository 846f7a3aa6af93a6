"""Reports that were written as JSON, read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from awaitify.changes import ALONE, Change, Hunk
from awaitify.project import Fault
from awaitify.report.as_json import SCHEMA
from awaitify.report.content import Known, Refused, Report

if TYPE_CHECKING:
    from awaitify_codemods import Finding, RuleFailure

_T = TypeVar("_T")
_KINDS: Mapping[str, type] = {"str": str, "int": int}
_SIDES = {b" ": (0, 1), b"-": (0,), b"+": (1,)}
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class ReportError(ValueError):
    """It is no report, or one that this version does not know."""


@dataclass(frozen=True)
class Written:
    """A report in JSON, and what made it."""

    report: Report
    version: str


def load(data: bytes) -> Written:
    """Read what ``check``, ``diff`` or ``fix`` wrote with ``--format json``.

    Raises:
        ReportError: it is something else, or of another schema.

    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"not a report: {error}") from error
    if not isinstance(found, dict) or "findings" not in found:
        raise ReportError("not a report of check, diff or fix in JSON")
    if found.get("schema") != SCHEMA:
        raise ReportError(f"schema {found.get('schema')!r}, expected {SCHEMA}")
    try:
        return Written(_report(found), _a(str, found["version"]))
    except (KeyError, TypeError, ValueError, LookupError) as error:
        raise ReportError(f"not a report: {error!r}") from error


def _report(data: Mapping[str, Any]) -> Report:
    from awaitify_codemods import Finding, RuleFailure

    findings: list[Finding] = [_record(Finding, each) for each in data["findings"]]
    failures: list[RuleFailure] = [
        _record(RuleFailure, each) for each in data["failed_rules"]
    ]
    known, shard = data["summary"]["baseline"], data["shard"]
    return Report(
        command=_a(str, data["command"]),
        root=Path(_a(str, data["root"])),
        findings=tuple(findings),
        faults=tuple(_record(Fault, each) for each in data["errors"]),
        bugs=tuple(map(_refused, data["bugs"])),
        failures=tuple(failures),
        changed=tuple(_paths(data, "changed")),
        removed=tuple(_paths(data, "removed")),
        patch=b"",
        seconds=0.0,
        written=_a(bool, data["summary"]["written"]),
        known=None if known is None else _record(Known, known),
        changes=tuple(sorted(_changes(data), key=lambda change: change.path)),
        shard=None if shard is None else _a(str, shard),
    )


def _paths(data: Mapping[str, Any], kind: str) -> Iterator[str]:
    for each in data["files"]:
        if each["change"] not in ("changed", "removed"):
            raise ValueError(f"a change of {each['change']!r}")
        if each["change"] == kind:
            yield _a(str, each["path"])


def _refused(data: Mapping[str, Any]) -> Refused:
    path, check, message, diff = (
        _a(str, data[name]) for name in ("path", "check", "message", "diff")
    )
    return Refused(path, check, message, diff.encode("utf-8", "surrogatepass"))


def _changes(data: Mapping[str, Any]) -> Iterator[Change]:
    return (_change(each) for each in data["files"] if "diff" in each)


def _change(data: Mapping[str, Any]) -> Change:
    if data["encoding"] not in ("utf-8", "latin-1"):
        raise ValueError(f"an encoding of {data['encoding']!r}")
    diff = _a(str, data["diff"]).encode(data["encoding"])
    old, new = _sides(diff)
    head = diff.partition(b"\n@@")[0]
    return Change(
        path=_a(str, data["path"]),
        before=None if b"\nnew file mode " in head else b"",
        after=None if b"\ndeleted file mode " in head else b"",
        hunks=tuple(_hunk(each, old, new) for each in data["hunks"]),
        executable=b"\ndeleted file mode 100755" in head,
        diff=diff,
    )


def _hunk(
    data: Mapping[str, Any], old: Mapping[int, bytes], new: Mapping[int, bytes]
) -> Hunk:
    start, new_start = _a(int, data["start"]), _a(int, data["new_start"])
    unit = ALONE if data["unit"] is None else _a(int, data["unit"])
    return Hunk(
        start,
        tuple(old[start + n] for n in range(_a(int, data["lines"]))),
        new_start,
        tuple(new[new_start + n] for n in range(_a(int, data["new_lines"]))),
        _a(str, data["definition"]),
        unit,
    )


def _sides(diff: bytes) -> tuple[dict[int, bytes], dict[int, bytes]]:
    r"""Return the lines of a patch of one file, by their numbers before and after.

    Not by a library: they split lines at ``\r`` and form feeds, too.
    """
    sides: tuple[dict[int, bytes], dict[int, bytes]] = ({}, {})
    numbers, left = [0, 0], [0, 0]
    last: tuple[int, ...] = ()
    for line in diff.split(b"\n"):
        if line.startswith(b"\\"):
            # The line before it is the last one of its file, and has no end.
            for n in last:
                sides[n][numbers[n] - 1] = sides[n][numbers[n] - 1][:-1]
        elif any(left):
            last = _SIDES[line[:1]]
            for n in last:
                sides[n][numbers[n]] = line[1:] + b"\n"
                numbers[n] += 1
                left[n] -= 1
        elif match := _HUNK.match(line):
            start, size, new_start, new_size = match.groups()
            numbers = [int(start), int(new_start)]
            left = [int(size or b"1"), int(new_size or b"1")]
    return sides


def _record(kind: type[_T], data: Mapping[str, Any]) -> _T:
    """Return a dataclass of strings and numbers."""
    names = {each.name: _KINDS[str(each.type)] for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _a(wanted, data[name]) for name, wanted in names.items()})


def _a(kind: type[_T], value: Any) -> _T:
    # To Python True is an int; here it is none.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r} in place of {kind.__name__}")
    return value
