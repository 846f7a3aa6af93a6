"""The nodes of a file that a plan's edits are about."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from awaitify_codemods.facts.module import Module, own_nodes
from awaitify_codemods.facts.reading import read
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
    for function, edits in list(found.items()):
        for edit in edits:
            if edit.op == "replace-attribute":
                for node in _attributes(function, edit):
                    found.setdefault(node, []).append(edit)
            elif edit.op == "rename-name":
                for name in module.uses.get(str(edit.arguments["name"]), ()):
                    if isinstance(name, ast.Name):
                        found.setdefault(name, []).append(edit)
    return found


def _attributes(function: ast.AST, edit: Edit) -> Iterator[ast.AST]:
    """Yield the attributes in the frame of a function that an edit replaces."""
    for node in own_nodes(function):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                if (owner, name) == (edit.arguments["owner"], edit.arguments["name"]):
                    yield node


def inserted(
    edits: Mapping[ast.AST, list[Edit]],
) -> Iterator[tuple[tuple[int, int], Module]]:
    """Yield what is inserted beside statements that may define functions, and where."""
    for node, each in edits.items():
        for edit in each:
            if edit.op in ("insert-before", "insert-after"):
                code = str(edit.arguments["code"])
                if "def " in code:
                    first, last = getattr(node, "lineno", 0), _end(node)
                    place = (first, 0) if edit.op == "insert-before" else (last, 2)
                    yield place, read("<inserted>", code.encode())


def _end(node: ast.AST) -> int:
    return getattr(node, "end_lineno", None) or 0
