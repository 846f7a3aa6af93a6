"""AW106: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

DRIVEN = """
import asyncio
import functools

import pytest

from app import f, log

def driven(fn):
    @functools.wraps(fn)
    def inner(*args, **kwargs):
        {before}return asyncio.run(fn(*args, **kwargs))
    return inner

"""
PURE = DRIVEN.format(before="")
DONE = "import pytest\n\nfrom app import f, log\n\n"


def test_a_decorator_that_does_more():
    source = DRIVEN.format(before="log.clear()\n        ")
    test = "@driven\nasync def test_f():\n    assert await f() == 1\n"
    assert check_unchanged(source + test)


def test_what_it_hides_from_pytest():
    hiding = PURE.replace("    @functools.wraps(fn)\n", "")
    test = "@driven\nasync def test_f(tmp_path):\n    assert await f() == 1\n"
    assert "injecting-decorator" in check_unchanged(hiding + test)


def test_a_fixture_has_a_decorator_of_its_own():
    fixture = "@{}.fixture\n{}async def thing():\n    return await f()\n"
    check(
        PURE + fixture.format("pytest", "@driven\n"),
        DONE.replace("import pytest\n", "import pytest_asyncio\n")
        + fixture.format("pytest_asyncio", ""),
    )


def test_the_others_stay_in_their_order():
    check(
        PURE + "@pytest.mark.slow\n@driven\n"
        '@pytest.mark.parametrize("x", [1])  # one\n'
        "async def test_f(x):\n    assert await f(x)\n",
        DONE + "@pytest.mark.slow\n"
        '@pytest.mark.parametrize("x", [1])  # one\n@pytest.mark.asyncio\n'
        "async def test_f(x):\n    assert await f(x)\n",
    )


def test_a_mark_that_is_there_is_enough():
    check(
        PURE + "@pytest.mark.asyncio\n@driven\n"
        "async def test_f():\n    assert await f()\n",
        DONE + "@pytest.mark.asyncio\nasync def test_f():\n    assert await f()\n",
    )


def test_who_calls_it_awaits():
    check(
        PURE + "@driven\nasync def test_f():\n    assert await f()\n\n"
        "def test_g():\n    test_f()\n",
        DONE + "@pytest.mark.asyncio\nasync def test_f():\n    assert await f()\n\n"
        "@pytest.mark.asyncio\nasync def test_g():\n    await test_f()\n",
    )


@pytest.mark.parametrize(
    ("definition", "done"),
    [
        (
            "@driven\nasync def test_f():\n    assert await f()\n",
            "@pytest.mark.asyncio\nasync def test_f():\n    assert await f()\n",
        ),
        (
            "class TestF:\n    @driven\n    async def test_f(self):\n"
            "        await f()\n",
            "class TestF:\n    @pytest.mark.asyncio\n    async def test_f(self):\n"
            "        await f()\n",
        ),
        (
            "@driven\nasync def g():\n    await f()\n\ndef test_f():\n    g()\n",
            "async def g():\n    await f()\n\n"
            "@pytest.mark.asyncio\nasync def test_f():\n    await g()\n",
        ),
    ],
    ids=["a test", "a method", "a helper"],
)
def test_spellings(definition, done):
    check(PURE + definition, DONE + done)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("@driven\ndef test_f():\n    return f()\n", "injecting-decorator"),
        ("@log\n@driven\nasync def test_f():\n    await f()\n", "injecting-decorator"),
        ("@driven\nasync def test_f():\n    yield f()\n", "generator-test"),
        ("@driven\nasync def g():\n    await f()\n\nlog(g)\n", "helper-escapes"),
    ],
)
def test_refusals(definition, reason):
    assert check_unchanged(PURE + definition) == ["helper-escapes", reason]


def test_it_takes_the_marker_too():
    check_taken(
        PURE + "@driven\nasync def test_f():\n    await f()\n", "AW106", "AW109"
    )


def test_every_site_is_reported():
    test = PURE + "@driven\nasync def test_f():\n    {} f()\n"
    assert reported(test.format("await")) == ["15:1 AW106 migrate"]
    assert reported(test.format("yield")) == [
        "11:16 AW105 left helper-escapes",
        "14:2 AW106 left generator-test",
    ]
