"""The JSON schema of what check, diff, fix and prove print as JSON."""

from __future__ import annotations

import json
from typing import Any

from awaitify.prove.proof import Verdict
from awaitify.prove.report import as_json as of_proofs
from awaitify.prove.report.content import Conclusion
from awaitify.report import as_json

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STRING: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_FLAG: dict[str, Any] = {"type": "boolean"}
_SECONDS: dict[str, Any] = {"type": "number", "minimum": 0}
_STRINGS: dict[str, Any] = {"type": "array", "items": _STRING}
_PATH = {**_STRING, "description": "Posix, relative to the root."}
_BOTH = ("before", "after")


def render() -> str:
    """Return the schema, as draft 2020-12 of JSON Schema has it."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """Return the schema: of a report or of a proof."""
    return {
        "$schema": _DIALECT,
        "title": "What awaitify prints with --format json",
        "oneOf": [{"$ref": "#/$defs/report"}, {"$ref": "#/$defs/proof"}],
        "$defs": {
            "report": _report(),
            "proof": _proof(),
            "finding": _finding(),
            "file": _file(),
            "hunk": _hunk(),
            "test": _test(),
            "run": _run(),
        },
    }


def _object(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the schema of an object; later versions may add keys."""
    return {
        "type": "object",
        "properties": {**required, **more},
        "required": list(required),
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _or_null(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, {"type": "null"}]}


def _counts() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _COUNT}


def _strings_by_name() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _STRING}


def _head(number: int, *commands: str) -> dict[str, Any]:
    return {
        "schema": {"const": number},
        "version": {**_STRING, "description": "That of awaitify."},
        "command": {"enum": list(commands)},
        "root": {**_STRING, "description": "Where all paths begin."},
    }


def _report() -> dict[str, Any]:
    summary = {
        **dict.fromkeys(("sites", "migrate", "newly_running", "report"), _COUNT),
        "left": {**_counts(), "description": "By refusal code."},
        "suppressed": _COUNT,
        "baseline": _or_null(_object({"found": _COUNT, "gone": _COUNT})),
        "files_changed": _COUNT,
        "files_removed": _COUNT,
        "written": {**_FLAG, "description": "Whether the changes are on disk."},
    }
    fault = {"path": _PATH, "line": _COUNT, "message": _STRING}
    bug = {"path": _PATH, "check": _STRING, "message": _STRING, "diff": _STRING}
    return _object(
        {
            **_head(as_json.SCHEMA, "check", "diff", "fix"),
            "shard": _or_null({**_STRING, "pattern": r"^[1-9]\d*/[1-9]\d*$"}),
            "summary": _object(summary),
            "findings": _list(_of("finding")),
            "files": _list(_of("file")),
            "errors": _list(_object(fault)),
            "failed_rules": _list(_object({"code": _STRING, "message": _STRING})),
            "bugs": _list(_object(bug)),
        }
    )


def _finding() -> dict[str, Any]:
    statuses = "migrate left newly-running report review suppressed".split()
    return _object(
        {
            "path": _PATH,
            "line": {"type": "integer", "description": "From 1."},
            "column": {"type": "integer", "description": "From 1, in characters."},
            "rule": {**_STRING, "description": "A code, as AW101."},
            "status": {"enum": statuses},
            "message": _STRING,
            "reason": {**_STRING, "description": "A refusal code, if it is left."},
            "test": {**_STRING, "description": "As pytest names it, or empty."},
        }
    )


def _file() -> dict[str, Any]:
    diff = "Its patch, of `diff`: these bytes in the encoding that stands beside it."
    required = {"path": _PATH, "change": {"enum": ["changed", "removed"]}}
    more = {
        "diff": {**_STRING, "description": diff},
        "encoding": {"enum": ["utf-8", "latin-1"]},
        "hunks": _list(_of("hunk")),
    }
    together = list(more)
    return {
        **_object(required, **more),
        "dependentRequired": {name: together for name in together},
    }


def _hunk() -> dict[str, Any]:
    unit = "What belongs together, over all files, has the same number."
    return _object(
        {
            **dict.fromkeys(("start", "lines", "new_start", "new_lines"), _COUNT),
            "definition": {**_STRING, "description": "As pytest names it, or empty."},
            "unit": {**_or_null(_COUNT), "description": unit},
        }
    )


def _proof() -> dict[str, Any]:
    conclusions = [each.name.lower().replace("_", "-") for each in Conclusion]
    file = {"path": _PATH, "change": {"enum": ["changed", "removed"]}}
    complaint = {"kind": _STRING, "name": _STRING, "before": _COUNT, "after": _COUNT}
    back = {"what": _STRINGS, "level": _STRING, "tests": _STRINGS, "message": _STRING}
    rounds = {"number": _COUNT, "tried": _STRING, "regressed": _COUNT, "kept": _FLAG}
    sides = {side: _list(_of("run")) for side in _BOTH}
    return _object(
        {
            **_head(of_proofs.SCHEMA, "prove"),
            "conclusion": {"enum": conclusions},
            "summary": _summary(),
            "suite": _object({"command": _STRINGS, **sides}),
            "tests": _list(_of("test")),
            "complaints": _list(_object({**complaint, "tests": _STRINGS})),
            "collection": _object({side: _strings_by_name() for side in _BOTH}),
            "vacuous": _list(
                _object(dict.fromkeys(("test", "kind", "detail"), _STRING))
            ),
            "rounds": _list(_object(rounds)),
            "repairs": _list(
                _object({"function": _STRING, "kind": _STRING, "tests": _STRINGS})
            ),
            "rolled_back": _list(_object(back)),
            "inventory": {
                "type": "object",
                "additionalProperties": _object(dict.fromkeys(_BOTH, _COUNT)),
            },
            "left": _counts(),
            "files": _list(_object(file)),
            "evidence": _or_null(_STRING),
            "run": {**_or_null(_STRING), "description": "What `undo` takes."},
            "again": _STRINGS,
        }
    )


def _summary() -> dict[str, Any]:
    return _object(
        {
            "tests": _COUNT,
            "verdicts": _object(dict.fromkeys(_verdicts(), _COUNT)),
            "node_ids_equal": _FLAG,
            "collection_errors": _object(dict.fromkeys(_BOTH, _COUNT)),
            **dict.fromkeys(("complaints", "vacuous", "rolled_back"), _COUNT),
            "given_up": _FLAG,
            "sites": _COUNT,
            "sites_left": _COUNT,
            "suite_seconds": _object(dict.fromkeys(_BOTH, _SECONDS)),
            "seconds": _SECONDS,
        }
    )


def _test() -> dict[str, Any]:
    return _object(
        {
            "id": _STRING,
            "verdict": {"enum": _verdicts()},
            "before": {**_or_null(_STRING), "description": "null: it was not there."},
            "after": _or_null(_STRING),
            "message": _STRING,
            "seconds_before": _SECONDS,
            "seconds_after": _SECONDS,
        }
    )


def _run() -> dict[str, Any]:
    return _object(
        {
            "ended": _STRING,
            "status": _or_null({"type": "integer"}),
            "seconds": _SECONDS,
            "cpu": _SECONDS,
            "versions": _strings_by_name(),
            "running": _STRINGS,
        }
    )


def _verdicts() -> list[str]:
    return [verdict.value.replace(" ", "_") for verdict in Verdict]
