"""What the source of a runner shows that must not become a plain ``await``."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.module import FUNCTIONS, every_argument, spelled
from awaitify_codemods.facts.values import Function

_APART = frozenset(
    "Thread Timer start_new_thread run_coroutine_threadsafe run_in_executor to_thread "
    "submit ThreadPoolExecutor ProcessPoolExecutor Process fork run_forever "
    "start_blocking_portal run_in_thread".split()
)
_DRIVERS = frozenset({"run", "run_until_complete", "run_sync"})
_BLOCKS = frozenset({"Runner", "closing"})


def harm(function: Function) -> tuple[str, str] | None:
    """Return the reason and what a runner does to what it drives, if it does harm.

    What it does before and after is what the user vouches for.
    """
    node = function.node
    name = node.name
    if function.is_async or yields(node):
        message = f"{name} is said to be a runner, and is async or a generator"
        return "impure-runner", message
    arguments = [each.arg for each in every_argument(node.args)]
    own = int(arguments[:1] in (["self"], ["cls"]))
    driven = set(arguments[own : own + 1])
    for each in ast.walk(node):
        word = getattr(each, "attr", getattr(each, "id", ""))
        if word in _APART:
            message = f"{name} is said to be a runner, and runs apart ({word})"
            return "thread-loop", message
        what = _around(each, driven) or _returned(each)
        if what:
            message = f"{name} is said to be a runner, and {what}"
            return "impure-runner", message
    return None


def _around(node: ast.AST, driven: set[str]) -> str:
    """Return what a statement does with the run that stands in it."""
    match node:
        case ast.Try(body=body, handlers=[_, *_]) if _drives(body, driven):
            return "handles what it raises"
        case ast.For(body=body) | ast.While(body=body) if _drives(body, driven):
            return "may drive it again"
        case ast.With(items=items, body=body) if _drives(body, driven):
            for item in items:
                call = item.context_expr
                called = spelled(call.func) if isinstance(call, ast.Call) else ""
                if called.rpartition(".")[2] not in _BLOCKS:
                    return f"drives it inside of {called or 'a context'}"
    return ""


def _returned(node: ast.AST) -> str:
    if isinstance(node, ast.Return) and node.value is not None:
        if not isinstance(node.value, (ast.Name, ast.Call, ast.Attribute)):
            if not (isinstance(node.value, ast.Constant) and node.value.value is None):
                return "returns something else"
    return ""


def _drives(body: list[ast.stmt], driven: set[str]) -> bool:
    """Whether statements call what drives, or hand on what is to be driven."""
    for statement in body:
        for call in ast.walk(statement):
            if not isinstance(call, ast.Call):
                continue
            if spelled(call.func).rpartition(".")[2] in _DRIVERS:
                return True
            if any(
                isinstance(each, ast.Name) and each.id in driven for each in call.args
            ):
                return True
    return False


def hands_on(function: Function) -> bool:
    """Whether a runner returns what it drives, as far as its source tells."""
    returned = [
        each.value for each in ast.walk(function.node) if isinstance(each, ast.Return)
    ]
    return any(
        each is not None and not isinstance(each, ast.Constant) for each in returned
    )


def decorates(function: Function) -> bool | None:
    """Whether a decorator keeps name and signature; None if it is none, or injects.

    It defines a function that hands its own arguments on to what is decorated.
    """
    first = [each.arg for each in every_argument(function.node.args)]
    inner = [each for each in function.node.body if isinstance(each, FUNCTIONS)]
    if len(first) != 1 or len(inner) != 1:
        return None
    for call in ast.walk(inner[0]):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == first[0]:
            if not all(isinstance(each, ast.Starred) for each in call.args):
                return None
            if any(each.arg is not None for each in call.keywords):
                return None
    return any("wraps" in ast.dump(each) for each in inner[0].decorator_list)


def yields(node: ast.AST) -> bool:
    """Whether a function is a generator."""
    pending = list(getattr(node, "body", []))
    while pending:
        each = pending.pop()
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(each, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            pending += ast.iter_child_nodes(each)
    return False
