"""Walks over the parts of a function that do not stand in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from awaitify_codemods.facts.module import FunctionNode, Module, Scope
from awaitify_codemods.facts.tree import children


# One function after the other is judged, by many checks.
@lru_cache(maxsize=16)
def sync_nodes(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes of a function that stand in no coroutine function of it."""
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(getattr(node, "body", []))
    while pending:
        each = pending.pop()
        if not isinstance(each, ast.AsyncFunctionDef):
            found.append(each)
            pending += children(each)
    return tuple(found)


def definition_lines(node: FunctionNode | ast.ClassDef) -> tuple[int, int]:
    """Return the first line of a definition, decorators included, and the last."""
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return first, node.end_lineno or node.lineno


def sync_names(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    """Yield the names and attributes that are read outside coroutines."""
    for each in sync_nodes(node):
        if isinstance(each, (ast.Name, ast.Attribute)):
            if isinstance(each.ctx, ast.Load):
                yield each


def frames_within(module: Module, scope: Scope) -> Iterator[Scope]:
    """Yield a frame and the sync frames defined in it, not those of coroutines."""
    yield scope
    for inner in module.frames_in(scope):
        if not isinstance(inner.node, ast.AsyncFunctionDef):
            yield from frames_within(module, inner)
