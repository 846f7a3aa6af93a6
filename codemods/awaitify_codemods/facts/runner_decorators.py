"""Decorators that make a sync function of an async one by driving it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, every_argument
from awaitify_codemods.facts.runner import COROUTINE, Runner, RunnerDecorator
from awaitify_codemods.facts.runner_bodies import driven, is_idle
from awaitify_codemods.facts.runner_forms import passes_on
from awaitify_codemods.facts.values import External, Function, Values

_COROUTINE = frozenset({External("asyncio.coroutine")})
_WRAPS = frozenset({"functools.wraps"})

RunnerOf = Callable[[Values], "Runner | None"]
"""Recognises the runner that a callee means."""


def decorator_of(
    function: Function, index: Index, runner_of: RunnerOf
) -> RunnerDecorator | None:
    """Return what a decorator does, if it only drives what it decorates."""
    arguments = every_argument(function.node.args)
    made = {each.arg for each in arguments[:1]}
    rest = [
        each
        for each in function.node.body
        if not is_idle(each, function.module, index)
        and not _makes_coroutines(each, made, function.module, index)
    ]
    match rest:
        case [
            ast.FunctionDef() as wrapper,
            ast.Return(value=ast.Name(id=name)),
        ] if name == wrapper.name and len(arguments) == 1:
            pass
        case _:
            return None
    wraps = _wraps(wrapper, function.module, index)
    if wraps is None or not (wrapper.args.vararg and wrapper.args.kwarg):
        return None
    for each in wrapper.body:
        # coro = asyncio.coroutine(f)
        if name := _coroutines_of(each, made, function.module, index):
            made.add(name)
    drives = list(driven(_prepared(wrapper, made), function.module, index))
    runners = [
        _wrapper_drive(
            wrapper, drive, frozenset(made), function.module, index, runner_of
        )
        for drive in drives
    ]
    first = runners[0] if runners else None
    if first is None or any(each is None for each in runners):
        return None
    return RunnerDecorator(function, first, wraps)


def _makes_coroutines(
    node: ast.stmt, names: Collection[str], module: Module, index: Index
) -> bool:
    """``if not iscoroutinefunction(f): f = asyncio.coroutine(f)``, or without `if`."""
    match node:
        case ast.If(body=[inner], orelse=[]):
            asked = "iscoroutinefunction" in ast.dump(node.test)
            return asked and _coroutines_of(inner, names, module, index) in names
    return _coroutines_of(node, names, module, index) in names


def _coroutines_of(
    node: ast.stmt, names: Collection[str], module: Module, index: Index
) -> str:
    """Return the name in ``name = asyncio.coroutine(f)``; "" for anything else."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name if _is_coroutine_of(value, names, module, index) else ""
    return ""


def _is_coroutine_of(
    node: ast.expr, names: Collection[str], module: Module, index: Index
) -> bool:
    match node:
        case ast.Call(func=func, args=[ast.Name(id=name)], keywords=[]):
            return name in names and index.value(func, module) == _COROUTINE
    return False


def _prepared(wrapper: ast.FunctionDef, made: Collection[str]) -> list[ast.stmt]:
    """Put ``coro = f(*a, **k)`` where the name is used: next to its drive."""
    body = [
        each
        for each in wrapper.body
        if not (
            isinstance(each, ast.Assign)
            and isinstance(each.targets[0], ast.Name)
            and each.targets[0].id in made
        )
    ]
    for number, statement in enumerate(body):
        match statement:
            case ast.Assign(targets=[ast.Name()], value=ast.Call(args=[ast.Starred()])):
                return body[:number] + body[number + 1 :]
    return body


def _wrapper_drive(
    wrapper: ast.FunctionDef,
    drive: ast.expr | None,
    decorated: Collection[str],
    module: Module,
    index: Index,
    runner_of: RunnerOf,
) -> Runner | None:
    if not isinstance(drive, ast.Call) or not drive.args:
        return None
    runner = runner_of(index.value(drive.func, module))
    if runner is None or runner.form != COROUTINE or runner.limit is not None:
        return None
    match _assigned_in(wrapper, drive.args[0]):
        case ast.Call(func=func, args=args, keywords=keywords) if passes_on(
            wrapper.args, args, keywords, skip=0
        ):
            if isinstance(func, ast.Name) and func.id in decorated:
                return runner
            if _is_coroutine_of(func, decorated, module, index):
                return runner
    return None


def _wraps(wrapper: ast.FunctionDef, module: Module, index: Index) -> bool | None:
    """Whether a wrapper keeps name and signature; None if it does more."""
    if not wrapper.decorator_list:
        return False
    for decorator in wrapper.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        values = index.value(node, module)
        if not values or not all(
            isinstance(each, External) and each.name in _WRAPS for each in values
        ):
            return None
    return True


def _assigned_in(wrapper: ast.FunctionDef, node: ast.expr) -> ast.expr:
    """Return what a local name was set to: ``coro = f(*args)``; else the node."""
    for statement in wrapper.body if isinstance(node, ast.Name) else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if isinstance(node, ast.Name) and name == node.id:
                    return value
    return node
