"""Objections to what a function is, and to where it is defined."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.objections import fixtures
from awaitify_codemods.objections.context import Context

XUNIT = frozenset(
    "setup_method teardown_method setup_class teardown_class setup_function "
    "teardown_function setup_module teardown_module setup teardown "
    "setUp tearDown setUpClass tearDownClass setUpModule tearDownModule".split()
)
"""Functions that pytest or unittest call around tests, by name."""


def is_test(function: Function) -> bool:
    """Whether pytest would collect a function, or a subclass of where it stands."""
    scope = function.module.at[function.node]
    return function.node.name.startswith("test") and scope.kind in ("module", "class")


def kind(function: Function, context: Context) -> Refusal | None:
    """Object to what something else calls, and to generators."""
    node = function.node
    if fixture_decorator(function, context.index):
        return fixtures.form(function, context)
    if function.module.kinds(node) & {ast.Yield, ast.YieldFrom}:
        return Refusal("generator-test", "a generator cannot become a coroutine")
    if node.name.startswith("__") and node.name.endswith("__"):
        return Refusal("helper-escapes", f"Python itself calls {node.name}")
    if context.cases.is_set_up(function):
        return None
    if node.name in ("setUpClass", "tearDownClass"):
        return Refusal("setUpClass-drive", f"unittest does not await {node.name}")
    if context.plain_set_ups.is_one(function):
        return context.plain_set_ups.objection(function)
    if node.name in XUNIT and not _is_inner(function):
        return Refusal("helper-escapes", f"pytest does not await {node.name}")
    in_conftest = function.module.path.endswith("conftest.py")
    if node.name.startswith("pytest_") and in_conftest:
        return Refusal("helper-escapes", "pytest calls its hooks without awaiting")
    return None


def _is_inner(function: Function) -> bool:
    return function.module.at[function.node].kind == "function"


def dynamic(function: Function, context: Context) -> Refusal | None:
    """Object to functions that code may call by a computed name."""
    module = function.module
    if function.owner is not None and not is_test(function):
        home = Class(module, function.owner)
        for each in (home, *context.references.subclasses(home)):
            for node in ast.walk(each.node):
                match node:
                    case ast.Call(func=ast.Name(id="getattr"), args=[_, wanted, *_]):
                        if not isinstance(wanted, ast.Constant):
                            message = f"{each.node.name} calls methods by name"
                            return Refusal("dynamic-call", message)
    for name in ("globals", "vars", "locals"):
        for use in module.uses.get(name, ()):
            if isinstance(use, ast.Name) and module.at[use].find(name) is None:
                if module.at[function.node].kind == "module":
                    message = (
                        f"the module looks functions up ({name}, line {use.lineno})"
                    )
                    return Refusal("dynamic-call", message)
    return None


def unread(function: Function, context: Context) -> Refusal | None:
    """Object where a file that cannot be read may use a function as it is."""
    path = context.references.unread(function)
    if path:
        return Refusal("helper-escapes", f"{path} mentions it, and cannot be read")
    return None


def names(function: Function, context: Context) -> Refusal | None:
    """Object where the names that new code needs mean something else."""
    for name in ("asyncio", "pytest", "pytest_asyncio"):
        scope = function.scope.find(name)
        if scope is None:
            continue
        if context.index.bound(scope, name, function.module) != {External(name)}:
            return Refusal("name-taken", f"{name} means something else there")
    return None
