"""AW513: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import REPORT
from tests.traps.support import run, texts

HEAD = """
import asyncio
import threading
from unittest import mock

import pytest

from app import Server, work
"""


def told(*statements: str, name: str = "async def test_it") -> list[str]:
    """Return what is said about the loops of a test; nothing ever changes."""
    body = "\n    ".join(statements)
    files = {"test_it.py": f"{HEAD}\n@pytest.mark.asyncio\n{name}():\n    {body}\n"}
    found = run(texts(files), unsafe=True, rules=frozenset({"AW513"})).plan
    assert not found.files
    assert {each.status for each in found.findings} <= {REPORT}
    return [each.message for each in found.findings]


@pytest.mark.parametrize(
    "loop",
    [
        "while not done:\n        await step()",
        "while True:\n        await asyncio.sleep(1)",
        "for _ in range(3):\n        await asyncio.sleep(1)",
        "while not done:\n        await client.send()\n        await asyncio.sleep(1)",
        "while not done:\n        done = await get()\n        await asyncio.sleep(1)",
        "while not done:\n        await own.sleep(1)",
    ],
)
def test_loops_that_do_something_else(loop):
    assert told(loop) == []


def test_a_nested_sync_function():
    assert told("def f():\n        while not done:\n            asyncio.sleep(1)") == []


@pytest.mark.parametrize(
    "made, condition, instead",
    [
        ("it = asyncio.Event()", "not it.is_set()", "`await it.wait()`"),
        (
            "it = threading.Event()",
            "not it.is_set()",
            "`await asyncio.to_thread(it.wait)`",
        ),
        ("it = asyncio.Queue()", "it.empty()", "`await it.get()`"),
        (
            "it = asyncio.create_task(work())",
            "not it.done()",
            "`await asyncio.wait([it])`",
        ),
        (
            "it = mock.Mock()",
            "it.send.call_count < 2",
            "an asyncio.Event that a side_effect of `it.send` sets",
        ),
        (
            "it = Server()",
            "not it.is_running",
            "an asyncio.Event that is set where `it.is_running` changes",
        ),
    ],
)
def test_what_could_be_awaited(made, condition, instead):
    (message,) = told(made, f"while {condition}:\n        await asyncio.sleep(0.1)")
    assert f": {instead} could" in message


@pytest.mark.parametrize("loop", ["while True:", "for _ in range(10):"])
def test_a_loop_that_is_left(loop):
    body = "        if server.is_running:\n            break"
    sleep = "        await asyncio.sleep(0.1)"
    (message,) = told("server = Server()", f"{loop}\n{body}\n{sleep}")
    assert "`server.is_running` changes" in message


@pytest.mark.parametrize(
    "loop",
    [
        "while path.exists():",
        "while time.monotonic() < end:",
        "while not os.path.exists(path):",
    ],
)
def test_time_and_the_world_outside_have_no_event(loop):
    assert told(f"{loop}\n        await asyncio.sleep(0.1)") == []


def test_a_deadline_is_not_what_is_waited_for():
    loop = "while not server.is_running and time.monotonic() < end:"
    (message,) = told("server = Server()", f"{loop}\n        await asyncio.sleep(0.1)")
    assert "`server.is_running` changes" in message
