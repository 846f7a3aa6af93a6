"""Blocks of statements: what is removed, inserted, moved, and the lines between.

A statement only asks; the block that holds it carries the requests out when it
is left, because only the block knows the lines above the next statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import libcst as cst

from awaitify_codemods.plan import Argument
from awaitify_codemods.transform import TransformError, bodies, imports
from awaitify_codemods.transform.alignment import aligned
from awaitify_codemods.transform.awaiting import wait_for
from awaitify_codemods.transform.bodies import (
    Content,
    Lines,
    blanks,
    commented,
    leading,
    with_leading,
)
from awaitify_codemods.transform.joining import joined
from awaitify_codemods.transform.raising import to_with
from awaitify_codemods.transform.tree import Statement, statements


@dataclass(frozen=True)
class Request:
    """Something to be done to a statement by its block."""

    op: str
    arguments: Any


@dataclass(frozen=True)
class Child:
    """A statement of a block, as visited."""

    original: cst.CSTNode
    node: Any
    requests: Sequence[Sequence[Request]]
    """One list for a compound statement; one per statement of a line."""
    indent: str


def module_with(module: cst.Module, children: Sequence[Child]) -> cst.Module:
    """Return `module` with `children` for its statements."""
    if not any(any(child.requests) for child in children):
        return module.with_changes(body=[child.node for child in children])
    # What stands above the first statement belongs to the module in LibCST.
    first, *others = children
    fixed, own = _header_parts(module, first)
    lifted = with_leading(first.node, [*own, *first.node.leading_lines])
    children = [Child(first.original, lifted, first.requests, ""), *others]
    body, below = _arranged(children, module.default_indent)
    below += module.footer
    if not body:
        return module.with_changes(body=(), header=[*fixed, *below], footer=())
    header = [*fixed, *leading(body[0])]
    body[0] = with_leading(body[0], ())
    return module.with_changes(header=header, body=body, footer=below)


def _header_parts(module: cst.Module, first: Child) -> tuple[Lines, Lines]:
    """Tell the comments on the file from those on its first statement."""
    header = list(module.header)
    asked = {request.op for each in first.requests for request in each}
    if "insert-before" not in asked:
        return (), header
    ends = [index + 1 for index, line in enumerate(header) if not line.comment]
    end = ends[-1] if ends else len(header)
    return header[:end], header[end:]


def block_with(
    block: cst.IndentedBlock, children: Sequence[Child], default_indent: str
) -> cst.IndentedBlock:
    """Return `block` with `children` for its statements."""
    if not any(any(child.requests) for child in children):
        if all(child.node is child.original for child in children):
            return block
        return block.with_changes(body=[child.node for child in children])
    children = joined(children)
    body, below = _arranged(children, default_indent)
    if not body:
        body = [cst.SimpleStatementLine([cst.Pass()], leading_lines=below)]
        below = []
    return block.with_changes(body=body, footer=[*below, *block.footer])


def suite_with(child: Child, default_indent: str) -> cst.BaseSuite:
    """Return a one-line suite, as a block if it cannot stay on its line."""
    suite = child.node
    asked = {request.op for requests in child.requests for request in requests}
    if not asked:
        return cast(cst.BaseSuite, suite)
    line = bodies.line_of(suite)
    if asked == {"remove"}:
        left = _remaining(line, child.requests)
        if left:
            return cast(cst.BaseSuite, suite.with_changes(body=left.body))
        end = cst.TrailingWhitespace(newline=suite.trailing_whitespace.newline)
        return cast(
            cst.BaseSuite,
            suite.with_changes(body=[cst.Pass()], trailing_whitespace=end),
        )
    opened = Child(line, line, child.requests, child.indent + default_indent)
    return block_with(cst.IndentedBlock([line]), [opened], default_indent)


def else_with(orelse: cst.If, requests: Sequence[Request]) -> cst.If | cst.Else | None:
    """Return what stands in the place of an `elif`."""
    return bodies.orelse_instead(orelse, requests[-1].op)


class _Body:
    """The statements so far, and what removed ones have left above the next."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self._left: list[cst.EmptyLine] | None = None

    def leave(self, lines: Lines) -> None:
        self._left = self._joined(lines)

    def put(self, statement: Statement) -> None:
        if self._left is not None:
            statement = with_leading(statement, self._joined(leading(statement)))
            self._left = None
        self.statements.append(statement)

    def below(self) -> list[cst.EmptyLine]:
        """Return the comments that no statement follows."""
        lines = self._left or []
        if not commented(lines):
            return []
        start = 0 if self.statements else blanks(lines)
        return lines[start : len(lines) - blanks(lines[::-1])]

    def _joined(self, own: Lines) -> list[cst.EmptyLine]:
        """Return what was left and `own` lines, without doubled blank lines."""
        left = self._left
        if left is None:
            return list(own)
        text = left[: len(left) - blanks(left[::-1])]
        above, below = left[len(text) :], own[: blanks(own)]
        # A block does not start with more blank lines than it did.
        gap = max(above, below, key=len) if text or self.statements else above
        return [*text, *gap, *own[len(below) :]]


