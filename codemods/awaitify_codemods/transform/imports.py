"""Names taken from import statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.spacing import (
    SPACE,
    comments,
    is_break,
    uncommented,
    with_first_line,
)

Import = cst.Import | cst.ImportFrom


def without_names(node: Import, indexes: Sequence[int]) -> Import | None:
    """Drop names by index; None if no name is left."""
    if isinstance(node.names, cst.ImportStar):
        if set(indexes) == {0}:
            return None
        raise TransformError("a star import has one name")
    names: list[cst.ImportAlias] = list(node.names)
    if not set(indexes) <= set(range(len(names))):
        raise TransformError(f"no names {sorted(indexes)}")
    if len(set(indexes)) == len(names):
        return None
    for index in sorted(set(indexes), reverse=True):
        node = _without_name(node, index)
    return cast(Import, _tidied(node))


def _without_name(node: Any, index: int) -> Any:
    names = list(node.names)
    dropped = names.pop(index)
    if index == len(names):
        return _without_last(node, names, dropped)
    below = dropped.comma.whitespace_after
    if index:
        above = names[index - 1].comma
        space = _merged(above.whitespace_after, below)
        comma = above.with_changes(whitespace_after=space)
        names[index - 1] = names[index - 1].with_changes(comma=comma)
        return node.with_changes(names=names)
    if getattr(node, "lpar", None):
        space = _merged(node.lpar.whitespace_after, below)
        lpar = node.lpar.with_changes(whitespace_after=space)
        return node.with_changes(names=names, lpar=lpar)
    return node.with_changes(names=names)


def _merged(
    above: cst.BaseParenthesizableWhitespace, below: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """Join what stood around a name; the comment on its own line goes with it."""
    if not isinstance(below, cst.ParenthesizedWhitespace):
        return above
    if not isinstance(above, cst.ParenthesizedWhitespace):
        first = below.first_line.with_changes(
            comment=None, whitespace=cst.SimpleWhitespace("")
        )
        return below.with_changes(first_line=first)
    return above.with_changes(empty_lines=[*above.empty_lines, *below.empty_lines])


def _without_last(
    node: Any, names: list[cst.ImportAlias], dropped: cst.ImportAlias
) -> Any:
    last = names[-1]
    assert isinstance(last.comma, cst.Comma)
    space = last.comma.whitespace_after
    if isinstance(dropped.comma, cst.Comma):
        end = with_first_line(dropped.comma.whitespace_after, space)
        comma = dropped.comma.with_changes(whitespace_after=end)
        names[-1] = last.with_changes(comma=comma)
        return node.with_changes(names=names)
    names[-1] = last.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    if getattr(node, "rpar", None):
        end = with_first_line(node.rpar.whitespace_before, space)
        rpar = node.rpar.with_changes(whitespace_before=end)
        return node.with_changes(names=names, rpar=rpar)
    return node.with_changes(names=names)


def _tidied(node: Any) -> Any:
    """Take the brackets away if one name is left and no comment."""
    if not getattr(node, "lpar", None) or len(node.names) != 1:
        return node
    spaces = [node.lpar.whitespace_after, node.rpar.whitespace_before]
    comma = node.names[0].comma
    if isinstance(comma, cst.Comma):
        spaces.append(comma.whitespace_after)
    if any(map(comments, spaces)) or not any(map(is_break, spaces)):
        return node
    name = node.names[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(names=[name], lpar=None, rpar=None)


def with_name(node: cst.ImportFrom, added: cst.ImportAlias) -> cst.ImportFrom:
    """Add a name to ``from m import ...``, where sorting puts it."""
    assert not isinstance(node.names, cst.ImportStar)
    names = list(node.names)
    key = added.evaluated_name.lower()
    between = _between(node, names)
    for index, name in enumerate(names):
        if name.evaluated_name.lower() > key:
            comma = cst.Comma(whitespace_after=between)
            names.insert(index, added.with_changes(comma=comma))
            return node.with_changes(names=names)
    last, end = names[-1], added
    beside = between
    if isinstance(last.comma, cst.Comma):
        space = with_first_line(last.comma.whitespace_after, between)
        end = added.with_changes(comma=last.comma.with_changes(whitespace_after=space))
        beside = with_first_line(between, last.comma.whitespace_after)
    names[-1] = last.with_changes(comma=cst.Comma(whitespace_after=beside))
    return node.with_changes(names=[*names, end])


def _between(
    node: cst.ImportFrom, names: Sequence[cst.ImportAlias]
) -> cst.BaseParenthesizableWhitespace:
    """Return what stands between two names of this import."""
    if node.lpar and isinstance(
        node.lpar.whitespace_after, cst.ParenthesizedWhitespace
    ):
        return uncommented(node.lpar.whitespace_after)
    if len(names) > 1 and isinstance(names[0].comma, cst.Comma):
        return uncommented(names[0].comma.whitespace_after)
    return SPACE
