"""Edits of calls: what they drive is awaited, or they are driven themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import libcst as cst

from awaitify_codemods.plan import Argument
from awaitify_codemods.transform import TransformError
from awaitify_codemods.transform.spacing import (
    COMMA,
    NONE,
    SPACE,
    bare,
    callee,
    closing_space,
    code,
    comments,
    is_break,
    operand,
    parenthesized,
    uncommented,
    with_arguments,
    with_first_line,
)
from awaitify_codemods.transform.spacing import code as printed
from awaitify_codemods.transform.tree import expression

Arguments = Mapping[str, Argument]


def await_argument(call: cst.Call, arguments: Arguments) -> cst.Await:
    """``driver(E)`` -> ``await E``, or with calls wrapped around E."""
    keyword = arguments.get("keyword")
    if keyword is None:
        arg = positional(call, arguments.get("position", 0))
    else:
        arg = by_keyword(call, keyword)
    wraps: Any = arguments.get("wraps") or ()
    if not wraps:
        return _awaited(call, arg.value, arg)
    (name, extra), *outer = wraps
    value: cst.BaseExpression = _wrapped_in_place(call, arg.value, name, extra)
    for name, extra in outer:
        value = _wrapped(value, name, extra)
    return _await_like(call, value)


def await_spread(call: cst.Call, arguments: Arguments) -> cst.Await:
    """``run(f, 1, k=2)`` -> ``await f(1, k=2)``."""
    function = positional(call, arguments.get("position", 0))
    dropped: Any = arguments.get("drop") or ()
    return _await_like(call, spread(call, function, dropped))


def spread(
    call: cst.Call, function: cst.Arg, dropped: Sequence[str] = ()
) -> cst.BaseExpression:
    """Return a call of `function` with the arguments of `call` that follow it."""
    following = call.args[list(call.args).index(function) + 1 :]
    args = [arg for arg in following if _name(arg) not in dropped]
    return bare(with_arguments(call, args)).with_changes(func=callee(function.value))


def await_converted(call: cst.Call, arguments: Arguments) -> cst.Await:
    """``async_to_sync(f)(x)`` -> ``await f(x)``."""
    function = positional(cst.ensure_type(call.func, cst.Call), 0)
    return _await_like(call, bare(call).with_changes(func=callee(function.value)))


def await_factory(call: cst.Call, arguments: Arguments) -> cst.Await:
    """``run(f)`` -> ``await f()``; ``run(lambda: E)`` -> ``await E``."""
    name = arguments.get("keyword")
    function = (
        by_keyword(call, name)
        if name
        else positional(call, arguments.get("position", 0))
    )
    if isinstance(function.value, cst.Lambda):
        return _awaited(call, function.value.body, function)
    return _awaited(call, cst.Call(callee(function.value)), function)


def await_call(call: cst.Call, arguments: Arguments) -> cst.Await:
    """``f(x)`` -> ``await f(x)``."""
    return _await_like(call, bare(call))


def await_in_thread(call: cst.Call, arguments: Arguments) -> cst.Await:
    """``f(x)`` -> ``await asyncio.to_thread(f, x)``."""
    function = cst.Arg(call.func, comma=COMMA) if call.args else cst.Arg(call.func)
    threaded = bare(call).with_changes(
        func=expression(str(arguments["to"])), args=[function, *call.args]
    )
    return _await_like(call, threaded)


def await_yield(node: cst.Yield, arguments: Arguments) -> cst.Await:
    """``yield x`` -> ``await x``, ``await f(x)``, or ``await`` of something else."""
    code, wrap, value = arguments.get("code"), arguments.get("wrap"), node.value
    lpar, rpar = (node.lpar, node.rpar) if _is_bracketed(node, arguments) else ((), ())
    if code is not None:
        return cst.Await(expression(str(code)), lpar=lpar, rpar=rpar)
    if value is None:
        raise TransformError("it yields nothing of its own")
    space: cst.BaseParenthesizableWhitespace = SPACE
    if isinstance(value, cst.From):
        space, value = value.whitespace_after_from, value.item
    value = _wrapped(value, str(wrap), None) if wrap else operand(value)
    return cst.Await(value, lpar=lpar, rpar=rpar, whitespace_after_await=space)


def _is_bracketed(node: cst.Yield, arguments: Arguments) -> bool:
    """Whether the brackets around a ``yield`` are of use around an ``await``."""
    if not arguments.get("bare") or len(node.lpar) != 1:
        return True
    spaces = (node.lpar[0].whitespace_after, node.rpar[0].whitespace_before)
    return any(map(is_break, spaces)) or "\n" in printed(node)


def async_with(node: cst.With, arguments: Arguments) -> cst.With:
    """``with (yield from lock):`` -> ``async with lock:``."""
    items = [each.with_changes(item=_entered(each.item)) for each in node.items]
    return node.with_changes(asynchronous=cst.Asynchronous(), items=items)


def _entered(item: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(item, cst.Yield) and isinstance(item.value, cst.From):
        return item.value.item
    raise TransformError("what is entered is not yielded from")


def wait_for(node: cst.Await, arguments: Arguments) -> cst.Await:
    """``await E`` -> ``await asyncio.wait_for(E, timeout=5)``."""
    value, wraps = node.expression, arguments["wraps"]
    if not isinstance(value, cst.NamedExpr) and "\n" not in code(value):
        value = bare(value)
    for name, extra in wraps:
        value = _wrapped(value, str(name), extra)
    # `await(f())` had brackets in the place of a space.
    space = SPACE if node.whitespace_after_await.empty else node.whitespace_after_await
    return node.with_changes(expression=value, whitespace_after_await=space)


def return_raised(node: cst.Raise, arguments: Arguments) -> cst.Return:
    """``raise gen.Return(x)`` -> ``return x``."""
    given = node.exc.args if isinstance(node.exc, cst.Call) else ()
    value = given[0].value if given else None
    return cst.Return(value, semicolon=node.semicolon)


def async_cleanup(call: cst.Call, arguments: Arguments) -> cst.Call:
    """``self.addCleanup(run, f(x))`` -> ``self.addAsyncCleanup(f, x)``."""
    given = call.args[-1].value
    if isinstance(given, cst.Lambda) and isinstance(given.body, cst.Call):
        given = given.body.args[0].value
    if not isinstance(given, cst.Call) or not isinstance(call.func, cst.Attribute):
        raise TransformError("no clean-up that drives a call")
    called = cst.Arg(given.func, comma=COMMA) if given.args else cst.Arg(given.func)
    func = call.func.with_changes(attr=cst.Name("addAsyncCleanup"))
    return call.with_changes(func=func, args=[called, *given.args])


def drive(call: cst.Call, arguments: Arguments) -> cst.Call:
    """``f(x)`` -> ``asyncio.run(f(x))``."""
    runner = expression(str(arguments["runner"]))
    args = [cst.Arg(bare(call))]
    return cst.Call(runner, args, lpar=call.lpar, rpar=call.rpar)


def rename(call: cst.Call, arguments: Arguments) -> cst.Call:
    """Replace what is called."""
    return call.with_changes(func=expression(str(arguments["to"])))


def to_list(node: cst.GeneratorExp, arguments: Arguments) -> cst.ListComp:
    """``(x for x in y)`` -> ``[x for x in y]``."""
    if not node.lpar:
        return cst.ListComp(node.elt, node.for_in)
    left, right = node.lpar[-1], node.rpar[0]
    return cst.ListComp(
        node.elt,
        node.for_in,
        lbracket=cst.LeftSquareBracket(whitespace_after=left.whitespace_after),
        rbracket=cst.RightSquareBracket(whitespace_before=right.whitespace_before),
        lpar=node.lpar[:-1],
        rpar=node.rpar[1:],
    )


def positional(call: cst.Call, position: Argument) -> cst.Arg:
    """Return a positional argument.

    Raises:
        TransformError: there is none at that position.

    """
    if isinstance(position, int) and position < len(call.args):
        arg = call.args[position]
        if arg.keyword is None and not arg.star:
            return arg
    raise TransformError(f"no positional argument {position}")


def by_keyword(call: cst.Call, keyword: Argument) -> cst.Arg:
    """Return a keyword argument.

    Raises:
        TransformError: there is none of that name.

    """
    for arg in call.args:
        if _name(arg) == keyword:
            return arg
    raise TransformError(f"no argument {keyword!r}")


def _name(arg: cst.Arg) -> str | None:
    return arg.keyword.value if arg.keyword else None


def _await_like(call: cst.Call, value: cst.BaseExpression) -> cst.Await:
    return cst.Await(value, lpar=call.lpar, rpar=call.rpar)


def _awaited(call: cst.Call, value: cst.BaseExpression, arg: cst.Arg) -> cst.Await:
    closing = closing_space(call.args)
    own = closing_space([arg])
    if comments(own) and not comments(closing):
        closing = with_first_line(closing, own)
    return _await_like(call, operand(value, call.whitespace_before_args, closing))


def _wrapped(value: cst.BaseExpression, name: str, extra: str | None) -> cst.Call:
    if extra is None:
        return cst.Call(expression(name), [cst.Arg(value)])
    if isinstance(value, cst.GeneratorExp) and not value.lpar:
        value = parenthesized(value)
    args = [cst.Arg(value, comma=COMMA), *_arguments(extra)]
    return cst.Call(expression(name), args)


def _wrapped_in_place(
    call: cst.Call, value: cst.BaseExpression, name: str, extra: str | None
) -> cst.Call:
    """Wrap `value` within the brackets that it stands in."""
    wrapped = _wrapped(value, name, extra)
    opening, closing = call.whitespace_before_args, closing_space(call.args)
    if not is_break(opening) and not is_break(closing):
        return wrapped
    *others, last = wrapped.args
    if isinstance(call.args[-1].comma, cst.Comma):
        between = cst.Comma(whitespace_after=uncommented(opening))
        others = [arg.with_changes(comma=between) for arg in others]
        last = last.with_changes(comma=cst.Comma(whitespace_after=closing))
    else:
        last = last.with_changes(whitespace_after_arg=closing)
    return wrapped.with_changes(whitespace_before_args=opening, args=[*others, last])


@cache
def _arguments(extra: str) -> tuple[cst.Arg, ...]:
    return tuple(cst.ensure_type(cst.parse_expression(f"f({extra})"), cst.Call).args)


_TIGHT = {
    (cst.Attribute, "value"),
    (cst.Subscript, "value"),
    (cst.Call, "func"),
    (cst.Await, "expression"),
}
_ROOMY = (cst.AnnAssign, cst.Arg, cst.Assign, cst.AugAssign, cst.Expr, cst.Return)


def rebuilt(node: Any, changes: dict[str, Any]) -> Any:
    """Return `node` with `changes`, new awaits in brackets where they must be."""
    for name, new in changes.items():
        if isinstance(new, cst.Await):
            changes[name] = _settled(node, name, new)
    if isinstance(node, cst.Call) and "args" in changes:
        changes |= _list_in_place(node, changes["args"])
    try:
        return node.with_changes(**changes)
    except cst.CSTValidationError:
        # A name ran into what is now a keyword: `run(x)if y else z`.
        awaits = [name for name, new in changes.items() if isinstance(new, cst.Await)]
        if not awaits:
            raise
        bracketed = {name: parenthesized(changes[name]) for name in awaits}
        return node.with_changes(**changes | bracketed)


def _settled(parent: cst.CSTNode, field: str, new: cst.Await) -> cst.Await:
    if (type(parent), field) in _TIGHT:
        return new if new.lpar else parenthesized(new)
    if not new.lpar or isinstance(getattr(parent, field), cst.Await):
        return new
    spaces = [left.whitespace_after for left in new.lpar]
    spaces += [right.whitespace_before for right in new.rpar]
    after_return = getattr(parent, "whitespace_after_return", cst.SimpleWhitespace(" "))
    if not isinstance(parent, _ROOMY) or any(map(is_break, spaces)):
        return new
    return bare(new) if getattr(after_return, "value", "") else new


def _list_in_place(call: cst.Call, args: Sequence[cst.Arg]) -> dict[str, Any]:
    """``f(⏎x for x in y⏎)`` -> ``f([⏎x for x in y⏎])``: a list takes the lines over."""
    opening = call.whitespace_before_args
    if len(args) != 1 or len(call.args) != 1 or not is_break(opening):
        return {}
    old, new = call.args[0].value, args[0].value
    if not isinstance(old, cst.GeneratorExp) or not isinstance(new, cst.ListComp):
        return {}
    if old.lpar:
        return {}
    left = cst.LeftSquareBracket(whitespace_after=opening)
    right = cst.RightSquareBracket(whitespace_before=args[0].whitespace_after_arg)
    value = new.with_changes(lbracket=left, rbracket=right)
    arg = args[0].with_changes(value=value, whitespace_after_arg=NONE)
    return {"args": [arg], "whitespace_before_args": NONE}
