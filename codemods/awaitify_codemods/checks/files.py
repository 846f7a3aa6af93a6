"""All checks of one file, before and after."""

from __future__ import annotations

from awaitify_codemods.checks.assertions import check_assertions
from awaitify_codemods.checks.comments import check_comments
from awaitify_codemods.checks.ids import check_ids
from awaitify_codemods.checks.names import check_names
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.parsing import compiled
from awaitify_codemods.facts.reading import read
from awaitify_codemods.plan import FilePlan

Failures = list[tuple[str, str]]


def check_file(
    before: Module, plan: FilePlan, after: bytes
) -> tuple[Module | None, Failures]:
    """Compare a file with its result; return its facts, and what failed."""
    try:
        compiled(plan.path, after)
        result = read(plan.path, after)
    except SyntaxError as error:
        return None, [("compiles", str(error))]
    failures = [
        *check_ids(before, result, plan),
        *check_assertions(before, result, plan),
        *check_names(before, result),
        *check_comments(before, result, plan),
    ]
    return result, failures
