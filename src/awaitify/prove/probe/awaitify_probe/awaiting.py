"""What was awaited where an await has failed, as far as its line tells."""

from __future__ import annotations

import ast
import linecache
import unittest.mock
from types import FrameType, TracebackType
from typing import Any

_AWAITS = ast.Await, ast.AsyncWith, ast.AsyncFor


def awaited(error: BaseException) -> tuple[FrameType | None, Any]:
    """Return the frame that an error comes from, and the mock whose value it awaited.

    Nothing is called, and no attribute is made: what is not there yet is None.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return None, None
    node = _node(trace)
    if node is None:
        return trace.tb_frame, None
    if isinstance(node, ast.Call):
        return trace.tb_frame, _value(node.func, trace.tb_frame)
    return trace.tb_frame, _value(node, trace.tb_frame)


def _node(trace: TracebackType) -> ast.expr | None:
    """Return the expression that was awaited; None if it may be one of several."""
    source = "".join(linecache.getlines(trace.tb_frame.f_code.co_filename))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    line = trace.tb_lineno
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, _AWAITS) and _spans(node, line)
    ]
    exact = [node for node in found if _position(node) == _executed(trace)]
    if len(exact or found) != 1:
        return None
    node = (exact or found)[0]
    if isinstance(node, ast.Await):
        return node.value
    if isinstance(node, ast.AsyncFor):
        return node.iter
    return node.items[0].context_expr


def _spans(node: ast.AST, line: int) -> bool:
    last = getattr(node, "end_lineno", None)
    if isinstance(node, ast.AsyncFor):
        last = node.iter.end_lineno
    elif isinstance(node, ast.AsyncWith):
        last = node.items[-1].context_expr.end_lineno
    return bool(node.lineno <= line <= (last or line))  # type: ignore[attr-defined]


def _position(node: Any) -> tuple[Any, ...]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _executed(trace: TracebackType) -> tuple[Any, ...] | None:
    """Return the position of the instruction that raised, from Python 3.11 on."""
    code = trace.tb_frame.f_code
    if not hasattr(code, "co_positions"):
        return None
    return tuple(list(code.co_positions())[trace.tb_lasti // 2])


def _value(node: ast.expr, frame: FrameType) -> Any:
    if isinstance(node, ast.Name):
        found = frame.f_locals.get(node.id)
        return frame.f_globals.get(node.id) if found is None else found
    if isinstance(node, ast.Attribute):
        return _attribute(_value(node.value, frame), node.attr)
    if isinstance(node, ast.Call):
        called = _value(node.func, frame)
        if isinstance(called, unittest.mock.NonCallableMock):
            return called.__dict__.get("_mock_return_value")
    return None


def _attribute(owner: Any, name: str) -> Any:
    try:
        known = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return None
    if isinstance(owner, unittest.mock.NonCallableMock):
        children = known.get("_mock_children", {})
        return children.get(name, known.get(name))
    return known.get(name)
