"""Futures that a test waits for: awaiting one gives as many turns as a run did."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, own_nodes
from awaitify_codemods.facts.values import External, Function, Instance


def is_future(node: ast.expr, module: Module, index: Index) -> bool:
    """Whether an expression is a variable that was given a bare future."""
    if not isinstance(node, ast.Name) or node not in module.at:
        return False
    owner = module.at[node].find(node.id)
    bindings = owner.names[node.id] if owner else []
    return bool(bindings) and all(
        each.kind == "assign"
        and each.value is not None
        and _makes_future(each.value, module, index)
        for each in bindings
    )


def _makes_future(node: ast.expr, module: Module, index: Index, depth: int = 0) -> bool:
    if not isinstance(node, ast.Call) or depth > _DEPTH:
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == "create_future":
        return not node.args and not node.keywords
    if index.value(node, module) == {Instance(External("asyncio.Future"))}:
        return True
    called = index.value(node.func, module)
    return bool(called) and all(
        isinstance(each, Function)
        and not each.is_async
        and _returns_future(each, index, depth)
        for each in called
    )


def _returns_future(function: Function, index: Index, depth: int) -> bool:
    nodes = own_nodes(function.node)
    returns = [each.value for each in nodes if isinstance(each, ast.Return)]
    return bool(returns) and all(
        each is not None and _makes_future(each, function.module, index, depth + 1)
        for each in returns
    )


_DEPTH = 3
