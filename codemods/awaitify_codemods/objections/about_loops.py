"""Objections to a function that says something about loops, and would be wrong."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.lifecycle import is_life_cycle
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.nodes import sync_names, sync_nodes
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.patching import (
    patches_by_name,
    patches_member,
    replaces,
    runner_names,
)

_QUESTIONS = frozenset({"get_running_loop", "_get_running_loop", "current_task"})
_ABOUT_LOOPS = re.compile(
    r"event loop|running loop|different loop|cannot be called from a running", re.I
)
_WANTING = frozenset(
    "asyncio." + name
    for name in (
        "get_running_loop get_event_loop create_task ensure_future Future gather "
        "current_task"
    ).split()
)
_DEPTH = 6


def about_loops(function: Function, context: Context) -> Refusal | None:
    """Object to functions that patch what drives loops, or assert on loops."""
    module = function.module
    runners = runner_names(function, context)
    decorated = [n for d in function.node.decorator_list for n in walk(d)]
    for node in (*decorated, *sync_nodes(function.node)):
        if replaces(node, runners, module, context):
            return Refusal("runner-patched", "it replaces the runner that it calls")
        if patches_by_name(node) or patches_member(node, module, context):
            return Refusal("runner-patched", "it patches what drives loops")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _ABOUT_LOOPS.search(node.value) and _is_expected(node, module):
                return Refusal("loop-asserted", "it expects an error about loops")
    for node in _runtime_errors(function, context):
        if wanting := _wants_loop(node, module, context):
            message = f"it may expect that no loop runs ({wanting})"
            return Refusal("loop-asserted", message)
    for name in sync_names(function.node):
        for value in context.index.value(name, module):
            if not isinstance(value, External):
                continue
            if value.name.startswith("asyncio.") and value.name.endswith(".all_tasks"):
                return Refusal("all-tasks", "it looks at every task of the loop")
            package, _, member = value.name.rpartition(".")
            if package == "asyncio" and member in _QUESTIONS:
                message = f"it calls {member}() where no loop runs"
                return Refusal("loop-asserted", message)
    return None


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


def _runtime_errors(function: Function, context: Context) -> Iterator[ast.Call]:
    """Yield the sync calls under an assertion that a RuntimeError is raised."""
    drives = {drive.node for drive in context.sites.by_frame.get(function.node, ())}
    for call in function.scope.calls:
        if call in drives:
            continue
        for outer in function.module.enclosing(call):
            if isinstance(outer, (ast.With, ast.Try)) and _expects_runtime_error(outer):
                if not is_life_cycle(outer, function.module, context.index):
                    yield call
            if outer is function.node:
                break


def _expects_runtime_error(node: ast.With | ast.Try) -> bool:
    heads: list[ast.AST | None] = (
        [each.context_expr for each in node.items]
        if isinstance(node, ast.With)
        else [each.type for each in node.handlers]
    )
    return any(
        getattr(each, "id", "") in ("RuntimeError", "Exception", "BaseException")
        for head in heads
        if head is not None
        for each in walk(head)
    )


def _wants_loop(
    call: ast.Call, module: Module, context: Context, depth: int = 0
) -> str:
    """Return where a sync call asks for the loop, in any of its branches."""
    for value in context.index.value(call.func, module):
        if isinstance(value, External) and value.name in _WANTING:
            return f"{module.path}:{call.lineno}"
        called = [value] if isinstance(value, Function) else []
        if isinstance(value, Class):
            found = attribute(value, "__init__", context.index)
            called = [each for each in found if isinstance(each, Function)]
        for each in called:
            if each.is_async or depth > _DEPTH:
                continue
            for inner in each.scope.calls:
                if where := _wants_loop(inner, each.module, context, depth + 1):
                    return where
    return ""
