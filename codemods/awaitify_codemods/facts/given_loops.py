"""What coroutine functions do with a loop that a fixture gives them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from awaitify_codemods.facts.fixture_decorators import requested_parameters
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function

# What differs between a loop that runs and another one.
_ASKED = frozenset(
    "is_running is_closed close stop run_forever run_until_complete "
    "shutdown_asyncgens shutdown_default_executor get_debug "
    "get_exception_handler get_task_factory".split()
)
_THREADS = frozenset({"asyncio.run_coroutine_threadsafe", "threading.Thread"})


def misused(
    function: Function, names: Iterable[str], other: bool, index: Index
) -> Refusal | None:
    """Return why the running loop cannot stand for a loop that is given.

    Args:
        function: a coroutine function.
        names: by which it asks for loops.
        other: whether what it is given may not be the loop that runs it.
        index: the project's files.

    """
    module, scope = function.module, function.scope
    asked = [name for name in names if name in requested_parameters(function)]
    for name in asked:
        if len(scope.names.get(name, ())) != 1:
            return Refusal("name-taken", f"{name} is bound again")
        for use in module.references(scope, name) if other else ():
            if found := _asks(use, module, index):
                return found
    return None


def _asks(use: ast.Name, module: Module, index: Index) -> Refusal | None:
    parent = module.parents[use]
    if isinstance(parent, ast.Attribute) and parent.attr in _ASKED:
        return Refusal("loop-asserted", f"it uses {spelled(parent)} of its loop")
    outer = module.parents.get(parent)
    for each in (parent, outer):
        if isinstance(each, ast.Call):
            for value in index.value(each.func, module):
                if isinstance(value, External) and value.name in _THREADS:
                    return Refusal("thread-loop", "the loop runs in a thread")
    return None
