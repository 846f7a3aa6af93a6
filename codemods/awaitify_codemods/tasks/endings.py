"""How a task ends when it is cancelled: at once, or when others let it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from awaitify_codemods.facts.cancelling import waits
from awaitify_codemods.facts.module import Module, own_nodes
from awaitify_codemods.facts.values import (
    External,
    Function,
    Instance,
    Member,
    Value,
    Values,
)
from awaitify_codemods.tasks.made import Made
from awaitify_codemods.work import Spelling, Work

_STEPS = 30
# Where a coroutine waits that is thrown out of it when it is cancelled.
_OBJECTS = frozenset(
    f"asyncio.{name}"
    for name in "Event Lock LifoQueue PriorityQueue Queue Semaphore".split()
)
_AT_ONCE = frozenset({External("asyncio.sleep")})


def awaiting(tasks: Sequence[Made], names: Sequence[str], work: Work) -> Spelling:
    """Return what awaits tasks that are cancelled, as code.

    Where nothing says that they end at once, the wait has a limit: a server waits for
    its connections, which may live longer than the test.
    """
    function = tasks[0].function
    bound = work.bound(function.module.path)
    # With --timeout-all each await has one.
    sure = not (bound and bound.every) and all(ends_at_once(e, work) for e in tasks)
    name = "asyncio.gather" if sure else "asyncio.wait"
    found = work.spell(function.module, function.scope, name)
    given = ", ".join(names)
    arguments = f"{given}, return_exceptions=True" if sure else f"[{given}], timeout=1"
    return Spelling(f"await {found.text}({arguments})", found.uses, found.imports)


def ends_at_once(made: Made, work: Work) -> bool:
    """Whether nothing that a task does when it is cancelled waits for anything."""
    (coroutine,) = made.call.args
    assert isinstance(coroutine, ast.Call)
    called = _called(coroutine, made.function.module, work)
    if called is None:
        return False
    pending = called
    seen: set[Function] = set()
    while pending:
        function = pending.pop()
        if len(seen) > _STEPS:
            return False
        if function not in seen:
            seen.add(function)
            found = _awaited(function, work)
            if found is None:
                return False
            pending += found
    return True


def _awaited(function: Function, work: Work) -> list[Function] | None:
    """Return the coroutine functions that one awaits; None if more may be awaited."""
    found: list[Function] = []
    for node in own_nodes(function.node):
        if isinstance(node, (ast.AsyncWith, ast.AsyncFor, ast.Yield, ast.YieldFrom)):
            return None
        if isinstance(node, ast.Try) and _waits_at_its_end(node):
            return None
        if isinstance(node, ast.Await):
            inner = node.value
            called = (
                _called(inner, function.module, work)
                if isinstance(inner, ast.Call)
                else None
            )
            if called is None:
                return None
            found += called
    return found


def _waits_at_its_end(node: ast.Try) -> bool:
    endings: Iterable[list[ast.stmt]] = (
        *(each.body for each in node.handlers),
        node.finalbody,
    )
    return any(waits(each) for each in endings)


def _called(call: ast.Call, module: Module, work: Work) -> list[Function] | None:
    """Return the coroutine functions that a call may call; None if not all are known.

    What asyncio itself ends at once is none of them.
    """
    values: Values = work.index.value(call.func, module)
    if not values:
        return None
    found: list[Function] = []
    for value in values:
        if isinstance(value, Function) and work.is_coroutine(value):
            found.append(value)
        elif not _is_at_once(value):
            return None
    return found


def _is_at_once(value: Value) -> bool:
    match value:
        case External():
            return value in _AT_ONCE
        case Member(Instance(External(name)), method):
            return name in _OBJECTS and method != "join"
    return False
