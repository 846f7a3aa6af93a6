"""Keeps from LibCST's native parser what would overflow its stack."""

from __future__ import annotations

import ast
import re

_BRACKET = re.compile(rb"[()\[\]{}]")
_CHAINED = re.compile(rb"\b(?:and|or|not|elif|else|lambda|await)\b|\*\*|[-~+.]")
_LONG_LINE = re.compile(rb"[^\n]{5000}")

# The parser needs up to 7 KB of stack for a bracket; threads may have 512 KB.
_DEEPEST_BRACKETS = 100
_DEEPEST_TREE = 400
_MANY = 3000


def is_too_deep(source: bytes) -> bool:
    """Whether parsing `source` is risky: it ends the process, without exception.

    Almost every file is cleared by counting; only the rest is parsed by `ast`,
    which refuses deep nesting in an orderly way.
    """
    if not _is_suspicious(source):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return _depth(tree) > _DEEPEST_TREE


def _is_suspicious(source: bytes) -> bool:
    depth = deepest = 0
    for match in _BRACKET.finditer(source):
        if match[0] in b"([{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return (
        deepest > _DEEPEST_BRACKETS
        or _LONG_LINE.search(source) is not None
        or any(source.count(word) > _MANY for word in (b"elif", b"and", b"or "))
    )


def _depth(tree: ast.AST) -> int:
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
