"""Arguments that come or go, or get another name; comments on others stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import libcst as cst

from awaitify_codemods.plan import Argument
from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.awaiting import Arguments
from awaitify_codemods.transform.spacing import (
    NONE,
    SPACE,
    closing_space,
    comments,
    is_break,
    uncommented,
    with_first_line,
)
from awaitify_codemods.transform.tree import expression

_Space = cst.BaseParenthesizableWhitespace


def rename_keyword(call: cst.Call, arguments: Arguments) -> cst.Call:
    """Give a keyword argument another name."""
    renamed = _by_keyword(call, arguments["name"])
    name = cst.Name(str(arguments["to"]))
    args = [
        arg.with_changes(keyword=name) if arg is renamed else arg for arg in call.args
    ]
    return call.with_changes(args=args)


def drop_keyword(call: cst.Call, arguments: Arguments) -> cst.Call:
    """Take a keyword argument away; a comment on a line of its own goes with it."""
    args = list(call.args)
    index = args.index(_by_keyword(call, arguments["name"]))
    is_last = index == len(args) - 1
    before = _space_before(call, index)
    dropped = args.pop(index)
    after = closing_space([dropped])
    space = _at_the_end(before, after) if is_last else _between(before, after)
    if not args:
        kept = space if comments(space) else NONE
        return call.with_changes(args=(), whitespace_before_args=kept)
    if index == 0:
        return call.with_changes(args=args, whitespace_before_args=space)
    previous = args[index - 1]
    comma = dropped.comma if is_last else previous.comma
    if isinstance(comma, cst.Comma):
        comma = comma.with_changes(whitespace_after=space)
        previous = previous.with_changes(comma=comma, whitespace_after_arg=NONE)
    else:
        previous = previous.with_changes(comma=comma, whitespace_after_arg=space)
    args[index - 1] = previous
    return call.with_changes(args=args)


def wrap_keyword(call: cst.Call, arguments: Arguments) -> cst.Call:
    """``f(a=x, b=y)`` -> ``f(to=callee(a=x, b=y))``, in the place of ``a``."""
    wrapped = _by_keyword(call, arguments["name"])
    moved = [_by_keyword(call, name) for name in cast(list[str], arguments["with"])]
    inner = [_plain(each) for each in (wrapped, *moved)]
    inner[:-1] = [
        each.with_changes(comma=cst.Comma(whitespace_after=SPACE))
        for each in inner[:-1]
    ]
    value = cst.Call(expression(str(arguments["callee"])), inner)
    name = cst.Name(str(arguments["to"]))
    outer = wrapped.with_changes(keyword=name, value=value)
    args = [outer if arg is wrapped else arg for arg in call.args]
    call = call.with_changes(args=args)
    for each in moved:
        assert each.keyword is not None
        call = drop_keyword(call, {"name": each.keyword.value})
    return call


def _plain(arg: cst.Arg) -> cst.Arg:
    """Return a keyword argument without what separates it from others."""
    return cst.Arg(arg.value, arg.keyword, cst.AssignEqual(NONE, NONE))


def with_arguments(call: cst.Call, added: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Return the arguments of a call with others behind them, in its layout."""
    found = list(call.args)
    if not added or not found:
        return [*found, *added]
    between, last = _separation(call), found[-1]
    end = closing_space([last])
    told = with_first_line(between, end) if comments(end) else between
    found[-1] = last.with_changes(
        comma=cst.Comma(whitespace_after=told), whitespace_after_arg=NONE
    )
    found += [each.with_changes(comma=_comma(between)) for each in added[:-1]]
    closing = _without_first_comment(end)
    if isinstance(last.comma, cst.Comma):
        return [*found, added[-1].with_changes(comma=_comma(closing))]
    return [*found, added[-1].with_changes(whitespace_after_arg=closing)]


def _comma(space: _Space) -> cst.Comma:
    return cst.Comma(whitespace_after=space)


def _separation(call: cst.Call) -> _Space:
    """Return what stands between arguments: a line end, if the first has a line."""
    if len(call.args) > 1:
        return uncommented(closing_space(call.args[-2:-1]))
    if is_break(call.whitespace_before_args):
        return uncommented(call.whitespace_before_args)
    return SPACE


def _without_first_comment(space: _Space) -> _Space:
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return space
    first = cst.TrailingWhitespace(newline=space.first_line.newline)
    return space.with_changes(first_line=first)


def _space_before(call: cst.Call, index: int) -> _Space:
    """Return what stands between an argument and the one before it."""
    if index == 0:
        return call.whitespace_before_args
    comma = call.args[index - 1].comma
    return comma.whitespace_after if isinstance(comma, cst.Comma) else NONE


def _between(before: _Space, after: _Space) -> _Space:
    """Return what stands in the place of an argument that is followed by another."""
    if is_break(before) and is_break(after):
        return _joined(before, after)
    return after if is_break(after) else before


def _at_the_end(before: _Space, after: _Space) -> _Space:
    """Return what stands in the place of the last argument."""
    if is_break(before) and is_break(after):
        return _joined(before, after)
    return after if is_break(after) or not comments(before) else before


def _joined(before: _Space, after: _Space) -> _Space:
    """Return the lines around an argument on lines of its own, and their comments."""
    above = cast(cst.ParenthesizedWhitespace, before)
    below = cast(cst.ParenthesizedWhitespace, after)
    told = [line for line in above.empty_lines if line.comment]
    return below.with_changes(
        first_line=above.first_line, empty_lines=[*told, *below.empty_lines]
    )


def _by_keyword(call: cst.Call, keyword: Argument) -> cst.Arg:
    for arg in call.args:
        if arg.keyword and arg.keyword.value == keyword:
            return arg
    raise TransformError(f"no argument {keyword!r}")
