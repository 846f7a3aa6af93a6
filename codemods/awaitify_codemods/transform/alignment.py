"""Continuation lines of an edited statement: `layout` applied to LibCST's trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    WhitespaceInclusivePositionProvider,
)

from awaitify_codemods.transform import layout
from awaitify_codemods.transform.spacing import code
from awaitify_codemods.transform.tree import head_of, replaced

Unit = TypeVar("Unit", bound=cst.CSTNode)

_PASS = cst.IndentedBlock(())
_Lines = dict[cst.ParenthesizedWhitespace, int]


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
    head = head_of(after)
    text = code(head)
    if text.count("\n") <= (1 if isinstance(head, cst.SimpleStatementLine) else 2):
        return after
    start = head_of(before)
    if layout.all_stay(code(start), text):
        return after
    old_text, old_lines = _rendered(start, old_indent)
    text, lines = _rendered(head, indent)
    origins = {
        line: old_lines[space] for space, line in lines.items() if space in old_lines
    }
    margins = layout.continued_lines(old_text, text, origins)
    moved = {
        id(space): _with_margin(space, margins[line], indent)
        for space, line in lines.items()
        if line in margins
    }
    return cast(Unit, replaced(after, moved))


def _with_margin(
    space: cst.ParenthesizedWhitespace, margin: str, indent: str
) -> cst.ParenthesizedWhitespace:
    regular = margin.startswith(indent)
    rest = margin[len(indent) :] if regular else margin
    return space.with_changes(indent=regular, last_line=cst.SimpleWhitespace(rest))


def _rendered(node: cst.CSTNode, indent: str) -> tuple[str, _Lines]:
    """Return the code, and the line to which each line break leads."""
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
        space: place.end.line - 1
        for space, place in places.items()
        if isinstance(space, cst.ParenthesizedWhitespace)
    }
    return wrapper.module.code, lines
