"""What a coroutine function does, of its own, when it is cancelled where it waits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import FUNCTIONS, own_nodes, spelled
from awaitify_codemods.facts.tree import children

_WAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
_CANCEL = ("CancelledError", "BaseException")


def acts_when_cancelled(node: ast.AST) -> bool:
    """Whether cancelling a coroutine makes its own code do something."""
    last = getattr(node, "body", [None])[-1]
    is_loop = isinstance(last, (ast.For, ast.While, ast.AsyncFor)) and not last.orelse
    looped = last.body if is_loop else []
    for each in own_nodes(node):
        if isinstance(each, ast.AsyncWith):
            return True
        if isinstance(each, ast.Try) and waits(each.body):
            if any(not _is_idle(statement) for statement in each.finalbody):
                return True
            if any(
                _acts(handler, each is last, each in looped)
                for handler in each.handlers
            ):
                return True
    return False


def waits(body: list[ast.stmt]) -> bool:
    """Whether there is something in a coroutine's statements that it waits for."""
    return any(isinstance(each, _WAITING) for each in _nodes_of(body))


def _nodes_of(body: list[ast.stmt]) -> Iterator[ast.AST]:
    pending: list[ast.AST] = [*body]
    while pending:
        each = pending.pop()
        yield each
        if not isinstance(each, (*FUNCTIONS, ast.Lambda)):
            pending.extend(children(each))


def _acts(handler: ast.ExceptHandler, is_last: bool, in_last_loop: bool) -> bool:
    """Whether a handler does something with a cancellation, or goes on after it.

    Args:
        handler: of a ``try`` around something that waits.
        is_last: the ``try`` is the last statement of its function.
        in_last_loop: it stands in a loop that is.

    """
    if handler.type is not None and not _may_catch(handler.type):
        return False
    *before, end = handler.body
    leaves = isinstance(end, ast.Return) and end.value is None
    leaves = leaves or (isinstance(end, ast.Raise) and end.exc is None)
    leaves = leaves or (in_last_loop and isinstance(end, ast.Break))
    if not leaves and not (is_last and _is_idle(end)):
        return True
    return any(not _is_idle(statement) for statement in before)


def _may_catch(node: ast.expr) -> bool:
    """Whether an ``except`` may catch a cancellation, which is no ``Exception``."""
    if isinstance(node, ast.Tuple):
        return any(_may_catch(each) for each in node.elts)
    name = spelled(node).rpartition(".")[2]
    # A constant or variable may stand for several exceptions.
    is_class = name[:1].isupper() and not name.isupper()
    return not is_class or name in _CANCEL


def _is_idle(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )
