"""Keeps from LibCST's native parser what would overflow its stack."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable

_BRACKET = re.compile(rb"[()\[\]{}]")
_LONG_LINE = re.compile(rb"[^\n]{5000}")

# The parser needs up to 7 KB of stack for a bracket; threads may have 512 KB.
_DEEPEST_BRACKETS = 70
_DEEPEST_TREE = 400
_MANY = 3000


def is_too_deep(source: bytes) -> bool:
    """Whether parsing `source` could end the process, without an exception.

    Almost every file is cleared by counting; only the rest is parsed by `ast`,
    which refuses deep nesting in an orderly way.
    """
    if not _is_suspicious(source):
        return False
    try:
        depth = _tree_depth(ast.parse(source))
        tokens = tokenize.tokenize(io.BytesIO(source).readline)
        brackets = _bracket_depth(t.string for t in tokens if t.type == tokenize.OP)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return True
    return depth > _DEEPEST_TREE or brackets > _DEEPEST_BRACKETS


def _is_suspicious(source: bytes) -> bool:
    brackets = (match[0].decode() for match in _BRACKET.finditer(source))
    return (
        _bracket_depth(brackets) > _DEEPEST_BRACKETS
        or _LONG_LINE.search(source) is not None
        or any(source.count(word) > _MANY for word in (b"elif", b"and", b"or "))
    )


def _bracket_depth(tokens: Iterable[str]) -> int:
    depth = deepest = 0
    for token in tokens:
        if token in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in ")]}":
            depth -= 1
    return deepest


def _tree_depth(tree: ast.AST) -> int:
    deepest = 0
    stack = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, ast.BoolOp):
            # One flat node in `ast`, but nested once per operand in LibCST.
            depth += len(node.values)
        deepest = max(deepest, depth)
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return deepest
