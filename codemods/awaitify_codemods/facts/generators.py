"""Asynchronous generators that clean up, and who may not exhaust them."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import (
    COMPREHENSIONS,
    Module,
    every_argument,
)
from awaitify_codemods.facts.values import Function


def is_unfinished(
    node: ast.Call | ast.Name, function: Function, module: Module, index: Index
) -> bool:
    """Whether a generator with a clean-up may not be exhausted.

    Args:
        node: the call that makes it, or the variable that keeps it.
        function: what makes it.
        module: where `node` stands.
        index: the project's files.

    """
    if not _cleans_up(function):
        return False
    parent = module.parents[node]
    if isinstance(parent, ast.AsyncFor):
        return _leaves_early(parent)
    if isinstance(parent, ast.Call) and node in parent.args:
        called = index.value(parent.func, module)
        return not called or not all(
            isinstance(each, Function)
            and _exhausts(each, parent.args.index(node), module)
            for each in called
        )
    return not isinstance(parent, (ast.comprehension, ast.withitem))


def _cleans_up(function: Function) -> bool:
    """Whether a function is an asynchronous generator that does something in the end.

    A decorator makes something else of it: a context manager, a fixture.
    """
    if not function.is_async or function.node.decorator_list:
        return False
    kinds = function.module.kinds(function.node)
    return ast.Yield in kinds and bool(kinds & {ast.Try, ast.With, ast.AsyncWith})


def _leaves_early(node: ast.AsyncFor) -> bool:
    return any(isinstance(each, (ast.Break, ast.Return)) for each in ast.walk(node))


def _exhausts(function: Function, position: int, module: Module) -> bool:
    """Whether all that a function does with an argument is to loop over it."""
    parameters = every_argument(function.node.args)[1 if function.owner else 0 :]
    if position >= len(parameters):
        return False
    name = parameters[position].arg
    uses = function.module.references(function.scope, name)
    return bool(uses) and all(
        (
            isinstance(outer := function.module.parents[use], ast.comprehension)
            and isinstance(function.module.parents[outer], COMPREHENSIONS)
        )
        or (isinstance(outer, ast.AsyncFor) and not _leaves_early(outer))
        for use in uses
    )
