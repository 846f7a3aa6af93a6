"""Objections to a function that runs on more than one loop."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.lifecycle import variable
from awaitify_codemods.facts.module import Scope
from awaitify_codemods.facts.nodes import sync_nodes
from awaitify_codemods.facts.runner import COMPLETE
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Function, Instance, Loop
from awaitify_codemods.objections.context import Context

_WAITED_FOR = frozenset(
    Instance(External(f"asyncio.{name}"))
    for name in (
        "Barrier BoundedSemaphore Condition Event LifoQueue Lock PriorityQueue Queue "
        "Semaphore"
    ).split()
)


def one_loop(function: Function, context: Context) -> Refusal | None:
    """Object where drives of one function run on several loops."""
    drives = context.sites.by_frame.get(function.node, [])
    loops = {drive.runner.loop for drive in drives if drive.runner.loop}
    named = {loop for loop in loops if not _is_chained(loop)}
    variables = {
        context.class_loops.of(loop) or (loop.scope, _variable(loop)) for loop in named
    }
    in_passing = any(
        drive.runner.loop is None or _is_chained(drive.runner.loop)
        for drive in drives
        if drive.runner.rule != "AW103"
    )
    visible = _frames_around(function)
    for drive in drives:
        loop = drive.runner.loop
        if loop is None or context.class_loops.of(loop):
            continue
        if context.loop_fixtures.maker(loop) is not None:
            continue
        if isinstance(loop.node, ast.ClassDef):
            continue  # a framework's, and the one that runs
        if loop.library == "tornado" and loop.scope is not function.scope:
            return Refusal("multi-loop", "its IOLoop is made by another function")
        if not drive.runner.definition and loop.scope not in visible:
            return Refusal("multi-loop", "its loop is made by another function")
    if _compares_runs(function, context) or _runs_in_error(function, context):
        return Refusal("multi-loop", "it compares what runs on several loops do")
    if tied := _tied(function, context):
        return Refusal("multi-loop", f"{tied} is tied to the loop that waits for it")
    if any(drive.runner.rule == "AW103" for drive in drives) and (named or in_passing):
        return Refusal("multi-loop", "it runs on more than one loop")
    if len(variables) > 1 or (named and in_passing):
        return Refusal("multi-loop", "it runs on more than one loop")
    return None


def _tied(function: Function, context: Context) -> str:
    """Return what waits on one loop and is used in a second run; "" if nothing."""
    module = function.module
    runs = [
        {each.id for each in walk(drive.node) if isinstance(each, ast.Name)}
        for drive in context.sites.by_frame.get(function.node, ())
        if drive.runner.boundary != COMPLETE
    ]
    for name in function.scope.names if len(runs) > 1 else ():
        if sum(name in names for names in runs) > 1:
            if context.index.bound(function.scope, name, module) & _WAITED_FOR:
                return name
    return ""


def _frames_around(function: Function) -> list[Scope]:
    scopes: list[Scope] = []
    scope: Scope | None = function.scope
    while scope is not None:
        scopes.append(scope)
        scope = scope.parent
    return scopes


def _compares_runs(function: Function, context: Context) -> bool:
    """``run(a()) is not run(a())``: what two loops give."""
    drives = {drive.node for drive in context.sites.by_frame.get(function.node, ())}
    return any(
        isinstance(node, ast.Compare)
        and any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops)
        and len(drives & {node.left, *node.comparators}) > 1
        for node in sync_nodes(function.node)
    )


def _runs_in_error(function: Function, context: Context) -> bool:
    """Whether a later run is expected to fail as it would on another loop."""
    module = function.module
    drives = sorted(
        context.sites.by_frame.get(function.node, ()), key=lambda d: d.node.lineno
    )
    return any(
        isinstance(outer, ast.With) and _names_runtime_error(outer)
        for drive in drives[1:]
        for outer in module.enclosing(drive.node)
    )


def _names_runtime_error(node: ast.With) -> bool:
    return any(
        getattr(each, "id", "") == "RuntimeError"
        for item in node.items
        for each in walk(item.context_expr)
    )


def _is_chained(loop: Loop) -> bool:
    """``new_event_loop().run_until_complete(...)``: made in passing."""
    return isinstance(loop.module.parents[loop.node], ast.Attribute)


def _variable(loop: Loop) -> str:
    """Return the name a loop is bound to, so that fall-backs count as one loop."""
    target = variable(loop)
    return target.id if target else f"{loop.node.lineno}:{loop.node.col_offset}"