_Piece = tuple[Statement, Sequence[Request], str]
"""A single statement with its requests, and its indentation."""


def _arranged(children: Sequence[Child], default_indent: str) -> Content:
    pieces = [(*each, child.indent) for child in children for each in _pieces(child)]
    return _laid(pieces, default_indent)


def _laid(pieces: Sequence[_Piece], default_indent: str) -> Content:
    body = _Body()
    for number, (statement, requests, indent) in enumerate(pieces):
        if requests:
            _carry_out(body, statement, requests, indent, default_indent)
        else:
            body.put(statement)
        if final := _code(requests, "try-finally"):
            rest = _laid(pieces[number + 1 :], default_indent)
            for each in bodies.tried(rest, final):
                body.put(each)
            break
        if entered := _entering(requests):
            end = number + 1 + int(str(entered["count"]))
            inner = _laid(pieces[number + 1 : end], default_indent)
            opened = body.statements.pop()
            body.put(bodies.entered(opened, inner, bool(entered["async"])))
            after, below = _laid(pieces[end:], default_indent)
            for each in after:
                body.put(each)
            return body.statements, below
    return body.statements, body.below()


def _entering(requests: Sequence[Request]) -> Mapping[str, Argument] | None:
    """Return how what a statement keeps is entered around those below, if it is."""
    for each in requests:
        if each.op == "enter-below":
            return cast(Mapping[str, Argument], each.arguments)
    return None


def _pieces(child: Child) -> list[tuple[Statement, Sequence[Request]]]:
    """Return single statements with their requests."""
    line, requests = child.node, child.requests
    if len(requests) == 1:
        return [(line, requests[0])]
    asked = {request.op for each in requests for request in each}
    if not asked:
        return [(line, ())]
    left = _remaining(line, requests)
    if asked == {"remove"} and left:
        return [(left, ())]
    return list(zip(_split(line), requests, strict=True))


def _remaining(
    line: cst.SimpleStatementLine, requests: Sequence[Sequence[Request]]
) -> cst.SimpleStatementLine | None:
    pairs = zip(line.body, requests, strict=True)
    left = [small for small, each in pairs if not each]
    if not left:
        return None
    left[-1] = left[-1].with_changes(semicolon=line.body[-1].semicolon)
    return line.with_changes(body=left)


