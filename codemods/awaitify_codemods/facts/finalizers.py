"""``request.addfinalizer(...)``: what a fixture wants to be called in the end.

What is registered last, before nothing but ``return name``, may as well stand below
a ``yield`` of the name.
"""

from __future__ import annotations

import ast

from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Function


def is_finalizer(call: ast.AST) -> bool:
    """Whether a call registers a finalizer."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="addfinalizer")):
            assert isinstance(call, ast.Call)
            return len(call.args) == 1 and not call.keywords
    return False


def is_movable(call: ast.AST, module: Module, index: Index) -> bool:
    """Whether nothing can fail between a registration and the end of its fixture."""
    if not is_finalizer(call):
        return False
    statement = module.parents[call]
    function = module.parents.get(statement)
    if not isinstance(statement, ast.Expr) or not isinstance(function, ast.FunctionDef):
        return False
    if statement not in function.body:
        return False
    if not fixture_decorator(Function(module, function), index):
        return False
    if {ast.Yield, ast.YieldFrom} & module.kinds(function):
        return False
    return _ends_quietly(function, statement, module)


def _ends_quietly(
    function: ast.FunctionDef, statement: ast.stmt, module: Module
) -> bool:
    registering = [
        each for each in function.body if any(is_finalizer(node) for node in walk(each))
    ]
    rest = function.body[function.body.index(registering[0]) :]
    returns = module.returns.get(function, [])
    if returns != [each for each in rest[-1:] if isinstance(each, ast.Return)]:
        return False
    if returns and not _is_quiet(returns[0].value):
        return False
    return statement in rest and all(
        isinstance(each, ast.Return)
        or (isinstance(each, ast.Expr) and is_finalizer(each.value) and _plain(each))
        for each in rest
    )


def _plain(statement: ast.Expr) -> bool:
    """Whether a finalizer is given in a way that can be written as a call."""
    assert isinstance(statement.value, ast.Call)
    given = statement.value.args[0]
    if isinstance(given, ast.Lambda):
        return not given.args.args and isinstance(given.body, ast.Call)
    return _is_quiet(given)


def _is_quiet(node: ast.expr | None) -> bool:
    """Whether an expression calls nothing."""
    return node is None or all(
        isinstance(
            each, (ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.expr_context)
        )
        for each in walk(node)
    )


def finalizers(function: Function) -> list[ast.Expr]:
    """Return the statements that register finalizers, in order."""
    return [
        each
        for each in function.node.body
        if isinstance(each, ast.Expr) and is_finalizer(each.value)
    ]


def registering(node: ast.AST, module: Module, index: Index) -> Function | None:
    """Return the fixture that registers a function as a finalizer, to be awaited."""
    call = module.parents.get(node)
    if isinstance(call, ast.Call) and node in call.args:
        if is_movable(call, module, index):
            function = module.parents[module.parents[call]]
            assert isinstance(function, FUNCTIONS)
            return Function(module, function)
    return None
