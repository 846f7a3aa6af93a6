"""Code that is there for some versions only, or that knows of several."""

from __future__ import annotations

import ast
import re

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_arguments import (
    expected_failure,
    is_for_some_versions,
)
from awaitify_codemods.facts.module import Module, spelled

_WARNED = re.compile("warn|deprecated_call", re.IGNORECASE)
_LACKING = ("AttributeError", "ImportError", "ModuleNotFoundError", "NameError")


def for_some_versions(call: ast.Call, module: Module, index: Index) -> str:
    """Return what says that a call is made, or fails, in some versions only."""
    if where := expected_failure(call, module, index):
        return f"that it fails may be what is expected ({where})"
    if line := warned_of(call, module):
        return f"a test looks at the warnings that it gives (line {line})"
    if is_for_some_versions(call, module) or _is_fallback(call, module):
        return "it is there for some versions only"
    return ""


def warned_of(node: ast.AST, module: Module) -> int:
    """Return the line of a `with` that looks at the warnings of a node; else 0."""
    for outer in module.enclosing(node):
        if not isinstance(outer, (ast.With, ast.AsyncWith)):
            continue
        for item in outer.items:
            if _WARNED.search(spelled(item.context_expr)):
                return outer.lineno
    return 0


def _is_fallback(call: ast.Call, module: Module) -> bool:
    """Whether a call is made after something failed, or where a name may lack."""
    return any(
        isinstance(outer, ast.ExceptHandler)
        or (
            isinstance(outer, ast.Try)
            and any(_is_of_names(each) for each in outer.handlers)
        )
        or (
            isinstance(outer, (ast.If, ast.IfExp)) and "hasattr" in ast.dump(outer.test)
        )
        for outer in module.enclosing(call)
    )


def _is_of_names(handler: ast.ExceptHandler) -> bool:
    text = ast.unparse(handler.type) if handler.type else ""
    return any(each in text for each in _LACKING)
