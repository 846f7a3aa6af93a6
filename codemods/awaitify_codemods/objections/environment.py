"""Objections to what surrounds a test: its fixtures and set-up methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.fixtures import gotten
from awaitify_codemods.facts.lifecycle import is_ending_hook
from awaitify_codemods.facts.loop_utilities import interferes
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.nodes import sync_nodes
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Loop,
    Member,
    Value,
)
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import XUNIT, is_test

_LOOP_FIXTURES = frozenset({"event_loop", "loop", "event_loop_policy", "io_loop"})
_DEPTH = 8
_RUNNER = Instance(External("asyncio.Runner"))


def fixtures(function: Function, context: Context) -> Refusal | None:
    """Object to tests and fixtures that get what is not known to be sync."""
    decorated = fixture_decorator(function, context.index) is not None
    if not is_test(function) and not decorated:
        return None
    unknown = context.fixtures.unknown(function)
    for name in sorted(unknown & _LOOP_FIXTURES):
        return Refusal("unresolved", f"what the fixture {name!r} gives is not known")
    if "benchmark" in unknown:
        return Refusal("benchmark", "it measures synchronous calls")
    known = {call.func for call, name in gotten(function) if name}
    for node in sync_nodes(function.node):
        if isinstance(node, ast.Attribute) and node.attr == "getfixturevalue":
            if node not in known:
                return Refusal("dynamic-call", "it asks for a fixture by name")
    return None


def set_ups(function: Function, context: Context) -> Iterator[Function]:
    """Yield the set-ups of pytest around a test that have a meaning of their own."""
    for method in _set_up(function, context):
        if context.cases.is_set_up(method):
            continue  # judged with its class: it may become async too
        if is_ending_hook(method.node, method.module, context.index):
            continue  # it goes with the module's loop
        yield method


def set_up_loop(method: Function, context: Context) -> Refusal | None:
    """Object to tests whose set-up has a loop that they may share."""
    if not shares_loop(method, context):
        return None
    return Refusal("multi-loop", f"{method.node.name} has a loop of its own")


def fixture_loop(fixture: Function, context: Context) -> Refusal | None:
    """Object to tests whose fixture has a loop that they may share, and stays."""
    known = context.fixture_loops
    if fixture not in known:
        known[fixture] = None
        if is_installer(fixture, context):
            return None
        if not fixture.is_async and shares_loop(fixture, context):
            message = f"the fixture {fixture.node.name!r} has a loop of its own"
            known[fixture] = Refusal("multi-loop", message)
    return known[fixture]


def is_installer(fixture: Function, context: Context) -> bool:
    """Whether a fixture only makes a loop the current one for what is around it.

    Tests that become async have one without it.
    """
    if not context.loop_fixtures.installs(fixture):
        return False
    return not context.users.asking(fixture)


def shares_loop(function: Function, context: Context, depth: int = 0) -> bool:
    """Whether what a sync function makes may belong to a loop that tests run on.

    Runs on loops of their own share nothing: what they leave was foreign to the
    loops of the tests before, and is so afterwards.
    """
    if function.is_async or depth > _DEPTH:
        return False
    module, index = function.module, context.index
    if module.path in context.reach.test_code:
        if context.loops(function).kept:
            return True
    elif not (context.reach.starts(function) or interferes(function, index)):
        return False
    for call in function.scope.calls:
        for value in (*index.value(call, module), *index.value(call.func, module)):
            match value:
                case Loop() | Member(Loop()) if _is_kept(value, context):
                    continue  # its users move together
                case Loop(kind=kind):
                    if kind != "new" or value.scope is not function.scope:
                        return True
                case External("asyncio.set_event_loop"):
                    if not _is_none(call.args[:1]) and not any(
                        _is_kept(each, context)
                        for given in call.args
                        for each in index.value(given, module)
                    ):
                        return True
                case Member(Loop() as loop) if loop.scope is not function.scope:
                    return True
                case Function() if shares_loop(value, context, depth + 1):
                    return True
                case _ if value == _RUNNER:
                    return True
    return False


def _is_kept(value: Value, context: Context) -> bool:
    """Whether a value is the loop that objects of a class keep, or is of it."""
    loop = value.of if isinstance(value, Member) else value
    return isinstance(loop, Loop) and context.class_loops.of(loop) is not None


def _is_none(arguments: list[ast.expr]) -> bool:
    return any(isinstance(each, ast.Constant) for each in arguments)


def _set_up(function: Function, context: Context) -> Iterator[Function]:
    """Yield the xunit-style functions that run around a test."""
    module = function.module
    for name in XUNIT & module.scope.names.keys():
        for binding in module.scope.names[name]:
            if isinstance(binding.node, FUNCTIONS):
                yield Function(module, binding.node)
    if function.owner is None:
        return
    for name in XUNIT:
        for value in attribute(Class(module, function.owner), name, context.index):
            if isinstance(value, Function):
                yield value
