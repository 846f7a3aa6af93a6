"""Edits of what a function takes and gives: parameters, annotation, `return`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.awaiting import Arguments
from awaitify_codemods.transform.spacing import COMMA
from awaitify_codemods.transform.tree import expression

_KINDS = ("posonly_params", "params", "kwonly_params")


def drop_parameters(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Take parameters away, by name."""
    names = set(arguments["names"])
    changes: dict[str, Any] = {}
    for kind in _KINDS:
        given: Sequence[cst.Param] = getattr(node.params, kind)
        kept = [each for each in given if each.name.value not in names]
        names -= {each.name.value for each in given}
        if len(kept) != len(given):
            changes[kind] = _closed(kept, given)
    if names:
        raise TransformError(f"no parameters {sorted(names)}")
    if "kwonly_params" in changes and not changes["kwonly_params"]:
        if not isinstance(node.params.star_arg, cst.Param):
            changes["star_arg"] = cst.MaybeSentinel.DEFAULT
            plain = changes.get("params", node.params.params)
            if plain and node.params.star_kwarg is None:
                last = plain[-1].with_changes(comma=node.params.kwonly_params[-1].comma)
                changes["params"] = [*plain[:-1], last]
    if "posonly_params" in changes and not changes["posonly_params"]:
        changes["posonly_ind"] = cst.MaybeSentinel.DEFAULT
    params = node.params.with_changes(**changes)
    changed = node.with_changes(params=params)
    if not params.children:
        return changed.with_changes(
            whitespace_before_params=cst.SimpleWhitespace(""),
        )
    return changed


def _closed(
    kept: Sequence[cst.Param], given: Sequence[cst.Param]
) -> Sequence[cst.Param]:
    """Return the parameters that are left, the last of them without a comma more."""
    if not kept or kept[-1] is given[-1]:
        return kept
    return [*kept[:-1], kept[-1].with_changes(comma=given[-1].comma)]


def add_parameters(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Add parameters behind those that may be given by position."""
    params = list(node.params.params)
    for name in arguments["names"]:
        added = cst.Param(cst.Name(str(name)))
        if params:
            added = added.with_changes(comma=params[-1].comma)
            params[-1] = params[-1].with_changes(comma=COMMA)
        elif node.params.children:
            raise TransformError("no place for a parameter")
        params.append(added)
    return node.with_changes(params=node.params.with_changes(params=params))


def set_returns(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Replace the annotation of what a function returns, or take it away."""
    if node.returns is None:
        raise TransformError(f"{node.name.value} has no annotation")
    if not arguments["code"]:
        return node.with_changes(returns=None)
    annotation = expression(str(arguments["code"]))
    return node.with_changes(returns=node.returns.with_changes(annotation=annotation))


def to_yield(node: cst.Return, arguments: Arguments) -> cst.Expr:
    """``return x`` -> ``yield x``."""
    if not isinstance(node, cst.Return):
        raise TransformError("no return")
    if node.value is None:
        return cst.Expr(cst.Yield(), semicolon=node.semicolon)
    value = cst.Yield(node.value, whitespace_after_yield=node.whitespace_after_return)
    return cst.Expr(value, semicolon=node.semicolon)


def to_return(node: Any, arguments: Arguments) -> cst.Return:
    """``yield x``, ``return x``, ``y = x`` or ``f(x)`` -> ``return z``."""
    if not isinstance(node, (cst.Return, cst.Expr, cst.Assign)):
        raise TransformError("nothing is given")
    code = expression(str(arguments["code"]))
    return cst.Return(code, semicolon=node.semicolon)
