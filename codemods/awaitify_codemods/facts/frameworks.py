"""Test cases of frameworks: which of them await coroutine tests, and how."""

from __future__ import annotations

from awaitify_codemods.facts.attributes import direct_bases
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.meanings import Meanings
from awaitify_codemods.facts.values import (
    NOTHING,
    Class,
    External,
    Function,
    Loop,
    Value,
    Values,
)

AIOHTTP_CASE = External("aiohttp.test_utils.AioHTTPTestCase")
"""Derives from `IsolatedAsyncioTestCase` since aiohttp 3.8."""
DJANGO_CASES = frozenset(
    f"{module}.{name}"
    for module, names in {
        "django.test": "SimpleTestCase TransactionTestCase TestCase",
        "django.test.testcases": "SimpleTestCase TransactionTestCase TestCase",
        "rest_framework.test": "APISimpleTestCase APITransactionTestCase APITestCase",
    }.items()
    for name in names.split()
)


FRAMEWORK_CASES = DJANGO_CASES | {AIOHTTP_CASE.name}
"""Those that await coroutine tests, by themselves."""
_SETTINGS = frozenset(
    f"{module}.{name}"
    for module in ("django.test", "django.test.utils")
    for name in ("override_settings", "modify_settings")
)


def dotted_name(base: Class | External | None) -> str:
    """Return the dotted name of a base that is not the project's; else ""."""
    match base:
        case External(name):
            return name
        case Class(module, node) if package := foreign_name(module):
            return f"{package}.{node.name}"
    return ""


def is_django(base: Class | External | None) -> bool:
    """Whether a base is a test case of Django, or of its REST framework."""
    return dotted_name(base) in DJANGO_CASES


def overrides_settings(value: Value) -> bool:
    """Whether a value is Django's `override_settings`, or its method of a test case.

    It sends a signal, for which asgiref starts a loop only if there are coroutine
    functions among those that receive it.
    """
    match value:
        case External() | Class():
            return dotted_name(value) in _SETTINGS
        case Function(module, node):
            name = f"{foreign_name(module)}.{node.name}"
            return name in (
                "django.test.testcases.settings",
                "django.test.testcases.modify_settings",
            )
    return False


def loop_of(owner: Class, index: Meanings) -> Values:
    """Return what ``self.loop`` is: in aiohttp's test cases, the loop that runs."""
    if AIOHTTP_CASE in index.mro(owner):
        for each in index.mro(owner):
            # One for all that derive from the same class.
            if isinstance(each, Class) and AIOHTTP_CASE in direct_bases(each, index):
                return frozenset({Loop(each.module, each.node, "running")})
    return NOTHING
