"""The nodes of a file that a plan's edits are about."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.module import Module
from awaitify_codemods.plan import Edit, FilePlan


def edits_of(module: Module, plan: FilePlan) -> dict[ast.AST, list[Edit]]:
    """Return the edits of each node, found again by kind and number."""
    keyed: dict[tuple[str, int], list[Edit]] = {}
    for edit in plan.edits:
        keyed.setdefault((edit.kind, edit.ordinal), []).append(edit)
    found: dict[ast.AST, list[Edit]] = {}
    for kind in {kind for kind, _ in keyed}:
        for node in module.numbered(kind):
            edits = keyed.get(module.ordinal(node))
            if edits:
                found[node] = edits
    return found