def _split(line: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
    ends = [cst.TrailingWhitespace() for _ in line.body]
    ends[-1] = line.trailing_whitespace
    above: list[Lines] = [() for _ in line.body]
    above[0] = line.leading_lines
    plain = [s.with_changes(semicolon=cst.MaybeSentinel.DEFAULT) for s in line.body]
    parts = zip(plain, above, ends, strict=True)
    return [cst.SimpleStatementLine([s], lines, end) for s, lines, end in parts]


def _carry_out(
    body: _Body,
    statement: Statement,
    requests: Sequence[Request],
    indent: str,
    default_indent: str,
) -> None:
    before = _code(requests, "insert-before")
    after = _code(requests, "insert-after")
    requests = _with_names_together(requests)
    content: list[Statement] = [statement]
    below: list[cst.EmptyLine] = []
    for request in requests:
        if request.op not in _BESIDE and content:
            content, more = _reshaped(
                content[0], content[1:], request, indent, default_indent
            )
            below += more
    if not content:
        content, before = [*before], []
        if content:
            content[0] = with_leading(content[0], leading(statement))
    if not content:
        body.leave(leading(statement))
    for new in _preceded(content, before):
        body.put(new)
    for new in _following(statement, after):
        body.put(new)
    if below:
        body.leave(below)


_BESIDE = ("insert-before", "insert-after", "try-finally", "enter-below")


def _code(requests: Sequence[Request], op: str) -> list[Statement]:
    codes = [str(each.arguments["code"]) for each in requests if each.op == op]
    return [statement for code in codes for statement in statements(code)]


def _with_names_together(requests: Sequence[Request]) -> list[Request]:
    """Join requests to drop names: each counts from the names as they were."""
    indexes = [
        index
        for each in requests
        if each.op == "drop-names"
        for index in each.arguments["indexes"]
    ]
    others = [each for each in requests if each.op != "drop-names"]
    return [Request("drop-names", {"indexes": indexes}), *others] if indexes else others


def _reshaped(
    statement: Statement,
    others: list[Statement],
    request: Request,
    indent: str,
    default_indent: str,
) -> Content:
    """Return what stands in the place of `statement`; `others` come after it."""
    op, arguments = request.op, request.arguments
    if op == "remove":
        return [], []
    if op == "to-with":
        return [_with_of(statement, arguments, indent, default_indent), *others], []
    if op == "wait-for-below":
        return [_bounded(statement, arguments), *others], []
    if op == "drop-names":
        return [*_without_names(statement, arguments["indexes"]), *others], []
    if op == "drop-item":
        content, below = bodies.without_item(statement, arguments["index"])
    else:
        content, below = _GIVE_WAY[op](statement)
    return [*content, *others], below


_GIVE_WAY = {
    "drop-finally": bodies.without_finally,
    "unwrap": bodies.unwrapped,
    "keep-body": bodies.kept_body,
    "keep-orelse": bodies.kept_orelse,
}


def _with_of(
    statement: Statement, arguments: Any, indent: str, default_indent: str
) -> Statement:
    if not isinstance(statement, cst.SimpleStatementLine):
        raise TransformError("not a call that can become a `with`")
    new = to_with(statement, arguments)
    block = cst.ensure_type(new.body, cst.IndentedBlock)
    deeper = indent + default_indent
    lines = [aligned(statement, line, indent, deeper) for line in block.body]
    new = new.with_changes(body=block.with_changes(body=lines))
    return aligned(statement, new, indent, indent)


def _bounded(statement: Statement, arguments: Any) -> Statement:
    """Bound the await of a ``with`` statement that a call has become."""
    match statement:
        case cst.With(body=cst.IndentedBlock(body=[cst.SimpleStatementLine() as line])):
            small = line.body[0]
            if isinstance(small, cst.Expr) and isinstance(small.value, cst.Await):
                new = small.with_changes(value=wait_for(small.value, arguments))
                return statement.with_deep_changes(line, body=[new])
    raise TransformError("no await below a `with`")


def _without_names(
    statement: Statement, indexes: Sequence[Argument]
) -> list[Statement]:
    small = statement.body[0] if hasattr(statement.body, "__getitem__") else None
    if not isinstance(small, cst.Import | cst.ImportFrom):
        raise TransformError("no import")
    left = imports.without_names(small, [int(str(index)) for index in indexes])
    return [statement.with_changes(body=[left])] if left else []


def _preceded(content: list[Statement], before: list[Statement]) -> list[Statement]:
    """Insert above; blank lines go up, comments stay with what they stand above."""
    if not content or not before:
        return [*before, *content]
    lines = leading(content[0])
    gap = lines[: blanks(lines)]
    first = with_leading(before[0], [*gap, *leading(before[0])])
    if not _is_definition(content[0]):
        content = [with_leading(content[0], lines[len(gap) :]), *content[1:]]
    return [first, *before[1:], *content]


def _following(statement: Statement, after: list[Statement]) -> list[Statement]:
    if not after or blanks(leading(after[0])):
        return after
    if not _is_definition(statement) and not _is_definition(after[0]):
        return after
    lines = leading(statement)
    gap = lines[: blanks(lines)] or [cst.EmptyLine(indent=False)]
    return [with_leading(after[0], [*gap, *leading(after[0])]), *after[1:]]


def _is_definition(statement: Statement) -> bool:
    return isinstance(statement, cst.FunctionDef | cst.ClassDef)
