"""AW502: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from tests.traps.support import check, left

HEAD = """\
import asyncio

import pytest


async def fetch(item=1):
    return item


async def order(item):
    return item


async def stream():
    yield 1


@pytest.cache
async def cached():
    return 1


class Client:
    async def fetch(self):
        return 1


async def within(coro, timeout=1):
    return await asyncio.wait_for(coro, timeout)


async def calling(function, timeout=1):
    async with asyncio.timeout(timeout):
        return await function()


async def either(what):
    if callable(what):
        what = what()
    return await asyncio.wait_for(what, 1)


async def forever(coro):
    return await coro


"""


def project(body: str, mark: str = "") -> str:
    test = indent(dedent(body).strip("\n"), "    ")
    return f"{HEAD}{mark}@pytest.mark.asyncio\nasync def test_it():\n{test}\n"


LEFT = {
    "what it wants": "await within(fetch())\nawait calling(fetch)",
    "a helper that takes both": "await either(fetch)",
    "a helper without a time-out": "await forever(fetch)",
    "an argument that is needed": "await within(order)",
    "arguments that were given": "await calling(fetch(2))",
    "an async generator": "await within(stream)",
    "a function with a decorator": "await within(cached)",
    "a method without an object": "await within(Client.fetch)",
    "what is not awaited": "coroutine = within(fetch)\nawait coroutine",
    "an error that is expected": (
        "with pytest.raises(TypeError):\n    await within(fetch)"
    ),
    "an error that is caught": (
        "try:\n    await within(fetch)\nexcept TypeError:\n    pass"
    ),
    "a helper of the test, which may be to fail": (
        "async def inner():\n    await within(fetch)\n\n"
        "with pytest.raises(TypeError):\n    await inner()"
    ),
}


@pytest.mark.parametrize("body", LEFT.values(), ids=list(LEFT))
def test_left(body: str):
    assert left(project(body)) == []


@pytest.mark.parametrize("mark", ["xfail", "xfail(strict=True)"])
def test_a_test_that_is_to_fail(mark: str):
    assert left(project("await within(fetch)", f"@pytest.mark.{mark}\n")) == []


@pytest.mark.parametrize(
    "before, after",
    [
        ("await within(fetch)", "await within(fetch())"),
        ("await within(coro=fetch)", "await within(coro=fetch())"),
        ("await within(fetch, 2)", "await within(fetch(), 2)"),
        ("await calling(fetch())", "await calling(fetch)"),
        ("assert await calling(fetch()) == 1", "assert await calling(fetch) == 1"),
        (
            "client = Client()\nawait within(client.fetch)",
            "client = Client()\nawait within(client.fetch())",
        ),
    ],
)
def test_repaired(before: str, after: str):
    check(project(before), project(after))
