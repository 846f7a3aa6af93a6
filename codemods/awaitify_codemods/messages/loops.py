"""Loops that receive messages and skip all but one of a type."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.module import dotted, own_nodes
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.work import Work

_RECEIVING = frozenset({"receive", "receive_json", "receive_json_from", "recv"})
_LOADS = frozenset({External("json.loads")})


@dataclass(frozen=True)
class Form:
    """How a loop receives, and how it tells the type of a message."""

    read: str
    """``await ws.receive_json()``, as a template for a helper's code."""
    type: str
    """``message["type"]``."""


@dataclass(frozen=True)
class Skipping:
    """A loop that ends with a message of a type."""

    function: Function
    loop: ast.While
    first: ast.Assign | None
    """What receives a message above the loop, if something does."""
    form: Form
    name: str
    socket: str
    type: ast.expr


def skipping_in(function: Function, work: Work) -> Iterator[Skipping]:
    """Yield the loops of a function's own frame that only skip messages."""
    for node in own_nodes(function.node):
        if isinstance(node, ast.While) and not node.orelse:
            found = _endless(node, function, work) or _tested(node, function, work)
            if found:
                yield found


def _endless(loop: ast.While, function: Function, work: Work) -> Skipping | None:
    """``while True:`` with a ``break`` at the one, or a ``continue`` at others."""
    match loop:
        case ast.While(
            test=ast.Constant(value=True | 1),
            body=[
                ast.Assign() as reading,
                ast.If(
                    test=ast.Compare(ops=[ast.Eq()]) as test,
                    body=[ast.Break()],
                    orelse=[],
                ),
            ],
        ):
            return _skipping(loop, None, reading, test, function, work)
        case ast.While(
            test=ast.Constant(value=True | 1),
            body=[
                ast.Assign() as reading,
                ast.If(
                    test=ast.Compare(ops=[ast.NotEq()]) as test,
                    body=[ast.Continue()],
                    orelse=[],
                ),
                ast.Break(),
            ],
        ):
            return _skipping(loop, None, reading, test, function, work)
    return None


def _tested(loop: ast.While, function: Function, work: Work) -> Skipping | None:
    """``while message["type"] != "x":``, below what receives the first message."""
    match loop:
        case ast.While(
            test=ast.Compare(ops=[ast.NotEq()]) as test, body=[ast.Assign() as reading]
        ):
            block = getattr(function.module.parents[loop], "body", [])
            above = block[block.index(loop) - 1] if loop in block[1:] else None
            if isinstance(above, ast.Assign) and ast.dump(above) == ast.dump(reading):
                return _skipping(loop, above, reading, test, function, work)
    return None


def _skipping(
    loop: ast.While,
    first: ast.Assign | None,
    reading: ast.Assign,
    test: ast.Compare,
    function: Function,
    work: Work,
) -> Skipping | None:
    match reading:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case _:
            return None
    read = _read(value, function, work)
    kind = _type_of(test.left, name)
    (wanted,) = test.comparators
    if read is None or not kind or not _is_plain(wanted):
        return None
    template, socket = read
    if socket.partition(".")[0] == name or _is_commented(first or loop, loop, function):
        return None
    form = Form(template, kind)
    return Skipping(function, loop, first, form, name, socket, wanted)


def _is_commented(first: ast.stmt, loop: ast.While, function: Function) -> bool:
    """Whether there is more to a loop than its code."""
    lines = function.module.source.splitlines()
    return any(b"#" in line for line in lines[first.lineno - 1 : loop.end_lineno])


def _read(value: ast.expr, function: Function, work: Work) -> tuple[str, str] | None:
    """Return what receives a message, as a template, and on what it does."""
    match value:
        case ast.Call(func=func, args=[inner], keywords=[]) if (
            work.index.value(func, function.module) == _LOADS
        ):
            found = _read(inner, function, work)
            return found and (f"{{json.loads}}({found[0]})", found[1])
    match _awaited(value, function, work):
        case ast.Call(
            func=ast.Attribute(value=owner, attr=method), args=[], keywords=[]
        ) if method in _RECEIVING and dotted(owner):
            return f"await ws.{method}()", dotted(owner)
    return None


def _awaited(value: ast.expr, function: Function, work: Work) -> ast.expr | None:
    """Return what is awaited, be it from this plan on."""
    if isinstance(value, ast.Await):
        return value.value
    for drive in work.sites.by_frame.get(function.node, ()):
        if drive.node is value and function in work.coloured:
            return drive.awaitable
    return None


def _type_of(node: ast.expr, name: str) -> str:
    """Return how the type of a message is told, as code; "" if it is otherwise."""
    match node:
        case ast.Subscript(
            value=ast.Name(id=owner), slice=ast.Constant(value=str(key))
        ) if owner == name:
            return f'message["{key}"]'
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=owner), attr="get"),
            args=[ast.Constant(value=str(key))],
            keywords=[],
        ) if owner == name:
            return f'message.get("{key}")'
        case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if owner == name:
            return f"message.{attribute}"
    return ""


def _is_plain(node: ast.expr) -> bool:
    """Whether what is waited for is the same whenever it is asked."""
    return isinstance(node, ast.Constant) or bool(dotted(node))
