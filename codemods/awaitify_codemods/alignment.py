"""Continuation lines of an edited statement: `layout` applied to LibCST's trees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, cast

import libcst as cst
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    WhitespaceInclusivePositionProvider,
)

from awaitify_codemods import layout

Unit = TypeVar("Unit", bound=cst.CSTNode)

_PLAIN = cst.Module(())
_PASS = cst.IndentedBlock(())


def aligned(before: cst.CSTNode, after: Unit, old_indent: str, indent: str) -> Unit:
    """Return `after` with the continuation lines of its own expressions in place.

    Blocks within a compound statement are left alone.

    Args:
        before: the statement as it was; line breaks in `after` that were in it
            are the same objects.
        after: a statement or an exception handler.
        old_indent: the indentation of `before`.
        indent: the indentation of `after`.

    """
    head = _without_blocks(after)
    text = _PLAIN.code_for_node(head)
    if text.count("\n") <= (1 if isinstance(head, cst.SimpleStatementLine) else 2):
        return after
    start = _without_blocks(before)
    if layout.all_stay(_PLAIN.code_for_node(start), text):
        return after
    old_text, old_lines = _rendered(start, old_indent)
    text, lines = _rendered(head, indent)
    origins = {
        line: old_lines[space] for space, line in lines.items() if space in old_lines
    }
    margins = layout.continued_lines(old_text, text, origins)
    spaces = {space: margins[line] for space, line in lines.items() if line in margins}
    return cast(Unit, _with_margins(after, _margins(spaces, indent)))


def _without_blocks(node: cst.CSTNode) -> cst.CSTNode:
    changes: dict[str, object] = {}
    if isinstance(getattr(node, "body", None), cst.IndentedBlock):
        changes["body"] = _PASS
    if getattr(node, "orelse", None) is not None:
        changes["orelse"] = None
    if getattr(node, "leading_lines", ()):
        changes["leading_lines"] = ()
    return node.with_changes(**changes) if changes else node


def _rendered(node: cst.CSTNode, indent: str) -> tuple[str, dict[int, int]]:
    """Return the code, and the line to which each line break leads, by identity."""
    if isinstance(node, cst.ExceptHandler):
        node = cst.Try(body=_PASS, handlers=[node])
    assert isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement)
    if indent:
        block = cst.IndentedBlock([node], indent=indent)
        node = cst.If(test=cst.Name("x"), body=block)
    wrapper = MetadataWrapper(cst.Module([node]), unsafe_skip_copy=True)
    places: Mapping[cst.CSTNode, CodeRange] = wrapper.resolve(
        WhitespaceInclusivePositionProvider
    )
    lines = {
        id(space): place.end.line - 1
        for space, place in places.items()
        if isinstance(space, cst.ParenthesizedWhitespace)
    }
    return wrapper.module.code, lines


def _margins(margins: Mapping[int, str], indent: str) -> dict[int, dict[str, Any]]:
    changes: dict[int, dict[str, Any]] = {}
    for space, margin in margins.items():
        regular = margin.startswith(indent)
        rest = margin[len(indent) :] if regular else margin
        last_line = cst.SimpleWhitespace(rest)
        changes[space] = {"indent": regular, "last_line": last_line}
    return changes


def _with_margins(node: Any, margins: Mapping[int, dict[str, Any]]) -> Any:
    """Unlike LibCST's visitors, keep every other node the same object."""
    if isinstance(node, cst.ParenthesizedWhitespace):
        return node.with_changes(**margins[id(node)]) if id(node) in margins else node
    if isinstance(node, tuple | list):
        new = [_with_margins(item, margins) for item in node]
        return node if all(a is b for a, b in zip(node, new, strict=True)) else new
    if not isinstance(node, cst.CSTNode) or isinstance(node, cst.IndentedBlock):
        return node
    values = {field.name: getattr(node, field.name) for field in fields(node)}
    moved = {name: _with_margins(value, margins) for name, value in values.items()}
    changes = {name: new for name, new in moved.items() if new is not values[name]}
    return node.with_changes(**changes) if changes else node
