"""Sync tests elsewhere that lose their current loop, by way of a decorator.

asynctest puts the loop back that was current before; unittest leaves none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.objections.context import Context

_GETTER = frozenset({External("asyncio.get_event_loop")})


def stray(context: Context) -> Refusal | None:
    """Return a sync test whose coroutine is decorated with what runs the loop."""
    tests = context.reach.test_code
    for path in context.index.words.files_with("get_event_loop"):
        module = context.index.module(path) if path not in tests else None
        for function in _getting(module, context) if module else ():
            for reference in context.references.to(function):
                node, home = reference.node, reference.module
                if home.path in tests and _decorates_inner(node, home):
                    where = f"{home.path}:{node.lineno}"
                    message = f"a sync test needs the current loop there ({where})"
                    return Refusal("multi-loop", message)
    return None


def _getting(module: Module, context: Context) -> Iterator[Function]:
    """Yield the functions of a file in which the current loop is asked for."""
    found: dict[ast.AST, Function] = {}
    for call in module.calls:
        if context.index.value(call.func, module) != _GETTER:
            continue
        around = [
            each for each in module.enclosing(call) if isinstance(each, ast.FunctionDef)
        ]
        if around:
            found[around[-1]] = Function(module, around[-1])
    yield from found.values()


def _decorates_inner(node: ast.AST, module: Module) -> bool:
    """Whether a mention decorates a coroutine that is defined in a sync function."""
    below = node
    for outer in module.enclosing(node):
        if isinstance(outer, ast.AsyncFunctionDef):
            if below not in outer.decorator_list:
                return False
            return module.at[outer].frame.kind == "function"
        below = outer
    return False
