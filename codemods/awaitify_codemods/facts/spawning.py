"""Calls that make a task, schedule a callback, or look at the task they run in."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Loop, Member

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_CURRENT = frozenset({External("asyncio.current_task")})
_OF_TASKS = frozenset(
    "add_done_callback cancel cancelling get_coro get_name set_name uncancel".split()
)


def spawns(node: ast.AST, module: Module, index: Index) -> bool:
    """Whether a call makes a task."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    values = index.value(node.func, module)
    if not values:
        return _is_loop_spawn(node.func)
    return any(
        (isinstance(value, External) and value.name in _SPAWNERS)
        or (
            isinstance(value, Member)
            and value.name == "create_task"
            and isinstance(value.of, Loop)
        )
        for value in values
    )


def _is_loop_spawn(func: ast.expr) -> bool:
    """``self.loop.create_task``: not that of a task group, which awaits its own."""
    if not isinstance(func, ast.Attribute) or func.attr != "create_task":
        return False
    return "loop" in spelled(func.value).rpartition(".")[2].lower()


def schedules_callback(call: ast.Call, owner: ast.AST) -> bool:
    """Whether a coroutine leaves a callback that the loop runs in its next turn."""
    name = getattr(call.func, "attr", "")
    if name in ("call_soon", "call_soon_threadsafe"):
        return isinstance(owner, ast.AsyncFunctionDef)
    if name not in ("set_result", "set_exception"):
        return False
    assert isinstance(call.func, ast.Attribute)
    future = getattr(call.func.value, "id", "")
    return any(
        (isinstance(each, ast.Attribute) and each.attr == "add_done_callback")
        or (isinstance(each, ast.Call) and _is_given(future, each))
        for each in walk(owner)
    )


def _is_given(name: str, call: ast.Call) -> bool:
    """Whether a call gets what a name means: it may add callbacks of its own."""
    return any(isinstance(each, ast.Name) and each.id == name for each in call.args)


def looks_at_task(call: ast.Call, module: Module, owner: ast.AST, index: Index) -> bool:
    """``current_task().cancel()``: something of the task that can be told."""
    if getattr(call.func, "attr", getattr(call.func, "id", "")) != "current_task":
        return False
    if index.value(call.func, module) != _CURRENT:
        return False
    outer = module.parents[call]
    if isinstance(outer, ast.Attribute):
        return outer.attr in _OF_TASKS
    return isinstance(outer, ast.Assign) and any(
        isinstance(each, ast.Attribute)
        and each.attr in _OF_TASKS
        and spelled(each.value) == spelled(outer.targets[0])
        for each in walk(owner)
    )
