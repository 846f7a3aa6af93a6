"""Edits of what makes and configures mocks.

What is called is replaced by `awaiting.rename`, a base class by
`definitions.swap_base`, the value of an assignment by `definitions.set_value`.
"""

from __future__ import annotations

import libcst as cst

from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.awaiting import Arguments, by_keyword, positional
from awaitify_codemods.transform.keywords import with_arguments
from awaitify_codemods.transform.spacing import (
    NONE,
    bare,
    comments,
    is_break,
    parenthesized,
)
from awaitify_codemods.transform.tree import expression

_Assignment = cst.Assign | cst.AnnAssign

# Cannot stand in an argument without brackets.
_UNBRACKETED = (cst.GeneratorExp, cst.NamedExpr, cst.Tuple, cst.Yield)
# May stand anywhere without brackets.
_TIGHT = (
    cst.Attribute,
    cst.BaseNumber,
    cst.Call,
    cst.Dict,
    cst.FormattedString,
    cst.List,
    cst.ListComp,
    cst.Name,
    cst.Set,
    cst.SimpleString,
    cst.Subscript,
)


def to_constructor(node: _Assignment, arguments: Arguments) -> _Assignment:
    """``m.f.return_value = V`` -> ``m.f = AsyncMock(return_value=V)``."""
    target = _target(node)
    if not isinstance(target, cst.Attribute) or node.value is None:
        raise TransformError("no assignment to an attribute of a mock")
    owner = _within_brackets_of(target)
    call = _constructor(node.value, arguments)
    if isinstance(node, cst.AnnAssign):
        return node.with_changes(target=owner, value=call)
    only = node.targets[0].with_changes(target=owner)
    return node.with_changes(targets=[only], value=call)


def _target(node: _Assignment) -> cst.BaseExpression:
    if isinstance(node, cst.AnnAssign):
        return node.target
    if len(node.targets) != 1:
        raise TransformError("several targets would have a mock in common")
    return node.targets[0].target


def _constructor(value: cst.BaseExpression, arguments: Arguments) -> cst.Call:
    """Return a call that takes the value over, with the line breaks around it."""
    given = arguments.get("value")
    added = [_keyword(str(name), str(code)) for name, code in arguments["extra"] or ()]
    function = expression(str(arguments["callee"]))
    if given == "":
        return cst.Call(function, added)
    kept = value if given is None else expression(str(given))
    opening: cst.BaseParenthesizableWhitespace = NONE
    closing: cst.BaseParenthesizableWhitespace = NONE
    if given is None and len(value.lpar) == 1 and not isinstance(value, _UNBRACKETED):
        left, right = value.lpar[0], value.rpar[0]
        opening, closing = left.whitespace_after, right.whitespace_before
        if is_break(opening) or is_break(closing):
            kept = bare(kept)
        else:
            opening = closing = NONE
    name = str(arguments["keyword"])
    first = _keyword(name, kept).with_changes(whitespace_after_arg=closing)
    call = cst.Call(function, [first], whitespace_before_args=opening)
    if not added:
        return call
    return call.with_changes(args=with_arguments(call, added))


def set_keyword(call: cst.Call, arguments: Arguments) -> cst.Call:
    """Give a keyword argument another value, or add it behind all others."""
    name, code = str(arguments["name"]), str(arguments["code"])
    args = list(call.args)
    for number, arg in enumerate(args):
        if arg.keyword and arg.keyword.value == name:
            args[number] = _with_value(arg, code)
            return call.with_changes(args=args)
    if len(args) == 1 and isinstance(args[0].value, cst.GeneratorExp):
        if not args[0].value.lpar:
            call = call.with_changes(
                args=[args[0].with_changes(value=parenthesized(args[0].value))]
            )
    added = with_arguments(call, [_keyword(name, code)])
    return call.with_changes(args=added)


def set_argument(call: cst.Call, arguments: Arguments) -> cst.Call:
    """Replace a positional argument."""
    replaced = positional(call, arguments["index"])
    new = _with_value(replaced, str(arguments["code"]))
    return call.with_changes(
        args=[new if arg is replaced else arg for arg in call.args]
    )


def name_argument(call: cst.Call, arguments: Arguments) -> cst.Call:
    """Give a positional argument by keyword."""
    named = positional(call, arguments["index"])
    new = named.with_changes(
        keyword=cst.Name(str(arguments["name"])),
        equal=cst.AssignEqual(NONE, NONE),
        value=_as_argument(named.value),
    )
    return call.with_changes(args=[new if arg is named else arg for arg in call.args])


def to_argument(call: cst.Call, arguments: Arguments) -> cst.BaseExpression:
    """``future(x)`` -> ``x``."""
    name = arguments.get("keyword")
    if name is None:
        value = positional(call, arguments.get("position", 0)).value
    else:
        value = by_keyword(call, name).value
    if not call.lpar:
        return _as_argument(value)
    return value.with_changes(
        lpar=[*call.lpar, *value.lpar], rpar=[*value.rpar, *call.rpar]
    )


def drop_hop(node: cst.Attribute, arguments: Arguments) -> cst.BaseExpression:
    """``x.mock`` -> ``x``."""
    return _within_brackets_of(node)


def replace_node(node: cst.BaseExpression, arguments: Arguments) -> cst.BaseExpression:
    """Put an expression in the place of another one, in its brackets.

    Names and constants have no number of their own; what holds them has.
    """
    new = expression(str(arguments["code"]))
    if node.lpar:
        return bare(new).with_changes(lpar=node.lpar, rpar=node.rpar)
    return new if new.lpar or isinstance(new, _TIGHT) else parenthesized(new)


def _within_brackets_of(node: cst.Attribute) -> cst.BaseExpression:
    """Return what an attribute is read from, with the brackets around both."""
    owner = node.value
    if not node.lpar:
        return owner
    return owner.with_changes(
        lpar=[*node.lpar, *owner.lpar], rpar=[*owner.rpar, *node.rpar]
    )


def _keyword(name: str, value: str | cst.BaseExpression) -> cst.Arg:
    given = expression(value) if isinstance(value, str) else value
    return cst.Arg(
        _as_argument(given),
        keyword=cst.Name(name),
        equal=cst.AssignEqual(NONE, NONE),
    )


def _with_value(arg: cst.Arg, code: str) -> cst.Arg:
    old, new = arg.value, _as_argument(expression(code))
    if any(comments(left.whitespace_after) for left in old.lpar):
        # The comments in the brackets of the old value stay with them.
        new = bare(new).with_changes(lpar=old.lpar, rpar=old.rpar)
    return arg.with_changes(value=new)


def _as_argument(value: cst.BaseExpression) -> cst.BaseExpression:
    needed = isinstance(value, _UNBRACKETED) and not value.lpar
    return parenthesized(value) if needed else value
