"""Objections to the class a method stands in, and to those that inherit it."""

from __future__ import annotations

import ast
from functools import lru_cache

from awaitify_codemods.facts.cases import ISOLATED, TEST_CASES
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.frameworks import AIOHTTP_CASE, is_django
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Value,
    external_name,
)
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import is_test
from awaitify_codemods.objections.frameworks import of_aiohttp, of_django

PLAIN_BASES = frozenset(
    {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"}
)
"""Bases that say nothing about tests."""
# Their test cases have conventions of their own.
_FRAMEWORKS = frozenset("django rest_framework testtools".split())
# Methods by which a test case runs itself.
_RUNNING = frozenset(
    "run __call__ debug _callSetUp _callTestMethod _callTearDown _callCleanup".split()
)

_STARTED = frozenset(External(name) for name in TEST_CASES)
# Calls that ask about a class, and make nothing of it.
_ASKING = frozenset({"isinstance", "issubclass", "super"})
_PROGRAMS = frozenset({"unittest.main", "unittest.TestProgram"})
_SUITES = frozenset({"unittest.TextTestRunner", "unittest.TestSuite"})
# What a set-up says that replaces the test it is about to run.
_CALLED = frozenset({"__init__", "__new__", "setUp"})
_LOOKING_UP = frozenset({"_testMethodName", "getattr", "methodName"})
_DEBUGGED = (b"never awaited", b"get_debug", b"slow_callback_duration")
_STARTING = frozenset({"run", "debug", "doCleanups"})


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
    if is_django(base):
        return of_django(owner, function, context)
    if base is None:
        return Refusal("foreign-base", f"a base of {name} is not known")
    if isinstance(base, External):
        if base.name in PLAIN_BASES | TEST_CASES | ISOLATED:
            return None
        if context.cases.is_replaced(base, owner):
            return None
        if base == AIOHTTP_CASE:
            return of_aiohttp(function, context)
        return Refusal("foreign-base", f"{name} is a {base.name}")
    if base.node.keywords:
        return _keyed(base)
    if context.cases.is_case(owner):
        if found := _runs_itself(base):
            return found
        if _starts_by_name(base, context) and not context.cases.is_isolated(owner):
            message = f"{base.node.name} calls __init__ of a base by its name"
            return Refusal("foreign-base", message)
    if is_test(function) and (how := _wraps_tests(base)):
        message = f"{base.node.name} may wrap its tests ({how})"
        return Refusal("injecting-decorator", message)
    if foreign_name(base.module):
        return _installed(base, owner, function)
    return None


def _keyed(base: Class) -> Refusal:
    message = f"{base.node.name} has a metaclass or keywords"
    return Refusal("foreign-base", message)


def _runs_itself(base: Class) -> Refusal | None:
    if own := _RUNNING & base.module.scopes[base.node].names.keys():
        message = f"{base.node.name} has a {min(own)}() of its own"
        return Refusal("foreign-base", message)
    return None


def peculiar(base: Class) -> Refusal | None:
    """Object to a base of a test case that does more than hold methods."""
    if base.node.keywords:
        return _keyed(base)
    if how := _wraps_tests(base):
        message = f"{base.node.name} may wrap its tests ({how})"
        return Refusal("injecting-decorator", message)
    package = foreign_name(base.module)
    if package.partition(".")[0] in _FRAMEWORKS:
        return Refusal("foreign-base", f"a base is {package}.{base.node.name}")
    return _runs_itself(base)


def debug(function: Function, context: Context) -> Refusal | None:
    """Object to tests that can tell whether their loop is in debug mode.

    `IsolatedAsyncioTestCase` runs in debug mode: "was never awaited" is followed by
    where the coroutine was made.
    """
    if not is_test(function) or not context.cases.running(function):
        return None
    return debugged(function, context)


def debugged(function: Function, context: Context) -> Refusal | None:
    """Object to a test that would see that its loop is debugged."""
    called = [
        value
        for call in function.scope.calls
        for value in context.index.value(call.func, function.module)
        if isinstance(value, Function) and value.module.path in context.reach.test_code
    ]
    for each in (function, *called):
        if _may_be_debugged(each.module.source):
            for node in walk(each.node):
                if message := _debugged(node):
                    return Refusal("loop-asserted", message)
    return None


# The same few files, for one test after the other.
@lru_cache(maxsize=16)
def _may_be_debugged(source: bytes) -> bool:
    return any(word in source for word in _DEBUGGED)


def _debugged(node: ast.AST) -> str:
    """Return how code depends on debug mode; "" if it does not."""
    match node:
        case ast.Constant(value=str(text)) if "never awaited" in text:
            return "it expects a warning that debug mode words otherwise"
        case ast.Attribute(attr="get_debug" | "slow_callback_duration" as name):
            return f"it looks at {name}, and unittest debugs its loops"
    return ""


def _starts_by_name(base: Class, context: Context) -> bool:
    """Whether ``TestCase.__init__(self)`` passes over a base that is added."""
    uses = base.module.uses.get("__init__", ())
    return any(
        isinstance(use, ast.Attribute)
        and base.node in base.module.enclosing(use)
        and any(
            isinstance(value, Class) or value in _STARTED
            for value in context.index.value(use.value, base.module)
        )
        for use in uses
    )


def is_plain(owner: Class, context: Context) -> bool:
    """Whether unittest alone runs the tests of a class, and nothing wraps them."""
    for base in context.index.mro(owner):
        if base is None:
            return False
        if isinstance(base, External):
            if base.name not in PLAIN_BASES | TEST_CASES | ISOLATED:
                if not context.cases.is_replaced(base, owner):
                    return False
        elif (
            base.node.keywords
            or _RUNNING & base.module.scopes[base.node].names.keys()
            or _wraps_tests(base)
            or foreign_name(base.module).partition(".")[0] in _FRAMEWORKS
        ):
            return False
    return True


def _wraps_tests(base: Class) -> str:
    """Return the method by which a class replaces those of its subclasses."""
    scope = base.module.scopes[base.node]
    if "__getattribute__" in scope.names:
        return "__getattribute__"
    for name in ("__init_subclass__", "__init__", "__new__", "setUp"):
        for binding in scope.names.get(name, ()):
            named = {
                getattr(each, "id", getattr(each, "attr", ""))
                for each in walk(binding.node)
            }
            if "setattr" in named and (name not in _CALLED or named & _LOOKING_UP):
                return name
    return ""


def handed_on(function: Function, context: Context) -> Refusal | None:
    """Object to tests of mixins of which classes are made in other ways."""
    if function.owner is None or not is_test(function):
        return None
    home = Class(function.module, function.owner)
    for owner in (home, *context.references.subclasses(home)):
        if context.cases.is_case(owner):
            continue
        if where := _given(owner, context):
            message = f"who runs the tests of {owner.node.name} is not known ({where})"
            return Refusal("dynamic-call", message)
    return None


def _given(owner: Class, context: Context) -> str:
    """Return where a class is an argument: ``type("X", (Mixin, TestCase), {})``."""
    name = owner.node.name
    for module in context.index.carriers(name, owner.module):
        for use in module.uses.get(name, ()):
            call = module.parents[use]
            while isinstance(call, (ast.Tuple, ast.List, ast.Starred, ast.keyword)):
                call = module.parents[call]
            if isinstance(call, ast.Call) and call.func is not use:
                if getattr(call.func, "id", "") not in _ASKING:
                    if owner in context.index.value(_expression(use), module):
                        return f"{module.path}:{call.lineno}"
    return ""


def _expression(use: ast.AST) -> ast.expr:
    assert isinstance(use, ast.expr)
    return use


def runs_cases(function: Function, context: Context) -> Refusal | None:
    """Object to functions that run unittest themselves: where a loop runs, it fails."""
    for call in function.scope.calls:
        if _runs_cases(call, function, context):
            where = f"{ast.unparse(call.func)}()"
            return Refusal("inner-loop", f"{where} runs tests, which start a loop")
    return None


def _runs_cases(call: ast.Call, function: Function, context: Context) -> bool:
    module, func = function.module, call.func
    values = context.index.value(func, module)
    if any(isinstance(each, External) and each.name in _PROGRAMS for each in values):
        return True
    if not isinstance(func, ast.Attribute):
        return any(_is_case_object(each, context) for each in values)
    if func.attr not in _STARTING:
        return False
    return any(
        _is_case_object(each, context) or external_name(each) in _SUITES
        for each in context.index.value(func.value, module)
    )


def _is_case_object(value: Value, context: Context) -> bool:
    return (
        isinstance(value, Instance)
        and isinstance(value.of, Class)
        and context.cases.is_case(value.of)
    )


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
