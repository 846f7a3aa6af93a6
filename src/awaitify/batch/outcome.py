"""What the report of an entry says: numbers, files, the text of a commit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaitify.batch.states import Counts
from awaitify.report.lines import count


class NoReport(Exception):
    """There is none, or it says something that cannot be."""


@dataclass(frozen=True)
class Outcome:
    """What a run has done in a work tree."""

    counts: Counts
    files: tuple[str, ...]
    """Those that it changed or removed, relative to the work tree."""


def read(report: bytes, tree: Path) -> Outcome:
    """Return what a report says.

    Raises:
        NoReport: it is none, or tells of files outside of the work tree.

    """
    try:
        data = json.loads(report)
        root = Path(data["root"])
        proof = data["command"] == "prove"
        counts = _of_a_proof(data) if proof else _of_a_run(data)
        files = tuple(_inside(root / each["path"], tree) for each in data["files"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoReport(f"no report that makes sense: {error}") from error
    return Outcome(counts, files)


def _of_a_run(data: Mapping[str, Any]) -> Counts:
    summary = data["summary"]
    return Counts(
        sites=summary["sites"],
        migrated=summary["migrate"] + summary["newly_running"],
        left=dict(summary["left"]),
        changed=summary["files_changed"],
        removed=summary["files_removed"],
    )


def _of_a_proof(data: Mapping[str, Any]) -> Counts:
    summary = data["summary"]
    changes = [each["change"] for each in data["files"]]
    return Counts(
        sites=summary["sites"],
        migrated=summary["sites"] - summary["sites_left"],
        left=dict(data["left"]),
        changed=changes.count("changed"),
        removed=changes.count("removed"),
        rolled_back=summary["rolled_back"],
    )


def _inside(path: Path, tree: Path) -> str:
    # Of the folder alone: what was changed may have been a link's name, never a link.
    real = os.path.join(os.path.realpath(path.parent), path.name)
    top = os.path.realpath(tree)
    if not Path(real).is_relative_to(top):
        raise NoReport(f"{path} is not in the work tree")
    return os.path.relpath(real, top).replace(os.sep, "/")


def message(subject: str, name: str, counts: Counts) -> str:
    """Return the text of the commit: what was done, in numbers."""
    lines = [subject, "", *sentences(counts), "", f"Awaitify-Batch: {name}", ""]
    return "\n".join(lines)


def sentences(counts: Counts) -> list[str]:
    """Return the numbers in words, a line each."""
    codes = ", ".join(f"{code} {number}" for code, number in counts.left.items())
    left = sum(counts.left.values())
    why = f" ({codes})" if codes else ""
    found = count(counts.sites, "site")
    files = f"{count(counts.changed, 'file')} changed"
    if counts.removed:
        files += f", {counts.removed} removed"
    if counts.rolled_back:
        files += f", {counts.rolled_back} rolled back"
    return [
        f"{found} found: {counts.migrated} migrated, {left} left{why}.",
        f"{files}.",
    ]
