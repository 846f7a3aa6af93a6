"""Objections to what decorates a function, or marks it from its class or module."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.fixture_decorators import decorator_name
from awaitify_codemods.facts.fixtures import assigned_marks
from awaitify_codemods.facts.frameworks import dotted_name
from awaitify_codemods.facts.module import Module, dotted, every_argument, own_nodes
from awaitify_codemods.facts.runner import CONVERTER
from awaitify_codemods.facts.sites import Decorated, Refusal
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Value,
    Values,
)
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import is_test

_KEEPING = (
    "pytest.mark.",
    "unittest.mock.patch",
    "mock.patch",
    "mock.mock.patch",
    "freezegun.freeze_time",
    "freezegun.api.freeze_time",
    "time_machine.travel",
    "responses.activate",
    "respx.mock",
    "django.test.override_settings",
    "django.test.utils.override_settings",
    "hypothesis.",
    "unittest.skip",
    "unittest.expectedFailure",
    "flaky.flaky",
    "vcr.use_cassette",
    "builtins.staticmethod",
    "builtins.classmethod",
    "asyncio.coroutine",
    "types.coroutine",
)
# Those that make several tests of one; what their newer versions make them with.
_FEEDING = {
    "ddt": "ddt.feed_data",
    "parameterized": "parameterized.parameterized.parameterized."
    "param_as_standalone_func",
}
_DDT = frozenset({External("ddt.ddt")})
_WRAPS = External("functools.wraps")
# What goes from generator coroutines, which are coroutine functions then.
_OF_COROUTINES = frozenset({External("asyncio.coroutine"), External("types.coroutine")})
Known = Callable[[ast.expr, Module], bool]

_OTHER_RUNNERS = frozenset(
    "anyio trio twisted gen_test asyncio_cooperative tornado curio gevent "
    "run_in_pyodide run_loop".split()
)


def decorators(
    function: Function, context: Context, known: Known = lambda node, module: False
) -> Refusal | None:
    """Object to decorators that are not known to keep a coroutine function.

    Args:
        function: what they stand above.
        context: the facts of the project.
        known: which others do no harm there, by node and file.

    """
    driving = {each.index for each in _driven(function, context)}
    found = _around(function, context, known)
    if found:
        return found
    for number, decorator in enumerate(function.node.decorator_list):
        if number in driving or decorator_name(decorator, function, context.index):
            continue
        if known(decorator, function.module):
            continue
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        values = context.index.value(decorator, function.module)
        values = values or context.index.value(callee, function.module)
        if _runs_otherwise(values):
            message = f"@{dotted(callee)} runs it on another framework"
            return Refusal("anyio-or-trio", message)
        if not values or not all(_keeps(value, context) for value in values):
            if context.index.value(callee, function.module) == {_WRAPS}:
                message = "a wrapper that a decorator makes does more than drive"
                return Refusal("injecting-decorator", message)
            spelled = dotted(callee) or ast.unparse(callee)
            message = f"@{spelled} is not known to keep a coroutine function"
            return Refusal("injecting-decorator", message)
    return None


def _around(function: Function, context: Context, known: Known) -> Refusal | None:
    """Object to what marks or decorates the class or the module of a function."""
    for node in _marks_around(function):
        if _runs_otherwise(context.index.value(node, function.module)):
            return Refusal("anyio-or-trio", "its marks name another framework")
    if function.owner is None:
        return None
    owner = Class(function.module, function.owner)
    for each in (owner, *context.references.subclasses(owner)):
        for decorator in each.node.decorator_list:
            values = context.index.value(decorator, each.module)
            if values == _DDT and not _is_fed(function, context):
                continue  # it makes tests of those that its other decorators mark
            if known(decorator, each.module):
                continue
            if not values or not all(_keeps(value, context) for value in values):
                message = f"{each.node.name} has a decorator that may wrap its methods"
                return Refusal("injecting-decorator", message)
    return None


def _is_fed(function: Function, context: Context) -> bool:
    """Whether ddt makes tests of a method."""
    return any(
        isinstance(value, External) and value.name.startswith("ddt.")
        for decorator in function.node.decorator_list
        for value in context.index.value(decorator, function.module)
    )


def signature(function: Function, context: Context) -> Refusal | None:
    """Object where a wrapper hid parameters and marks that pytest would now see."""
    for site in _driven(function, context):
        if site.decorator.runner.form == CONVERTER and is_test(function):
            if not context.cases.running(function):
                message = "pytest does not collect what async_to_sync makes of a test"
                return Refusal("injecting-decorator", message)
        if site.decorator.wraps:
            continue
        parameters = [each.arg for each in every_argument(function.node.args)]
        below = [
            each
            for each in function.node.decorator_list[site.index + 1 :]
            if not context.index.value(each, function.module) & _OF_COROUTINES
        ]
        if parameters not in ([], ["self"]) or below:
            message = "its decorator hides parameters or marks from pytest"
            return Refusal("injecting-decorator", message)
    return None


def runs_elsewhere(function: Function, context: Context) -> bool:
    """Whether another framework than asyncio runs a test."""
    marks = [*function.node.decorator_list, *_marks_around(function)]
    module = function.module
    return any(_runs_otherwise(context.index.value(each, module)) for each in marks)


def is_hypothesis(function: Function, context: Context) -> bool:
    """Whether Hypothesis calls a test several times, with the same fixtures."""
    return any(
        isinstance(value, External) and value.name.startswith("hypothesis.given")
        for decorator in function.node.decorator_list
        for value in context.index.value(decorator, function.module)
    )


def _driven(function: Function, context: Context) -> Iterator[Decorated]:
    for site in context.sites.decorated:
        if site.node is function.node:
            yield site


def _marks_around(function: Function) -> Iterator[ast.expr]:
    """Yield the marks of the class and of the module, which hold for it too."""
    module = function.module
    yield from assigned_marks(module.scope)
    if function.owner:
        yield from function.owner.decorator_list
        yield from assigned_marks(module.scopes[function.owner])


def _runs_otherwise(values: Values) -> bool:
    return any(
        isinstance(value, External)
        and value.name.startswith("pytest.mark.")
        and value.name.removeprefix("pytest.mark.").removesuffix("()") in _OTHER_RUNNERS
        for value in values
    )


def _keeps(value: Value, context: Context) -> bool:
    match value:
        case External(name) | Instance(External(name)):
            if name.startswith(_KEEPING):
                return True
            if factory := _FEEDING.get(name.partition(".")[0]):
                fed = context.index.definition(External(factory))
                return isinstance(fed, Function) and _keeps_coroutines(fed.node)
            found = context.index.definition(External(name.removesuffix("()")))
            return isinstance(found, Function) and _keeps_coroutines(found.node)
        case Function():
            return _keeps_coroutines(value.node)
        case Instance(Class() as owner):
            if dotted_name(owner).startswith(_KEEPING):
                return True
            called = attribute(owner, "__call__", context.index)
            return bool(called) and all(_keeps(each, context) for each in called)
    return False


def _keeps_coroutines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator returns what it is given, or knows coroutine functions."""
    if not isinstance(node, ast.FunctionDef):
        return False
    inner = any(isinstance(each, ast.AsyncFunctionDef) for each in ast.walk(node))
    asks = any(
        getattr(each, "attr", getattr(each, "id", "")) == "iscoroutinefunction"
        for each in ast.walk(node)
    )
    return (inner and asks) or _returns_argument(node)


def _hands_on(node: ast.AST, names: set[str]) -> bool:
    """Whether a call gets a decorated function, and may call it later."""
    return isinstance(node, ast.Call) and any(
        isinstance(each, ast.Name) and each.id in names for each in node.args
    )


def _returns_argument(node: ast.FunctionDef) -> bool:
    returns = [each for each in own_nodes(node) if isinstance(each, ast.Return)]
    names = {each.value.id for each in returns if isinstance(each.value, ast.Name)}
    if not returns or len(names) != 1 or any(each.value is None for each in returns):
        return False
    if any(_hands_on(each, names) for each in own_nodes(node)):
        return False
    (name,) = names
    if any(not isinstance(each.value, ast.Name) for each in returns):
        return False
    if [name] == [each.arg for each in node.args.args][:1]:
        return True
    # A decorator with arguments: judge the decorator that it returns.
    return any(
        isinstance(each, ast.FunctionDef)
        and each.name == name
        and len(each.args.args) == 1
        and _returns_argument(each)
        for each in node.body
    )
