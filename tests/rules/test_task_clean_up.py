"""AW523: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import REPORT
from tests.rules.test_background_task import project
from tests.rules.test_unawaited_cancel import body
from tests.traps.support import cases, left, run, texts


def told(test: str) -> list[str]:
    """Return what is reported of a test that stays as it is."""
    files = texts(project(test))
    left(files)
    findings = run(files).plan.findings
    return [each.message for each in findings if each.rule == "AW523"]


EARLY = """
    second = asyncio.create_task(heart.run())
    {}
    await asyncio.wait([task, second], timeout=0.1)"""
QUIET = {
    "the loop has run": EARLY.format(
        "await asyncio.sleep(0)\n    assert not second.done()"
    ),
    "of another task": EARLY.format("assert not task.done()"),
    "eager tasks": EARLY.format(
        "assert not second.done()  # but for eager_task_factory"
    ),
    "a guard, and the end is awaited": """
    if not task.done():
        task.cancel()
    await asyncio.gather(task)""",
    "nobody knows what it is": """
    if heart.timer:
        heart.timer.cancel()""",
    "a clean-up without a step that may fail": """
    try:
        assert heart
    finally:
        task.cancel()
        await asyncio.gather(task)""",
    "each step has a finally of its own": """
    try:
        assert heart
    finally:
        try:
            await heart.stop()
        finally:
            task.cancel()
            await asyncio.gather(task)""",
}


@pytest.mark.parametrize("code", cases(QUIET))
def test_nothing_is_said_of_what_is_in_order(code: str):
    assert told(body(code)) == []


def test_a_task_cannot_be_done_before_it_has_begun():
    assert told(body(EARLY.format("assert not second.done()"))) == [
        "the task has not begun: this says nothing of it"
    ]
    assert told(body(EARLY.format("assert second.done()"))) == [
        "the task has not begun: it cannot be done"
    ]


def test_a_guard_without_an_await_is_reported():
    test = """
class TestBeats:
    @pytest_asyncio.fixture(autouse=True)
    async def beating(self):
        self.task = None
        yield
        if self.task:
            self.task.cancel()

    @pytest.mark.asyncio
    async def test_beats(self):
        self.task = asyncio.create_task(Heart().run())
        await asyncio.sleep(0)
"""
    assert told(test) == [
        "self.task is cancelled if it is there, and nothing awaits its end"
    ]


def test_a_step_that_another_one_skips_is_reported():
    code = """
    try:
        assert heart
    finally:
        await heart.stop()
        task.cancel()
        await asyncio.gather(task)"""
    assert told(body(code)) == [
        "task is not cancelled if line 17 fails: each step needs a finally of its own"
    ]


def test_it_is_a_report_with_unsafe_too():
    files = texts(project(body(EARLY.format("assert not second.done()"))))
    findings = run(files, unsafe=True).plan.findings
    assert [(e.rule, e.status) for e in findings] == [("AW523", REPORT)]
