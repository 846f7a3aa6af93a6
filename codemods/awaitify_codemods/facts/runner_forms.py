"""What a runner helper does with its parameters: how it is given what it drives."""

from __future__ import annotations

import ast
from dataclasses import replace

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import dotted, every_argument
from awaitify_codemods.facts.runner import (
    COROUTINE,
    FACTORY,
    FUNCTION,
    Runner,
    TimeLimit,
)
from awaitify_codemods.facts.values import Anonymous, External, Function

_TASKS = frozenset({"asyncio.ensure_future", "asyncio.create_task"})


def parameterised(
    function: Function | Anonymous, runner: Runner, node: ast.expr, index: Index
) -> Runner | None:
    """Return a runner in the form in which a helper hands it its first parameter."""
    arguments = function.node.args
    names = [each.arg for each in every_argument(arguments)]
    if isinstance(function, Function) and _is_bound(function):
        names = names[1:]
    if not names:
        return None
    first = names[0]
    match node:
        case ast.Name(id=name) if name == first:
            return replace(runner, form=COROUTINE, keyword=first)
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name == first:
            return replace(runner, form=FACTORY, keyword=first)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if (
            name == first and passes_on(arguments, args, keywords)
        ):
            return replace(runner, form=FUNCTION)
        case ast.Call(func=func, args=[ast.Name(id=name), *_]) if name == first:
            return _wrapped(function, runner, node, func, names, index)
    return None


def _wrapped(
    function: Function | Anonymous,
    runner: Runner,
    node: ast.Call,
    func: ast.expr,
    names: list[str],
    index: Index,
) -> Runner | None:
    callee = index.value(func, function.module)
    coroutine = replace(runner, form=COROUTINE, keyword=names[0])
    if callee and all(
        isinstance(each, External) and each.name in _TASKS for each in callee
    ):
        return coroutine
    if callee != {External("asyncio.wait_for")}:
        return None
    limit = node.args[1] if len(node.args) == 2 else None
    for keyword in node.keywords:
        if keyword.arg == "timeout" and limit is None:
            limit = keyword.value
    if limit is None:
        return None
    return replace(
        coroutine, limit=_limit(function.node.args, limit, names, dotted(func))
    )


def passes_on(
    arguments: ast.arguments,
    args: list[ast.expr],
    keywords: list[ast.keyword],
    skip: int = 1,
) -> bool:
    """Whether a call hands on the function's own ``*args`` and ``**kwargs``."""
    rest = [each.arg for each in (*arguments.posonlyargs, *arguments.args)][skip:]
    expected: list[str] = []
    if rest and skip:
        return False
    if arguments.vararg:
        expected.append(f"*{arguments.vararg.arg}")
    if arguments.kwarg:
        expected.append(f"**{arguments.kwarg.arg}")
    given = [ast.unparse(each) for each in args]
    given += [
        f"**{ast.unparse(each.value)}" if each.arg is None else "=" for each in keywords
    ]
    return bool(expected) and given == expected


def _limit(
    arguments: ast.arguments, limit: ast.expr, names: list[str], callee: str
) -> TimeLimit | None:
    if not isinstance(limit, ast.Name) or limit.id not in names:
        return TimeLimit(callee, None, "", ast.unparse(limit))
    plain = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    default = ""
    if limit.id in plain:
        number = plain.index(limit.id) - len(plain) + len(arguments.defaults)
        if number >= 0:
            default = ast.unparse(arguments.defaults[number])
        return TimeLimit(callee, names.index(limit.id), limit.id, default)
    for argument, value in zip(
        arguments.kwonlyargs, arguments.kw_defaults, strict=True
    ):
        if argument.arg == limit.id and value is not None:
            default = ast.unparse(value)
    return TimeLimit(callee, None, limit.id, default)


def _is_bound(function: Function) -> bool:
    decorators = {dotted(each) for each in function.node.decorator_list}
    return function.owner is not None and "staticmethod" not in decorators
