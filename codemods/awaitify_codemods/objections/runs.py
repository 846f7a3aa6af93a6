"""Objections to how a function runs loops, and to what it says about them."""

from __future__ import annotations

import ast
import re

from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.nodes import sync_names, sync_nodes
from awaitify_codemods.facts.reach import frames_within
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function, Instance, Loop
from awaitify_codemods.objections.context import Context

_QUESTIONS = frozenset({"get_running_loop", "_get_running_loop", "current_task"})
_PATCHED = re.compile(
    r"(^|\.)asyncio(\.\w+)*\.(run|new_event_loop|get_event_loop|\w*loop)$"
)
_ABOUT_LOOPS = re.compile(
    r"event loop|running loop|different loop|cannot be called from a running", re.I
)


def sites(function: Function, context: Context) -> Refusal | None:
    """Object where a site of the function or below it cannot be rewritten."""
    module = function.module
    left = context.sites.left_by_frame
    for frame in frames_within(module, function.scope):
        for site in left.get(frame.node, ()):
            return site.refusal
    for node, refused in left.items():
        # A coroutine of the test that drives a loop needs loops to nest.
        if isinstance(node, ast.AsyncFunctionDef) and refused[0].module is module:
            if any(outer is function.node for outer in module.enclosing(node)):
                return refused[0].refusal
    return None


def one_loop(function: Function, context: Context) -> Refusal | None:
    """Object where drives of one function run on several loops."""
    drives = context.sites.by_frame.get(function.node, [])
    loops = {drive.runner.loop for drive in drives if drive.runner.loop}
    named = {loop for loop in loops if not _is_chained(loop)}
    variables = {(loop.scope, _variable(loop)) for loop in named}
    in_passing = any(
        drive.runner.loop is None or _is_chained(drive.runner.loop)
        for drive in drives
        if drive.runner.rule != "AW103"
    )
    visible = _frames_around(function)
    for drive in drives:
        loop = drive.runner.loop
        if loop and not drive.runner.definition and loop.scope not in visible:
            return Refusal("multi-loop", "its loop is made by another function")
    own = any(loop.scope is function.scope for loop in named)
    if len(variables) > 1 or (own and in_passing):
        return Refusal("multi-loop", "it runs on more than one loop")
    return None


def _frames_around(function: Function) -> list[Scope]:
    scopes: list[Scope] = []
    scope: Scope | None = function.scope
    while scope is not None:
        scopes.append(scope)
        scope = scope.parent
    return scopes


def _is_chained(loop: Loop) -> bool:
    """``new_event_loop().run_until_complete(...)``: made in passing."""
    return isinstance(loop.module.parents[loop.node], ast.Attribute)


def _variable(loop: Loop) -> str:
    """Return the name a loop is bound to, so that fall-backs count as one loop."""
    parent = loop.module.parents[loop.node]
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        return parent.targets[0].id
    return f"{loop.node.lineno}:{loop.node.col_offset}"


def about_loops(function: Function, context: Context) -> Refusal | None:
    """Object to functions that patch what drives loops, or assert on loops."""
    module = function.module
    decorated = [n for d in function.node.decorator_list for n in ast.walk(d)]
    for node in (*decorated, *sync_nodes(function.node)):
        if _patches_by_name(node) or _patches_member(node, module, context):
            return Refusal("runner-patched", "it patches what drives loops")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _ABOUT_LOOPS.search(node.value) and _is_expected(node, module):
                return Refusal("loop-asserted", "it expects an error about loops")
    for name in sync_names(function.node):
        for value in context.index.value(name, module):
            if not isinstance(value, External):
                continue
            if value.name == "asyncio.all_tasks":
                return Refusal("all-tasks", "it looks at every task of the loop")
            package, _, member = value.name.rpartition(".")
            if package == "asyncio" and member in _QUESTIONS:
                message = f"it calls {member}() where no loop runs"
                return Refusal("loop-asserted", message)
    return None


def _patches_by_name(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_PATCHED.search(node.value))
    )


def _patches_member(node: ast.AST, module: Module, context: Context) -> bool:
    """``patch.object(asyncio, "run")``, ``monkeypatch.setattr(asyncio, "run", f)``."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="object" | "setattr"), args=[patched, *_]
        ):
            return any(
                isinstance(value, Loop)
                or (isinstance(value, External) and value.name.startswith("asyncio"))
                for value in context.index.value(patched, module)
            )
    return False


def _is_expected(node: ast.Constant, module: Module) -> bool:
    """Whether a text is what an assertion expects."""
    for outer in module.enclosing(node):
        if isinstance(outer, (ast.Assert, ast.withitem)):
            return True
        if isinstance(outer, ast.Call):
            name = getattr(outer.func, "attr", getattr(outer.func, "id", ""))
            if name.startswith(("raises", "warns", "assert")):
                return True
        if isinstance(outer, ast.stmt):
            return False
    return False


def threads(function: Function, context: Context) -> Refusal | None:
    """Object to functions that start processes, or talk to a loop in a thread."""
    for node in sync_names(function.node):
        attribute = node.attr if isinstance(node, ast.Attribute) else ""
        if attribute == "Process":
            return Refusal("thread-loop", "it starts processes")
        if attribute == "run_coroutine_threadsafe":
            return Refusal("thread-loop", "it talks to a loop in a thread")
        for value in context.index.value(node, function.module):
            if isinstance(value, External) and value.name.startswith(_APART):
                return Refusal("thread-loop", f"it uses {value.name}")
    return None


_APART = ("multiprocessing.", "asyncio.run_coroutine_threadsafe")


def asks_for_loop(function: Function, context: Context) -> Refusal | None:
    """Object to sync calls whose outcome depends on whether a loop runs."""
    module, reach = function.module, context.reach
    frames = list(frames_within(module, function.scope))
    calls = [call for frame in frames for call in frame.calls]
    for call in calls:
        for value in context.index.value(call.func, module):
            if isinstance(value, Function) and reach.asks(value):
                message = f"{value.node.name}() asks whether a loop runs"
                return Refusal("loop-asserted", message)
    if not _hands_over_coroutines(function, calls, context):
        return None
    for call in calls:
        name = getattr(call.func, "attr", "")
        if name in reach.asking:
            message = f"{name}() may ask whether a loop runs ({reach.asking[name]})"
            return Refusal("loop-asserted", message)
    return None


def _hands_over_coroutines(
    function: Function, calls: list[ast.Call], context: Context
) -> bool:
    """Whether sync code of a test gives coroutine functions to code under test.

    Code that asks for a loop does so to schedule something on it.
    """
    drives = {drive.node for drive in context.sites.by_frame.get(function.node, ())}
    return any(
        _is_coroutine_function(given, function.module, context)
        for call in calls
        if call not in drives
        for given in (*call.args, *(each.value for each in call.keywords))
    )


def _is_coroutine_function(node: ast.expr, module: Module, context: Context) -> bool:
    for value in context.index.value(node, module):
        if isinstance(value, Function) and value.is_async:
            return True
        if isinstance(value, Instance) and isinstance(value.of, Class):
            called = context.index.attribute(value.of, "__call__")
            if any(isinstance(each, Function) and each.is_async for each in called):
                return True
    return False
