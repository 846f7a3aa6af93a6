"""Objections to methods of test cases that a framework runs by its own convention."""

from __future__ import annotations

from awaitify_codemods.facts.cases import SET_UPS
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.objections.context import Context

# What Django calls around tests, beside unittest's own.
_DJANGO_CALLS = frozenset(
    "setUpTestData _pre_setup _post_teardown _fixture_setup _fixture_teardown".split()
)


def of_aiohttp(function: Function, context: Context) -> Refusal | None:
    """Object to what `AioHTTPTestCase` does not await, or not at that time."""
    if not context.cases.is_recent:
        message = "this aiohttp is older than 3.8: its AioHTTPTestCase awaits nothing"
        return Refusal("foreign-base", message)
    if function.node.name in SET_UPS:
        message = "AioHTTPTestCase makes app and client in asyncSetUp, after setUp"
        return Refusal("super-order", message)
    return None


def of_django(owner: Class, function: Function, context: Context) -> Refusal | None:
    """Object to what Django does not await."""
    name = function.node.name
    if not context.cases.is_django_recent:
        message = "this Django is older than 3.1: it awaits no tests"
        return Refusal("foreign-base", message)
    if name in SET_UPS or name in _DJANGO_CALLS:
        return Refusal("foreign-base", f"Django calls {name}, and nothing in its place")
    if context.cases.is_isolated(owner):
        message = f"{owner.node.name} has a loop of unittest and one of Django"
        return Refusal("foreign-base", message)
    return None
