"""Clean-ups that drive: ``self.addCleanup(asyncio.run, x.close())``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module, spelled


def is_clean_up(call: ast.AST) -> bool:
    """Whether a call registers a clean-up of a test."""
    return isinstance(call, ast.Call) and spelled(call.func) == "self.addCleanup"


def driven(call: ast.Call, use: ast.expr, module: Module) -> ast.Call | None:
    """Return the call whose coroutine a clean-up drives, if it may be made as well.

    Args:
        call: ``self.addCleanup(run, f(x))``, or ``self.addCleanup(lambda: run(f()))``.
        use: the mention of the runner.
        module: where it stands.

    """
    match call:
        case ast.Call(args=[runner, ast.Call() as given], keywords=[]) if runner is use:
            return given
        case ast.Call(args=[ast.Lambda(body=ast.Call() as body)], keywords=[]):
            match body:
                case ast.Call(func=func, args=[ast.Call() as given], keywords=[]):
                    if func is use and _means_the_same_later(given, module):
                        return given
    return None


def _means_the_same_later(given: ast.Call, module: Module) -> bool:
    """Whether what a lambda would look up when called is the same at once."""
    parts = [*given.args, *(each.value for each in given.keywords)]
    if not all(isinstance(each, ast.Constant) for each in parts):
        return False
    return all(_is_set_once(each, module) for each in _names(given.func))


def _names(node: ast.expr) -> Iterator[ast.Name | ast.Attribute]:
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            yield node
        else:
            yield from _names(node.value)
    elif isinstance(node, ast.Name):
        yield node


def _is_set_once(node: ast.Name | ast.Attribute, module: Module) -> bool:
    if isinstance(node, ast.Attribute):
        return len(module.stores.get(node.attr, ())) <= 1
    owner = module.at[node].find(node.id)
    return owner is not None and len(owner.names[node.id]) == 1
