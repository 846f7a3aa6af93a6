"""Helpers that give what they are handed a time-out: which want a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.bounds.expected import caught
from awaitify_codemods.bounds.limits import is_within_limit, marks
from awaitify_codemods.facts.module import FUNCTIONS, Module, every_argument, spelled
from awaitify_codemods.facts.values import External, Function, Instance
from awaitify_codemods.objections import is_test
from awaitify_codemods.work import Work

_WAIT_FOR = frozenset(
    {External("asyncio.wait_for"), External("asyncio.tasks.wait_for")}
)
_DOUBTS = ("xfail", "expectedFailure")


@dataclass(frozen=True)
class Limiter:
    """A helper that awaits one of its parameters, for some time only."""

    function: Function
    parameter: str
    calls: bool
    """Whether it wants a coroutine function, and calls it; else a coroutine."""

    def given(self, call: ast.Call) -> ast.expr | None:
        """Return what a call of it gives for the parameter."""
        names = [each.arg for each in self.function.node.args.args]
        if self.function.owner and isinstance(call.func, ast.Attribute):
            names = names[1:]
        if any(isinstance(each, ast.Starred) for each in call.args):
            return None
        for name, value in zip(names, call.args, strict=False):
            if name == self.parameter:
                return value
        found = (each.value for each in call.keywords if each.arg == self.parameter)
        return next(found, None)


def limiters(work: Work) -> Iterator[Limiter]:
    """Yield the helpers of a project that certainly want the one or the other."""
    some, every = (b"wait_for", b"timeout("), (b"async def",)
    for path in work.index.words.files_like(some, every):
        module = work.index.module(path)
        for node in module.functions if module else ():
            if module and isinstance(node, ast.AsyncFunctionDef):
                if not node.decorator_list:
                    yield from _parameters(Function(module, node), work)


def _parameters(function: Function, work: Work) -> Iterator[Limiter]:
    module, scope = function.module, function.scope
    for parameter in every_argument(function.node.args):
        uses = module.references(scope, parameter.arg)
        # One that asks what it was given may take both.
        if len(uses) == 1 and len(scope.names[parameter.arg]) == 1:
            use: ast.expr = uses[0]
            parent = module.parents[use]
            calls = isinstance(parent, ast.Call) and parent.func is use
            if _is_limited(parent if calls else use, module, work):
                yield Limiter(function, parameter.arg, calls)


def _is_limited(node: ast.AST, module: Module, work: Work) -> bool:
    """Whether a parameter, or what it gives, is awaited for some time only."""
    parent = module.parents[node]
    if isinstance(parent, ast.Await):
        return is_within_limit(node, module, work)
    if not isinstance(parent, ast.Call) or parent.args[:1] != [node]:
        return False
    if not isinstance(module.parents[parent], ast.Await):
        return False
    values = work.index.value(parent.func, module)
    return bool(values) and values <= _WAIT_FOR


def repaired(limiter: Limiter, call: ast.Call, module: Module, work: Work) -> str:
    """Return what a call is to give in place of what fails; "" if nothing certainly."""
    given = limiter.given(call)
    if given is None or not isinstance(module.parents[call], ast.Await):
        return ""
    if any(True for _ in caught(call, module)) or _may_be_expected(call, module, work):
        return ""
    if limiter.calls:
        if not isinstance(given, ast.Call) or given.args or given.keywords:
            return ""
        fits = _are_coroutine_functions(given.func, module, work)
        return ast.unparse(given.func) if fits else ""
    fits = isinstance(given, (ast.Name, ast.Attribute))
    if fits and _are_coroutine_functions(given, module, work):
        return f"{ast.unparse(given)}()"
    return ""


def _are_coroutine_functions(node: ast.expr, module: Module, work: Work) -> bool:
    """Whether something is a coroutine function for certain that takes no argument."""
    values = work.index.value(node, module)
    return bool(values) and all(
        isinstance(each, Function)
        and each.is_async
        and not each.node.decorator_list
        and ast.Yield not in each.module.kinds(each.node)
        and _takes_nothing(each, node, module, work)
        for each in values
    )


def _takes_nothing(
    function: Function, node: ast.expr, module: Module, work: Work
) -> bool:
    arguments = function.node.args
    needed = len(arguments.posonlyargs + arguments.args) - len(arguments.defaults)
    if function.owner:
        if not isinstance(node, ast.Attribute):
            return False
        owners = work.index.value(node.value, module)
        if not owners or not all(isinstance(each, Instance) for each in owners):
            return False
        needed -= 1
    return needed <= 0 and all(each is not None for each in arguments.kw_defaults)


def _may_be_expected(call: ast.Call, module: Module, work: Work) -> bool:
    """Whether a test is to fail, as it does."""
    for outer in module.enclosing(call):
        if isinstance(outer, FUNCTIONS):
            test = Function(module, outer)
            return not is_test(test) or any(
                spelled(mark).rpartition(".")[2].removesuffix("()") in _DOUBTS
                for mark in marks(test, work)
            )
    return True
