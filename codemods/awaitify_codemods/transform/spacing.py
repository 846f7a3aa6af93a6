"""Whitespace inside brackets, and brackets where an expression needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import libcst as cst

from awaitify_codemods.transform.layout import breaks_outside_brackets

Expression = TypeVar("Expression", bound=cst.BaseExpression)

NONE = cst.SimpleWhitespace("")
SPACE = cst.SimpleWhitespace(" ")
COMMA = cst.Comma(whitespace_after=SPACE)

# Bind less tightly than `await`, or, as a second `await`, not at all.
_LOOSE = (
    cst.Await,
    cst.BinaryOperation,
    cst.BooleanOperation,
    cst.Comparison,
    cst.GeneratorExp,
    cst.IfExp,
    cst.Lambda,
    cst.NamedExpr,
    cst.UnaryOperation,
    cst.Yield,
)
_PRIMARY = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)
_PLAIN = cst.Module(())


def code(node: cst.CSTNode) -> str:
    """Return the code of `node` on its own."""
    return _PLAIN.code_for_node(node)


def is_break(space: object) -> bool:
    """Whether `space` holds a line break that brackets allow."""
    return isinstance(space, cst.ParenthesizedWhitespace)


def comments(space: object) -> list[cst.Comment]:
    """Return the comments that stand in `space`."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return []
    found = [space.first_line.comment, *(line.comment for line in space.empty_lines)]
    return [comment for comment in found if comment]


def parenthesized(
    node: Expression,
    opening: cst.BaseParenthesizableWhitespace = NONE,
    closing: cst.BaseParenthesizableWhitespace = NONE,
) -> Expression:
    """Put brackets around `node`."""
    left = cst.LeftParen(whitespace_after=opening)
    right = cst.RightParen(whitespace_before=closing)
    return node.with_changes(lpar=[left, *node.lpar], rpar=[*node.rpar, right])


def bare(node: Expression) -> Expression:
    """Take the brackets around `node` away."""
    return node.with_changes(lpar=(), rpar=())


def operand(
    node: cst.BaseExpression,
    opening: cst.BaseParenthesizableWhitespace = NONE,
    closing: cst.BaseParenthesizableWhitespace = NONE,
) -> cst.BaseExpression:
    """Return `node` as it can follow ``await``.

    Args:
        node: the expression.
        opening: what stood before it in the brackets that it is taken from;
            kept only if brackets are still needed.
        closing: what stood after it there.

    """
    commented = bool(comments(opening) or comments(closing))
    if not commented and (node.lpar or not _needs_brackets(node)):
        return node
    if is_break(opening) or is_break(closing):
        return parenthesized(node, opening, closing)
    return parenthesized(node)


def _needs_brackets(node: cst.BaseExpression) -> bool:
    return isinstance(node, _LOOSE) or breaks_outside_brackets(code(node))


def callee(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return `node` as it can be called."""
    return node if node.lpar or isinstance(node, _PRIMARY) else parenthesized(node)


def closing_space(args: Sequence[cst.Arg]) -> cst.BaseParenthesizableWhitespace:
    """Return what stands before the bracket that closes `args`."""
    if not args:
        return NONE
    last = args[-1]
    if isinstance(last.comma, cst.Comma):
        return last.comma.whitespace_after
    return last.whitespace_after_arg


def with_arguments(call: cst.Call, args: Sequence[cst.Arg]) -> cst.Call:
    """Return `call` with only `args`, some of its own, its layout kept."""
    if not args:
        return call.with_changes(args=(), whitespace_before_args=NONE)
    last = call.args[-1]
    *others, final = args
    if final is not last:
        space = with_first_line(closing_space([last]), closing_space([final]))
        if isinstance(last.comma, cst.Comma):
            comma = last.comma.with_changes(whitespace_after=space)
            final = final.with_changes(comma=comma, whitespace_after_arg=NONE)
        else:
            final = final.with_changes(comma=last.comma, whitespace_after_arg=space)
    return call.with_changes(args=[*others, final])


def with_first_line(
    end: cst.BaseParenthesizableWhitespace, space: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """Return `end`, but with the comment that stands beside what precedes it."""
    if not isinstance(end, cst.ParenthesizedWhitespace):
        return space if comments(space) else end
    if not isinstance(space, cst.ParenthesizedWhitespace):
        first = cst.TrailingWhitespace(newline=end.first_line.newline)
        return end.with_changes(first_line=first)
    return end.with_changes(first_line=space.first_line)


def uncommented(
    space: cst.BaseParenthesizableWhitespace,
) -> cst.BaseParenthesizableWhitespace:
    """Return the same line break without comments; without one, a space."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return SPACE
    return space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
