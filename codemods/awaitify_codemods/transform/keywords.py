"""Keyword arguments that go, or get another name; comments on others stay."""

from __future__ import annotations

from typing import cast

import libcst as cst

from awaitify_codemods.plan import Argument
from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.awaiting import Arguments
from awaitify_codemods.transform.spacing import NONE, closing_space, comments, is_break

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
