"""Walks over parts of a function: its own frame, and what is not in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import FUNCTIONS


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's own frame; of inner definitions the node only."""
    body = getattr(node, "body", [])
    pending: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while pending:
        each = pending.pop()
        yield each
        if not isinstance(each, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(each))


def sync_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function that do not stand in a coroutine function in it."""
    pending: list[ast.AST] = list(getattr(node, "body", []))
    while pending:
        each = pending.pop()
        if isinstance(each, ast.AsyncFunctionDef):
            continue
        yield each
        pending.extend(ast.iter_child_nodes(each))


def sync_names(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    """Yield the names and attributes that are read outside coroutines."""
    for each in sync_nodes(node):
        if isinstance(each, (ast.Name, ast.Attribute)):
            if isinstance(each.ctx, ast.Load):
                yield each
