"""JSON: stable keys, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from awaitify import installed_version
from awaitify.prove.outcome import SuiteRun
from awaitify.prove.proof import Compared, Proof, Verdict
from awaitify.prove.report import content

SCHEMA = 1


def render(proof: Proof) -> bytes:
    """Return one JSON object; paths are relative to its `root`."""
    return json.dumps(plain(proof), indent=2).encode() + b"\n"


def plain(proof: Proof) -> dict[str, Any]:
    """Return a proof as parts that JSON has."""
    comparison = proof.comparison
    return {
        "schema": SCHEMA,
        "version": installed_version(),
        "command": "prove",
        "root": proof.root.as_posix(),
        "conclusion": content.conclusion(proof).name.lower().replace("_", "-"),
        "summary": _summary(proof),
        "suite": {
            "command": proof.command,
            "before": _runs(proof.before),
            "after": _runs(proof.after),
        },
        "tests": [_test(key, each) for key, each in comparison.tests.items()],
        "complaints": [asdict(each) for each in comparison.more],
        "collection": {
            "before": dict(comparison.collection_before),
            "after": dict(comparison.collection_after),
        },
        "vacuous": [asdict(each) for each in proof.vacuous],
        "rounds": [asdict(each) for each in proof.rounds],
        "repairs": [asdict(each) for each in proof.repairs],
        "rolled_back": [asdict(each) for each in proof.rolled_back],
        "inventory": {
            code: {"before": before, "after": after}
            for code, (before, after) in proof.inventory.items()
        },
        "left": dict(proof.left),
        "files": [
            *({"path": path, "change": "changed"} for path in proof.changed),
            *({"path": path, "change": "removed"} for path in proof.removed),
        ],
        "evidence": proof.evidence.as_posix() if proof.evidence else None,
        "run": proof.run,
        "again": proof.again,
    }


def _summary(proof: Proof) -> Mapping[str, Any]:
    counts = content.verdicts(proof)
    before, left = content.sites(proof)
    gone, added = content.gone(proof), content.added(proof)
    return {
        "tests": len(proof.comparison.tests),
        "verdicts": {
            verdict.value.replace(" ", "_"): counts.get(verdict, 0)
            for verdict in Verdict
        },
        "node_ids_equal": not gone and not added,
        "collection_errors": {
            "before": len(proof.comparison.collection_before),
            "after": len(proof.comparison.collection_after),
        },
        "complaints": len(proof.comparison.more),
        "vacuous": len(proof.vacuous),
        "rolled_back": len(proof.rolled_back),
        "given_up": proof.given_up,
        "sites": before,
        "sites_left": left,
        "suite_seconds": {
            "before": round(content.seconds(proof.before), 3),
            "after": round(content.seconds(proof.after), 3),
        },
        "seconds": round(proof.seconds, 3),
    }


def _runs(runs: Sequence[SuiteRun]) -> list[dict[str, Any]]:
    return [
        {
            "ended": run.ended,
            "status": run.status,
            "seconds": round(run.seconds, 3),
            "cpu": round(run.cpu, 3),
            "versions": dict(run.versions),
            "running": run.running,
        }
        for run in runs
    ]


def _test(node_id: str, test: Compared) -> dict[str, Any]:
    return {
        "id": node_id,
        "verdict": test.verdict.value.replace(" ", "_"),
        "before": test.before or None,
        "after": test.after or None,
        "message": test.message,
        "seconds_before": round(test.seconds_before, 4),
        "seconds_after": round(test.seconds_after, 4),
    }
