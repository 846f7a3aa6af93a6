"""Objections to calls whose outcome depends on whether a loop runs."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.nodes import frames_within
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function, Instance, Values
from awaitify_codemods.objections.context import Context


def asks_for_loop(function: Function, context: Context) -> Refusal | None:
    """Object to sync calls whose outcome depends on whether a loop runs."""
    module, asking = function.module, context.asking
    frames = list(frames_within(module, function.scope))
    calls = [call for frame in frames for call in frame.calls]
    for call in calls:
        for called in asking.called(call, module):
            if called.node in context.sites.helpers:
                continue  # it goes
            if asking.asks(called):
                message = f"{spelled(call.func)}() asks whether a loop runs"
                return Refusal("loop-asserted", message)
    if not _hands_over_coroutines(function, calls, context):
        return None
    drives = {each.node for each in context.sites.by_frame.get(function.node, ())}
    for call in calls:
        name = getattr(call.func, "attr", "")
        if call in drives or name not in asking.names:
            continue
        if _may_ask(context.index.value(call.func, module), context):
            message = f"{name}() may ask whether a loop runs ({asking.names[name]})"
            return Refusal("loop-asserted", message)
    return None


def _may_ask(values: Values, context: Context) -> bool:
    """Whether a callee may be the code under test that asks, for all that is known."""
    return is_unknown(values) or any(
        isinstance(each, Function) and context.asking.may_ask(each) for each in values
    )


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
        declared = context.runners.declared
        if declared is not None and declared.is_coroutine_function(value):
            return True
        if isinstance(value, Instance) and isinstance(value.of, Class):
            called = attribute(value.of, "__call__", context.index)
            if any(isinstance(each, Function) and each.is_async for each in called):
                return True
    return False
