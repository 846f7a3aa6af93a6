"""AW561: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods import Choice, Settings, migrate
from awaitify_codemods.plan import LEFT
from awaitify_codemods.sources import Bound
from tests.traps.support import cases, check, left, result, run, sources, texts

_HEAD = """
import asyncio
import json

import pytest

from app import connect


"""


def module(*tests: str) -> str:
    """Return a file with these tests."""
    return _HEAD + "\n\n".join(each.strip("\n") for each in tests) + "\n"


def looping(loop: str, name: str = "test_result", head: str = "") -> str:
    """Return a test that receives by a loop."""
    body = "\n    ".join(loop.strip("\n").splitlines())
    return f"""
@pytest.mark.asyncio
async def {name}({head}):
    ws = await connect()
    {body}
    assert message["value"] == 3
"""


JSON = """
while True:
    message = await ws.receive_json()
    if message["type"] == "result":
        break
"""
QUIET = {
    "it does something with what it skips": """
while True:
    message = await ws.receive_json()
    print(message)
    if message["type"] == "result":
        break
""",
    "each wait has a limit": """
while True:
    message = await asyncio.wait_for(ws.receive_json(), 1)
    if message["type"] == "result":
        break
""",
    "it gives up": """
while message["type"] != "result":
    message = await ws.receive_json()
else:
    message = None
""",
    "it waits for what changes": """
while True:
    message = await ws.receive_json()
    if message["type"] == next(types):
        break
""",
    "nothing is received": """
while True:
    message = await ws.fetch()
    if message["type"] == "result":
        break
""",
    "a comment explains it": """
while True:
    message = await ws.receive_json()
    if message["type"] == "result":  # sent last
        break
""",
}


@pytest.mark.parametrize("loop", cases(QUIET))
def test_other_loops_are_not_mentioned(loop: str):
    files = texts(module(looping(loop)))
    left(files, unsafe=True)
    findings = run(files, unsafe=True).plan.findings
    assert not [each for each in findings if each.rule == "AW561"]


FORMS = {
    "with continue": (
        """
while True:
    message = await ws.receive_json()
    if message["type"] != "result":
        continue
    break
""",
        "await ws.receive_json()",
    ),
    "with the first one above": (
        """
message = json.loads(await ws.recv())
while message["type"] != "result":
    message = json.loads(await ws.recv())
""",
        "json.loads(await ws.recv())",
    ),
}


@pytest.mark.parametrize("loop, read", cases(FORMS))
def test_loops_of_other_forms_are_the_same(loop: str, read: str):
    migrated = run(texts(module(looping(loop))), unsafe=True)
    text = result({}, migrated)["test_it.py"] or ""
    assert f"                message = {read}\n" in text, text
    assert '    message = await receive_until(ws, "result")\n    assert' in text


CONFTEST = '''
import asyncio

import pytest


@pytest.fixture
def receive_until():
    """Give a function that receives messages up to the first one of a type."""

    async def receive(ws, type, timeout=60):
        async def skip():
            while True:
                message = await ws.receive_json()
                if message["type"] == type:
                    return message

        return await asyncio.wait_for(skip(), timeout)

    return receive
'''


def test_a_suite_gets_the_fixture_once_for_the_most_common_form():
    other = looping(JSON.replace('["type"]', '.get("kind")'), "test_other")
    files = {
        "conftest.py": "",
        "test_one.py": module(looping(JSON), looping(JSON, "test_second")),
        "test_two.py": module(other),
    }
    one = module(
        looping('message = await receive_until(ws, "result")', head="receive_until"),
        looping(
            'message = await receive_until(ws, "result")',
            "test_second",
            "receive_until",
        ),
    )
    check(files, {"conftest.py": CONFTEST, "test_one.py": one}, unsafe=True)
    findings = run(texts(files), unsafe=True).plan.findings
    assert [e.reason for e in findings if e.status == LEFT] == ["name-taken"]


def test_a_test_that_becomes_async_waits_by_the_fixture_too():
    test = """
def test_result():
    ws = asyncio.run(connect())
    while True:
        message = asyncio.run(ws.receive_json())
        if message["type"] == "result":
            break
    assert message["value"] == 3
"""
    files = {"conftest.py": "", "test_it.py": module(test)}
    after = looping('message = await receive_until(ws, "result")', head="receive_until")
    text = module(after).replace("import asyncio\n", "")
    expected = {"conftest.py": CONFTEST, "test_it.py": text}
    check(files, expected, unsafe=True)


def test_a_unittest_class_cannot_ask_for_it():
    test = """
import unittest

class ResultTest(unittest.IsolatedAsyncioTestCase):
    async def test_result(self):
        ws = await connect()
        while True:
            message = await ws.receive_json()
            if message["type"] == "result":
                break
        self.assertEqual(message["value"], 3)
"""
    assert left(module(test), unsafe=True) == ["helper-escapes"]


def test_the_limit_is_that_of_the_command_line():
    bound = Bound(5.0, every=True)
    settings = Settings(Choice(None, True, bound))
    migrated = migrate(sources(texts(module(looping(JSON)))), settings)
    assert not migrated.bugs
    text = migrated.results["test_it.py"] or b""
    assert b'message = await receive_until(ws, "result", timeout=5)\n' in text
