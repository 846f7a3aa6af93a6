"""Edits of statements that drop what they make: it gets a name, or is handed on."""

from __future__ import annotations

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.awaiting import Arguments
from awaitify_codemods.transform.tree import expression


def assign_to(node: cst.Expr, arguments: Arguments) -> cst.Assign:
    """``make()`` -> ``name = make()``."""
    if not isinstance(node, cst.Expr):
        raise TransformError("no expression")
    target = cst.AssignTarget(cst.Name(str(arguments["name"])))
    return cst.Assign([target], node.value, semicolon=node.semicolon)


def pass_to(node: cst.Expr, arguments: Arguments) -> cst.Expr:
    """``make()`` -> ``callee(make())``."""
    if not isinstance(node, cst.Expr):
        raise TransformError("no expression")
    callee = expression(str(arguments["callee"]))
    return node.with_changes(value=cst.Call(callee, [cst.Arg(node.value)]))
