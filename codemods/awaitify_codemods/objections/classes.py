"""Objections to the class a method stands in, and to those that inherit it."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.cases import ISOLATED, TEST_CASES
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import is_test

_PLAIN_BASES = frozenset(
    {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"}
)
# Their test cases have conventions of their own.
_FRAMEWORKS = frozenset("django rest_framework testtools".split())
# Methods by which a test case runs itself.
_RUNNING = frozenset(
    "run __call__ debug _callSetUp _callTestMethod _callTearDown _callCleanup".split()
)


def owner(function: Function, context: Context) -> Refusal | None:
    """Object to methods of classes whose tests cannot be awaited, or not surely."""
    if function.owner is None:
        return None
    home = Class(function.module, function.owner)
    for each in (home, *context.references.subclasses(home)):
        for base in context.index.mro(each):
            found = _base(base, each, function, context)
            if found:
                return found
    return None


def _base(
    base: Class | External | None, owner: Class, function: Function, context: Context
) -> Refusal | None:
    name = owner.node.name
    if base is None:
        return Refusal("foreign-base", f"a base of {name} is not known")
    if isinstance(base, External):
        if base.name in _PLAIN_BASES | TEST_CASES | ISOLATED:
            return None
        return Refusal("foreign-base", f"{name} is a {base.name}")
    if base.node.keywords:
        message = f"{base.node.name} has a metaclass or keywords"
        return Refusal("foreign-base", message)
    if context.cases.is_case(owner):
        if own := _RUNNING & base.module.scopes[base.node].names.keys():
            message = f"{base.node.name} has a {min(own)}() of its own"
            return Refusal("foreign-base", message)
    if foreign_name(base.module):
        return _installed(base, owner, function)
    return None


def debug(function: Function, context: Context) -> Refusal | None:
    """Object to tests about warnings that the loop's debug mode words otherwise.

    `IsolatedAsyncioTestCase` runs in debug mode: "was never awaited" is followed by
    where the coroutine was made.
    """
    if not is_test(function) or not context.cases.running(function):
        return None
    called = [
        value
        for call in function.scope.calls
        for value in context.index.value(call.func, function.module)
        if isinstance(value, Function) and value.module.path in context.reach.test_code
    ]
    for each in (function, *called):
        for node in ast.walk(each.node):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if "never awaited" in node.value:
                    message = "it expects a warning that debug mode words otherwise"
                    return Refusal("loop-asserted", message)
    return None


def _installed(base: Class, owner: Class, function: Function) -> Refusal | None:
    """Object to bases that cannot change, and that may call the method."""
    name = function.node.name
    package = foreign_name(base.module)
    if package.partition(".")[0] in _FRAMEWORKS:
        message = f"{owner.node.name} is a {package}.{base.node.name}"
        return Refusal("foreign-base", message)
    if not is_test(function) and base.module.uses.get(name):
        if name not in base.module.scopes[base.node].names:
            message = f"{base.node.name} may call {name}"
            return Refusal("foreign-base", message)
    return None
