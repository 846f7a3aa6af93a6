"""Calls of ``time.sleep`` in the frames of coroutines, and what may observe them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.blocking.callers import Callers
from awaitify_codemods.blocking.clocks import clock_refusal
from awaitify_codemods.blocking.frames import (
    Replacements,
    coroutine_around,
    modules,
)
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Function, Loop, Member
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Meta
from awaitify_codemods.work import Work

_TIME = re.compile(rb"^[ \t]*(?:import|from)\b[^\n#]*\btime\b", re.MULTILINE)
_SLEEP = External("time.sleep")
_LOCKS = re.compile(r"lock|mutex|semaphore|condition", re.IGNORECASE)


@dataclass(frozen=True)
class BlockingSleep:
    """A call of ``time.sleep`` that keeps the loop from running."""

    module: Module
    call: ast.Call
    refusal: Refusal | None
    """Why it stays."""
    is_observed: bool
    """Whether what it keeps from running may change what the test sees."""
    is_polling: bool
    """Whether it waits in a loop for something to become true."""


def may_sleep(source: bytes) -> bool:
    """Whether a file may call ``time.sleep``."""
    return b"sleep" in source and bool(_TIME.search(source))


def blocking_sleeps(meta: Meta, work: Work) -> Iterator[BlockingSleep]:
    """Yield the sleeps that block a loop, in the files that a rule looks for."""
    replacements, callers = Replacements(work), Callers(work)
    for module in modules(meta, work):
        for call in module.calls:
            if _sleeps(call, module, work):
                if function := coroutine_around(call, module, work):
                    refusal = (
                        _in_expression(call, module)
                        or under_lock(call, module, work)
                        or _seen_to_block(call, function)
                        or clock_refusal(function, replacements, work)
                        or callers.refusal(function)
                    )
                    yield _described(call, function, refusal, work)


def _sleeps(call: ast.Call, module: Module, work: Work) -> bool:
    if len(call.args) != 1 or call.keywords:
        return False
    return work.index.value(call.func, module) == {_SLEEP}


def _described(
    call: ast.Call, function: Function, refusal: Refusal | None, work: Work
) -> BlockingSleep:
    module = function.module
    statement = module.statement(call)
    return BlockingSleep(
        module,
        call,
        refusal,
        not _is_apart(statement, function, work),
        isinstance(module.parents[statement], (ast.While, ast.For)),
    )


def _in_expression(call: ast.Call, module: Module) -> Refusal | None:
    if isinstance(module.parents[call], ast.Expr):
        return None
    return Refusal("blocking-wanted", "it is part of an expression")


def _seen_to_block(call: ast.Call, function: Function) -> Refusal | None:
    """Object where a test makes a task, sleeps, and says that nothing has happened."""
    module = function.module
    statement = module.statement(call)
    body = getattr(module.parents[statement], "body", [])
    if statement not in body:
        return None
    place = body.index(statement)
    if any(map(_spawns, body[:place])):
        for each in body[place + 1 :]:
            if any(isinstance(node, ast.Await) for node in walk(each)):
                break
            if _says_nothing(each):
                message = f"line {each.lineno} says that nothing has happened meanwhile"
                return Refusal("blocking-wanted", message)
    return None


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether an assertion says that something is empty, zero, false or not called."""
    match statement:
        case ast.Assert(test=ast.UnaryOp(op=ast.Not())):
            return True
        case ast.Assert(test=ast.Compare(ops=[ast.Eq() | ast.Is()], comparators=[it])):
            empty = isinstance(it, (ast.Dict, ast.List, ast.Tuple, ast.Set))
            fields = [*getattr(it, "elts", ()), *getattr(it, "keys", ())]
            return (empty and not fields) or (
                isinstance(it, ast.Constant) and not it.value
            )
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return name in _NEGATIVE
    return False


_NEGATIVE = frozenset(
    "assertFalse assertIsNone assert_not_awaited assert_not_called".split()
)


def under_lock(call: ast.Call, module: Module, work: Work) -> Refusal | None:
    """Return why nothing may be awaited at a call: another task might block."""
    for outer in module.enclosing(call):
        if isinstance(outer, FUNCTIONS):
            break
        if isinstance(outer, ast.With) and any(
            _is_lock(item.context_expr, module, work) for item in outer.items
        ):
            message = "a lock is held, for which another task may block"
            return Refusal("blocking-wanted", message)
    return None


def _is_lock(node: ast.expr, module: Module, work: Work) -> bool:
    values = work.index.value(node, module)
    names = [spelled(node), *(str(getattr(each, "of", "")) for each in values)]
    return any(_LOCKS.search(each) for each in names)


def _is_apart(statement: ast.stmt, function: Function, work: Work) -> bool:
    """Whether nothing was done before a sleep, or nothing is looked at after it."""
    body, module = function.node.body, function.module
    if not is_test(function) or function.owner or statement not in body:
        return False
    if any(_may_look(each, work) for each in work.users.used(function)):
        return False
    place = body.index(statement)
    before, after = body[:place], body[place + 1 :]
    if all(_is_idle(each, module, work) for each in before):
        return True
    return not any(map(_spawns, before)) and all(
        _is_idle(each, module, work) for each in after
    )


def _may_look(fixture: Function, work: Work) -> bool:
    """Whether a fixture may have started something, or look at it in the end."""
    if work.is_coroutine(fixture):
        return True
    asserting = ("assert", "fail")
    return any(
        isinstance(node, ast.Assert)
        or (
            isinstance(node, ast.Call)
            and spelled(node.func).rpartition(".")[2].startswith(asserting)
        )
        for node in walk(fixture.node)
    )


def _spawns(statement: ast.stmt) -> bool:
    """Whether a statement may leave something to the loop."""
    return any(
        getattr(node, "attr", getattr(node, "id", "")) in _SPAWNING
        for node in walk(statement)
    )


_SPAWNING = frozenset(
    "add_reader add_writer call_at call_later call_soon call_soon_threadsafe "
    "create_task ensure_future gather run_in_executor start_soon".split()
)


def _is_idle(statement: ast.stmt, module: Module, work: Work) -> bool:
    """Whether a statement neither does nor looks at anything, but for loops and time.

    What becomes of loops must not matter: they are gone when the plan is carried out.
    """
    if not isinstance(statement, (ast.Expr, ast.Assign, ast.Import, ast.ImportFrom)):
        return isinstance(statement, (ast.Pass, ast.Nonlocal, ast.Global))
    for node in walk(statement):
        if isinstance(node, ast.Await) and not isinstance(node.value, ast.Call):
            return False
        if isinstance(node, ast.Call) and not _is_idle_call(node, module, work):
            return False
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(
            node.ctx, ast.Store
        ):
            return False
    return True


def _is_idle_call(call: ast.Call, module: Module, work: Work) -> bool:
    values = work.index.value(call.func, module)
    return bool(values) and all(
        value in _IDLE
        or (
            isinstance(value, Member)
            and isinstance(value.of, Loop)
            and value.name == "close"
        )
        for value in values
    )


_IDLE = {
    _SLEEP,
    *(
        External(f"asyncio.{name}")
        for name in "get_event_loop get_running_loop new_event_loop set_event_loop "
        "sleep".split()
    ),
}
