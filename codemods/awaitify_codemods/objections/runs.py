"""Objections to how a function runs loops."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.loop_utilities import interferes
from awaitify_codemods.facts.nodes import frames_within, sync_names
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function, Instance
from awaitify_codemods.objections.context import Context


def sites(function: Function, context: Context) -> Refusal | None:
    """Object where a site of the function or below it cannot be rewritten."""
    module = function.module
    left = context.sites.left_by_frame
    for frame in frames_within(module, function.scope):
        for site in left.get(frame.node, ()):
            return site.refusal
    for node, refused in left.items():
        # A coroutine of the test that drives a loop needs loops to nest; the body
        # of a class runs where the test does.
        if (
            isinstance(node, (ast.AsyncFunctionDef, ast.ClassDef))
            and refused[0].module is module
        ):
            if any(outer is function.node for outer in module.enclosing(node)):
                return refused[0].refusal
    return None


def overridden(function: Function, context: Context) -> Refusal | None:
    """Object to runner methods that an override makes do something else."""
    for drive in context.sites.by_frame.get(function.node, ()):
        helper = drive.runner.definition
        if not isinstance(helper, Function):
            continue
        for member in context.references.family(helper):
            if context.runners.helper(member) is None:
                message = f"{member.name} does more than the runner it overrides"
                return Refusal("impure-runner", message)
    return None


def context(function: Function, facts: Context) -> Refusal | None:
    """Object to tests that set a context variable for those that follow."""
    for call in function.scope.calls:
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "set":
            continue
        if _CONTEXT_VAR in facts.index.value(call.func.value, function.module):
            message = "it sets a context variable, which an async test keeps to itself"
            return Refusal("run-boundary", message)
    return None


_CONTEXT_VAR = Instance(External("contextvars.ContextVar"))


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


_APART = (
    "multiprocessing.",
    "asyncio.run_coroutine_threadsafe",
    "concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures.process.",
    "os.fork",
)


def loops_of_others(function: Function, context: Context) -> Refusal | None:
    """Object to calls of what ends the current loop, or installs another one."""
    module, index = function.module, context.index
    gone = context.loops(function).removed

    def is_seen_to(each: Function) -> bool:
        driving = each.node in context.sites.by_frame
        return driving or context.runners.helper(each) is not None

    for call in function.scope.calls:
        for value in index.value(call.func, module):
            if not isinstance(value, Function) or is_seen_to(value):
                continue
            around = (call, *module.enclosing(call))
            if index.utility(value) != "only":
                where = (
                    "" if index.utility(value) else interferes(value, index, is_seen_to)
                )
            elif any(each in gone for each in around):
                continue
            else:
                where = f"{module.path}:{call.lineno}"
            if where:
                message = f"{value.node.name} ends or installs loops ({where})"
                return Refusal("multi-loop", message)
    return None
