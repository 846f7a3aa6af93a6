"""A refusal says what is true, in words that help."""

import pytest

from awaitify_codemods.plan import LEFT
from tests.traps.support import cases, run, texts

HEAD = """
import asyncio
import functools

import pytest

from app import f

def limited(coro, timeout=5):
    return asyncio.run(asyncio.wait_for(coro, timeout))

"""

IN_PLACE = "what the assertion returns is used in its statement"
MESSAGES = {
    "an assertion whose result is matched": (
        "def test_f():\n    pytest.raises(ValueError, asyncio.run, f()).match('no')\n",
        IN_PLACE,
    ),
    "an assertion whose result is asked": (
        "def test_f():\n"
        "    assert str(pytest.raises(ValueError, asyncio.run, f()).value)\n",
        IN_PLACE,
    ),
    "an assertion around a lambda": (
        "def test_f():\n"
        "    pytest.raises(ValueError, lambda: asyncio.run(f())).match('no')\n",
        IN_PLACE,
    ),
    "an assertion in a coroutine": (
        "def test_f():\n    async def go():\n"
        "        pytest.raises(ValueError, asyncio.run, f())\n    go()\n",
        "a coroutine drives a loop itself",
    ),
    "an assertion with a runner that has a limit": (
        "def test_f():\n    pytest.raises(ValueError, limited, f())\n",
        "the time limit of its runner would be lost",
    ),
    "a runner given to something else": (
        "def test_f(use):\n    pytest.raises(ValueError, use, asyncio.run, f())\n",
        "asyncio.run is handed on, and will be called elsewhere",
    ),
    "a wrapper that does more": (
        "def wrapped(function):\n    @functools.wraps(function)\n"
        "    def wrapper(*args):\n        print(args)\n"
        "        return asyncio.run(function(*args))\n    return wrapper\n\n"
        "@wrapped\nasync def test_f():\n    assert await f()\n",
        "a wrapper that a decorator makes does more than drive",
    ),
}


@pytest.mark.parametrize(("code", "message"), cases(MESSAGES))
def test_a_refusal_says_why(code, message):
    migrated = run(texts(HEAD + code))
    left = [each for each in migrated.plan.findings if each.status == LEFT]
    assert message in [each.message for each in left]
