"""Assertions that are given a callable: ``raises(E, f, ...)``, ``assertRaises``."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, dotted, spelled
from awaitify_codemods.facts.runner import COROUTINE, FACTORY, Runner
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External

# How many leading arguments of an assertion stay when it becomes a with statement.
_ASSERTS = {
    "assertRaises": 1,
    "assertRaisesRegex": 2,
    "assertRaisesRegexp": 2,
    "failUnlessRaises": 1,
}


def asserted(call: ast.Call, module: Module, index: Index) -> int:
    """Return how many arguments of ``raises(E, f, ...)`` stay; 0 if it is not one."""
    if index.value(call.func, module) == {External("pytest.raises")}:
        return 1 if len(call.args) > 1 else 0
    if isinstance(call.func, ast.Attribute) and dotted(call.func.value) == "self":
        keep = _ASSERTS.get(call.func.attr, 0)
        return keep if len(call.args) > keep else 0
    return 0


def is_asserted(node: ast.AST, module: Module) -> bool:
    """Whether an expression is part of an assertion: none changes that need not."""
    return any(
        isinstance(each, ast.Assert)
        or (isinstance(each, ast.Call) and "assert" in spelled(each.func))
        for each in module.enclosing(node)
    )


def is_in_decorator(node: ast.AST, module: Module) -> bool:
    """Whether an expression is part of a decorator: of parameters of a test, say."""
    below = node
    for outer in module.enclosing(node):
        if below in getattr(outer, "decorator_list", ()):
            return True
        below = outer
    return False


def is_kept_whole(call: ast.Call, module: Module) -> bool:
    """Whether an assertion is a statement, or a statement keeps what it returns."""
    match module.parents[call]:
        case ast.Expr():
            return True
        case ast.Assign(targets=[ast.Name()]):
            return True
    return False


def not_given(
    call: ast.Call, use: ast.expr, runner: Runner, keep: int
) -> Refusal | None:
    """Refuse an assertion that does not give a runner what it drives."""
    if len(call.args) <= keep or call.args[keep] is not use:
        message = f"{spelled(use)} is handed on, and will be called elsewhere"
        return Refusal("drive-in-callback", message)
    if runner.limit:
        return Refusal(
            "drive-in-callback", "the time limit of its runner would be lost"
        )
    if call.keywords and runner.form == COROUTINE:
        return Refusal("drive-in-callback", "the assertion says how its runner runs")
    if len(call.args) == keep + 1 and runner.form != FACTORY:
        return Refusal("unresolved", "what it drives is not written out")
    return None
