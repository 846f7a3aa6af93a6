"""Walks over the parts of a function that do not stand in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.tree import children


def sync_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function that do not stand in a coroutine function in it."""
    pending: list[ast.AST] = list(getattr(node, "body", []))
    while pending:
        each = pending.pop()
        if isinstance(each, ast.AsyncFunctionDef):
            continue
        yield each
        pending.extend(children(each))


def sync_names(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    """Yield the names and attributes that are read outside coroutines."""
    for each in sync_nodes(node):
        if isinstance(each, (ast.Name, ast.Attribute)):
            if isinstance(each.ctx, ast.Load):
                yield each
