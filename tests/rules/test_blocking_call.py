"""AW512: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import REPORT, REVIEW
from tests.traps.support import check, left, run, texts

HEAD = """
import asyncio
import queue
import subprocess
import threading
from unittest import mock

import pytest
import requests

from app import start
"""
RULES = frozenset({"AW512"})


def project(*statements: str, above: str = "") -> dict[str, str]:
    """Return a file with a coroutine test of these statements."""
    made = ("event = threading.Event()", "thread = threading.Thread()")
    body = "\n    ".join((*made, *statements))
    test = f"@pytest.mark.asyncio\nasync def test_it():\n    {body}\n"
    return {"test_it.py": f"{HEAD}\n{above}\n{test}"}


def refused(files: dict[str, str]) -> list[str]:
    return left(files, unsafe=True, rules=RULES)


def changed(before: dict[str, str], old: str, new: str) -> None:
    """Assert that a call is made in a thread, with `--unsafe` alone."""
    found = run(texts(before), rules=RULES).plan
    assert not found.files
    assert {each.status for each in found.findings} == {REVIEW}
    after = {"test_it.py": before["test_it.py"].replace(old, new)}
    check(before, after, unsafe=True, rules=RULES)


class TestLeft:
    @pytest.mark.parametrize(
        "statement",
        [
            "event.is_set()",
            "event.wait(0)",
            "queue.Queue().get(block=False)",
            "queue.Queue().get(False)",
            "thread.join(timeout=0)",
            "make().join()",
            '", ".join([])',
            "await asyncio.to_thread(event.wait)",
            "await asyncio.Event().wait()",
            "call(lambda: event.wait())",
            "subprocess.Popen([])",
        ],
    )
    def test_what_does_not_block_for_certain(self, statement):
        assert refused(project(statement)) == []

    def test_sync_tests_and_nested_sync_functions(self):
        code = """
def test_sync():
    threading.Event().wait()

@pytest.mark.asyncio
async def test_nested():
    def callback():
        threading.Event().wait()

    await start(callback)
"""
        assert refused({"test_it.py": HEAD + code}) == []

    def test_a_patched_function(self):
        files = project(
            'mock.patch("app.subprocess.run").start()', 'subprocess.run(["ls"])'
        )
        assert refused(files) == ["uncertain-call"]

    def test_a_comprehension(self):
        files = project("any(event.wait() for _ in range(3))")
        assert refused(files) == ["uncertain-call"]

    def test_a_lock_of_threads(self):
        files = project("with threading.Lock():", "    event.wait()")
        assert refused(files) == ["blocking-wanted"]

    def test_a_coroutine_function_that_is_handed_on(self):
        files = project(
            "async def slow():", "    event.wait()", "", "await start(slow())"
        )
        assert refused(files) == ["blocking-wanted"]

    def test_trio(self):
        assert refused(project("event.wait()", above="import trio")) == [
            "anyio-or-trio"
        ]

    def test_a_python_without_to_thread(self):
        files = project("event.wait(1)")
        found = left(files, unsafe=True, rules=RULES, python=(3, 8))
        assert found == ["old-python"]

    def test_an_assertion_is_reported(self):
        files = texts(project("assert event.wait(1)"))
        found = run(files, unsafe=True, rules=RULES).plan
        assert not found.files
        assert [each.status for each in found.findings] == [REPORT]


class TestChanged:
    @pytest.mark.parametrize(
        "old, new",
        [
            ("event.wait(1)", "await asyncio.to_thread(event.wait, 1)"),
            ("thread.join()", "await asyncio.to_thread(thread.join)"),
            (
                'subprocess.run(["ls"], check=True)',
                'await asyncio.to_thread(subprocess.run, ["ls"], check=True)',
            ),
            (
                'body = requests.get("http://x").text',
                'body = (await asyncio.to_thread(requests.get, "http://x")).text',
            ),
            (
                "queue.Queue().get()",
                "await asyncio.to_thread(queue.Queue().get)",
            ),
        ],
    )
    def test_calls(self, old, new):
        changed(project(old), old, new)

    def test_arguments_on_lines_of_their_own(self):
        old = 'subprocess.run(\n        ["ls"],\n        check=True,\n    )'
        new = (
            "await asyncio.to_thread(\n"
            '        subprocess.run, ["ls"],\n        check=True,\n    )'
        )
        changed(project(old), old, new)

    def test_a_test_that_becomes_async(self):
        before = """
import asyncio
import threading

from app import work


def test_it():
    event = threading.Event()
    assert asyncio.run(work(event)) is None
    event.wait()
"""
        after = """
import asyncio
import threading

import pytest

from app import work


@pytest.mark.asyncio
async def test_it():
    event = threading.Event()
    assert await work(event) is None
    await asyncio.to_thread(event.wait)
"""
        check(before, after, unsafe=True)
