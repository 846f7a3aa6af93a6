"""Compound statements that give way to what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.tree import Statement

Lines = Sequence[cst.EmptyLine]
Content = tuple[list[Statement], list[cst.EmptyLine]]
"""Statements, and the comments that are left below them."""


def commented(lines: Lines) -> bool:
    """Whether there is a comment among `lines`."""
    return any(line.comment for line in lines)


def blanks(lines: Lines) -> int:
    """Return the number of blank lines at the start of `lines`."""
    for index, line in enumerate(lines):
        if line.comment:
            return index
    return len(lines)


def with_leading(statement: Statement, lines: Lines) -> Statement:
    """Return `statement` with other lines above it."""
    return statement.with_changes(leading_lines=lines)


def leading(statement: Any) -> list[cst.EmptyLine]:
    """Return the blank lines and comments above a statement."""
    return list(statement.leading_lines)


def unwrapped(statement: Statement) -> Content:
    """Return what the body of a `with` or `try` holds."""
    if isinstance(statement, cst.With):
        return _content(statement, statement.body)
    if isinstance(statement, cst.Try):
        suites = [statement.body]
        below: list[cst.EmptyLine] = []
        if statement.orelse:
            suites.append(statement.orelse.body)
        if statement.finalbody:
            below = _comments_of(statement.finalbody)
        body, footer = _content(statement, *suites)
        return body, [*footer, *below]
    raise TransformError(f"{type(statement).__name__} cannot be unwrapped")


def tried(content: Content, final: Sequence[Statement]) -> Sequence[Statement]:
    """Return statements under a `try` that ends with others, whatever happens."""
    body, below = content
    if not body:
        return final
    lines = leading(body[0])
    gap = blanks(lines)
    block = cst.IndentedBlock(
        [with_leading(body[0], lines[gap:]), *body[1:]], footer=below
    )
    end = cst.Finally(cst.IndentedBlock(final))
    return [cst.Try(block, finalbody=end, leading_lines=lines[:gap])]


def entered(opened: Statement, content: Content, is_async: bool) -> Statement:
    """``x = f()`` -> ``with f() as x:`` around the statements that follow."""
    body, below = content
    small = opened.body[0] if isinstance(opened, cst.SimpleStatementLine) else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1 or not body:
        raise TransformError("nothing is kept that can be entered")
    assert isinstance(opened, cst.SimpleStatementLine)
    target = small.targets[0].target
    if not isinstance(target, cst.Name):
        raise TransformError("it is kept in no variable")
    space = cst.SimpleWhitespace(" ")
    name = cst.AsName(target, space, space)
    lines = leading(body[0])
    first = with_leading(body[0], lines[blanks(lines) :])
    return cst.With(
        [cst.WithItem(small.value, name)],
        cst.IndentedBlock(
            [first, *body[1:]], header=opened.trailing_whitespace, footer=below
        ),
        asynchronous=cst.Asynchronous() if is_async else None,
        leading_lines=opened.leading_lines,
    )


def without_finally(statement: Statement) -> Content:
    """Drop the `finally` of a `try`, and the `try` if nothing else needs it."""
    if not isinstance(statement, cst.Try):
        raise TransformError("no try")
    if not statement.handlers:
        return unwrapped(statement)
    if not statement.finalbody:
        return [statement], []
    return [statement.with_changes(finalbody=None)], _comments_of(statement.finalbody)


def without_item(statement: Statement, index: int) -> Content:
    """Drop an item of a `with`, and the `with` if it was the only one."""
    if not isinstance(statement, cst.With) or not 0 <= index < len(statement.items):
        raise TransformError(f"no item {index}")
    items = list(statement.items)
    comma = items[-1].comma
    del items[index]
    if not items:
        return unwrapped(statement)
    items[-1] = items[-1].with_changes(comma=comma)
    return [statement.with_changes(items=items)], []


def kept_body(statement: Statement) -> Content:
    """Return what an `if` does if it applies."""
    if not isinstance(statement, cst.If):
        raise TransformError("no if")
    return _content(statement, statement.body)


def kept_orelse(statement: Statement) -> Content:
    """Return what an `if` does otherwise."""
    if not isinstance(statement, cst.If):
        raise TransformError("no if")
    orelse = statement.orelse
    if orelse is None:
        return [], []
    if isinstance(orelse, cst.Else):
        return _content(statement, orelse.body)
    lines = [*leading(statement), *orelse.leading_lines]
    return [orelse.with_changes(leading_lines=lines)], []


def orelse_instead(orelse: cst.If, op: str) -> cst.If | cst.Else | None:
    """Return what stands in the place of an `elif`."""
    if op == "remove":
        return None
    if op == "keep-body":
        return cst.Else(body=orelse.body, leading_lines=orelse.leading_lines)
    if op == "keep-orelse":
        rest = orelse.orelse
        if rest is None:
            return None
        lines = [*orelse.leading_lines, *rest.leading_lines]
        return rest.with_changes(leading_lines=lines)
    raise TransformError(f"{op} on an elif")


def _content(statement: Statement, *suites: cst.BaseSuite) -> Content:
    """Return the statements of `suites`, as they stand in place of `statement`."""
    body: list[Statement] = []
    below: list[cst.EmptyLine] = []
    for suite in suites:
        lines, footer = _opened(suite)
        if lines and below:
            lines[0] = with_leading(lines[0], [*below, *leading(lines[0])])
            below = []
        body += lines
        below += footer
    if not body:
        return [], below
    first = leading(body[0])
    lines_above = [*leading(statement), *first[blanks(first) :]]
    return [with_leading(body[0], lines_above), *body[1:]], below


def _comments_of(final: cst.Finally) -> list[cst.EmptyLine]:
    """Return the comments above a `finally`, behind it and in what was emptied."""
    above = [line for line in final.leading_lines if line.comment]
    left, within = _opened(final.body)
    comments = [line for line in within if line.comment and not left]
    return [*above, *_head_comment(final.body), *comments]


def _head_comment(suite: cst.BaseSuite) -> list[cst.EmptyLine]:
    """Return the comment behind the colon, as a line of its own."""
    if isinstance(suite, cst.IndentedBlock) and suite.header.comment:
        return [cst.EmptyLine(comment=suite.header.comment)]
    return []


def _opened(suite: cst.BaseSuite) -> Content:
    if isinstance(suite, cst.IndentedBlock):
        body, footer = list(suite.body), list(suite.footer)
        if body and (above := _head_comment(suite)):
            first = cast(Statement, body[0])
            body[0] = with_leading(first, [*above, *leading(first)])
    else:
        assert isinstance(suite, cst.SimpleStatementSuite)
        body, footer = [line_of(suite)], []
    if len(body) == 1 and _is_pass(body[0]):
        lines = leading(body[0])
        return [], [*lines[blanks(lines) :], *footer]
    return cast(Content, (body, footer))


def line_of(suite: cst.SimpleStatementSuite) -> cst.SimpleStatementLine:
    """Return the statements of a one-line suite as a line of their own."""
    return cst.SimpleStatementLine(
        suite.body, trailing_whitespace=suite.trailing_whitespace
    )


def _is_pass(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and all(isinstance(small, cst.Pass) for small in statement.body)
        and statement.trailing_whitespace.comment is None
    )
