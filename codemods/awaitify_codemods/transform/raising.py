"""Assertions that call a function, as `with` statements that await it."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.awaiting import Arguments, positional, spread
from awaitify_codemods.transform.spacing import (
    COMMA,
    NONE,
    callee,
    code,
    comments,
    is_break,
    operand,
    with_arguments,
)

# Leaves room for indentation and for `with` and `as` around the call.
_WIDTH = 64


def to_with(line: cst.SimpleStatementLine, arguments: Arguments) -> cst.With:
    """``raises(E, run, f())`` -> ``with raises(E):`` and ``await f()`` below it."""
    statement = line.body[0]
    call = _call(statement)
    kept = list(call.args[: int(str(arguments["keep"]))])
    if arguments["kind"] not in ("spread", "callable"):
        kept += [arg for arg in call.args if arg.keyword]
    body = cst.SimpleStatementLine(
        [cst.Expr(_body(call, arguments))], leading_lines=_lost_comments(call, kept)
    )
    return cst.With(
        [cst.WithItem(_head(call, kept), _target(statement))],
        cst.IndentedBlock([body], header=line.trailing_whitespace),
        leading_lines=line.leading_lines,
    )


def _call(statement: cst.BaseSmallStatement) -> cst.Call:
    if isinstance(statement, cst.Expr | cst.Assign):
        targets = getattr(statement, "targets", ())
        single = (
            all(isinstance(t.target, cst.Name) for t in targets) and not targets[1:]
        )
        if single and isinstance(statement.value, cst.Call):
            return statement.value
    raise TransformError("not a call that can become a `with`")


def _target(statement: cst.BaseSmallStatement) -> cst.AsName | None:
    if not isinstance(statement, cst.Assign):
        return None
    return cst.AsName(cst.ensure_type(statement.targets[0].target, cst.Name))


def _body(call: cst.Call, arguments: Arguments) -> cst.BaseExpression:
    index, kind = int(str(arguments["runner_index"])), arguments["kind"]
    if kind == "lambda":
        function = positional(call, index).value
        if not isinstance(function, cst.Lambda):
            raise TransformError("no lambda")
        body = function.body
        return body if isinstance(body, cst.Await) else operand(body)
    if kind == "callable":
        return cst.Await(_on_one_line(spread(call, positional(call, index))))
    driven = positional(call, index + 1)
    if kind == "call":
        return cst.Await(operand(driven.value))
    if kind == "factory":
        return cst.Await(cst.Call(callee(driven.value)))
    return cst.Await(_on_one_line(spread(call, driven)))


def _head(call: cst.Call, kept: Sequence[cst.Arg]) -> cst.Call:
    head = _on_one_line(with_arguments(call, kept))
    return head.with_changes(lpar=(), rpar=())


def _on_one_line(call: cst.BaseExpression) -> cst.Call:
    """Few arguments are left: they need no lines of their own."""
    call = cst.ensure_type(call, cst.Call)
    spaces = [call.whitespace_before_args]
    for arg in call.args:
        spaces.append(arg.whitespace_after_arg)
        if isinstance(arg.comma, cst.Comma):
            spaces.append(arg.comma.whitespace_after)
    if not any(map(is_break, spaces)) or any(map(comments, spaces)):
        return call
    *others, last = [arg.with_changes(whitespace_after_arg=NONE) for arg in call.args]
    args = [
        *(arg.with_changes(comma=COMMA) for arg in others),
        last.with_changes(comma=cst.MaybeSentinel.DEFAULT),
    ]
    joined = call.with_changes(args=args, whitespace_before_args=NONE)
    return joined if len(code(joined)) <= _WIDTH else call


def _lost_comments(call: cst.Call, kept: Sequence[cst.Arg]) -> list[cst.EmptyLine]:
    """Return the comments between arguments that do not stay."""
    found = []
    for arg in call.args:
        if arg not in kept:
            found += comments(arg.whitespace_after_arg)
            if isinstance(arg.comma, cst.Comma):
                found += comments(arg.comma.whitespace_after)
    return [cst.EmptyLine(comment=comment) for comment in found]
