"""Loops that sleep until something is true, and what could be awaited instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.blocking.frames import coroutine_around
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.values import External, external_name
from awaitify_codemods.work import Work

_SLEEP = External("asyncio.sleep")
_LOOP = re.compile(rb"^[ \t]+(?:while|for)\b", re.MULTILINE)
_AWAITED = re.compile(rb"^[ \t]+await[ \t]+(?:\w+\.)*sleep\(", re.MULTILINE)
_CALLED = frozenset("await_count awaited call_args call_args_list call_count".split())
_EVENTS = {
    ("asyncio.Event", "is_set"): "await {}.wait()",
    ("threading.Event", "is_set"): "await asyncio.to_thread({}.wait)",
    ("asyncio.Queue", "empty"): "await {}.get()",
    ("asyncio.Queue", "qsize"): "await {}.get()",
}


@dataclass(frozen=True)
class Poll:
    """A loop that sleeps until a condition is met."""

    loop: ast.While | ast.For
    instead: str
    """What could take its place, in words."""


def may_poll(source: bytes) -> bool:
    """Whether a file may sleep in a loop."""
    return bool(_AWAITED.search(source) and _LOOP.search(source))


def polls(module: Module, work: Work) -> Iterator[Poll]:
    """Yield the loops of a file that only wait for a condition, in coroutines."""
    for use in module.uses.get("sleep", ()):
        call = module.parents[use]
        loop = _loop_around(call, module)
        if loop is None or not isinstance(call, ast.Call):
            continue
        if work.index.value(use, module) != {_SLEEP}:
            continue
        condition = _condition(loop)
        if condition is not None and coroutine_around(call, module, work):
            yield Poll(loop, _instead(condition, module, work))


def _loop_around(call: ast.AST, module: Module) -> ast.While | ast.For | None:
    """Return the loop whose own statement awaits a call."""
    awaited = module.parents[call]
    statement = module.parents.get(awaited)
    if isinstance(awaited, ast.Await) and isinstance(statement, ast.Expr):
        loop = module.parents[statement]
        if isinstance(loop, (ast.While, ast.For)) and statement in loop.body:
            return loop
    return None


def _condition(loop: ast.While | ast.For) -> ast.expr | None:
    """Return what a loop waits for, if it does nothing else."""
    leaving = [each for each in loop.body if _leaves(each)]
    others = [each for each in loop.body if each not in leaving]
    if not all(_is_idle(each) for each in others):
        return None
    asked = [each.test for each in leaving if isinstance(each, ast.If)]
    if isinstance(loop, ast.While):
        asked.append(loop.test)
    parts = [part for each in asked for part in _parts(each)]
    return parts[0] if len(parts) == 1 else None


def _parts(condition: ast.expr) -> list[ast.expr]:
    """Return what a condition is about, but for the time and the world outside."""
    if isinstance(condition, ast.BoolOp):
        return [part for each in condition.values for part in _parts(each)]
    if isinstance(condition, ast.Constant) or _OUTSIDE.search(ast.unparse(condition)):
        return []
    return [condition]


_OUTSIDE = re.compile(r"time\(\)|monotonic\(\)|perf_counter\(\)|exists\(|\bos\.")


def _leaves(statement: ast.stmt) -> bool:
    """``if condition: break``, or what gives up after a while."""
    return isinstance(statement, ast.If) and all(
        isinstance(each, (ast.Break, ast.Return, ast.Raise)) for each in statement.body
    )


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Await(value=ast.Call(func=func))):
            return spelled(func).endswith("sleep")
        case ast.AugAssign() | ast.Pass() | ast.Assert():
            return True
    return False


def _instead(condition: ast.expr, module: Module, work: Work) -> str:
    """Say what could be awaited in place of a loop."""
    asked = condition.operand if isinstance(condition, ast.UnaryOp) else condition
    for node in ast.walk(asked):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="done"), args=[]):
                return f"`await asyncio.wait([{ast.unparse(owner)}])`"
            case ast.Attribute(value=owner, attr=name) if node in module.at:
                for value in work.index.value(owner, module):
                    if said := _EVENTS.get((external_name(value), name)):
                        return f"`{said.format(ast.unparse(owner))}`"
                if name in _CALLED or name == "called":
                    mock = ast.unparse(owner)
                    return f"an asyncio.Event that a side_effect of `{mock}` sets"
    return f"an asyncio.Event that is set where `{ast.unparse(asked)}` changes"
