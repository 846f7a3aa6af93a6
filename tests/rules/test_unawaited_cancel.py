"""AW522: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import LEFT, REVIEW
from tests.rules.test_background_task import project
from tests.traps.support import cases, check, left, run, texts

QUIET = {
    "awaited afterwards": """
    task.cancel()
    await asyncio.wait([task])""",
    "something else awaited afterwards": """
    task.cancel()
    await asyncio.sleep(0)""",
    "awaited in the finally around": """
    try:
        task.cancel()
    finally:
        await task""",
    "in an async with": """
    async with heart:
        task.cancel()""",
    "looked at afterwards": """
    task.cancel()
    assert not task.done()""",
    "known to others": """
    heart.take(lambda: task)
    task.cancel()""",
    "cancelled by a function inside": """
    def stop():
        task.cancel()
    stop()""",
    "not always the same task": """
    task = heart.task
    task.cancel()""",
    "the result of cancel is asserted": """
    assert task.cancel()""",
}


def body(code: str) -> str:
    """Return a test that makes a task, and then runs this code."""
    return f"""
@pytest.mark.asyncio
async def test_it():
    heart = Heart()
    task = asyncio.create_task(heart.run())
    await asyncio.sleep(0)
    {code.strip()}
"""


@pytest.mark.parametrize("code", cases(QUIET))
def test_what_is_awaited_or_not_ours_is_not_mentioned(code: str):
    files = texts(project(body(code)))
    left(files, unsafe=True)
    findings = run(files, unsafe=True).plan.findings
    assert not [each for each in findings if each.rule == "AW522"]


DOUBTS = {
    "an assertion follows": """
    task.cancel()
    assert heart.beats > 2""",
    "a mock's assertion follows": """
    if heart:
        task.cancel()
    heart.stop.assert_not_called()""",
    "in a block that is to raise": """
    with pytest.raises(ValueError):
        task.cancel()
        raise ValueError""",
}


@pytest.mark.parametrize("code", cases(DOUBTS))
def test_it_is_left_where_the_task_may_undo_what_is_asserted(code: str):
    files = texts(project(body(code)))
    assert left(files, unsafe=True) == ["run-boundary"]


def test_without_unsafe_it_is_reported():
    findings = run(texts(project(body("task.cancel()")))).plan.findings
    assert [(e.rule, e.status) for e in findings] == [("AW522", REVIEW)]


def test_tasks_that_are_cancelled_one_after_the_other_are_awaited_together():
    before = body("""
    other = asyncio.create_task(heart.run())
    await asyncio.sleep(0)
    task.cancel()
    other.cancel()""")
    gather = "await asyncio.gather(task, other, return_exceptions=True)"
    after = before.rstrip() + f"\n    {gather}\n"
    check(project(before), project(after), unsafe=True)


def test_a_fixture_awaits_what_it_cancels_at_its_end():
    before = """
@pytest_asyncio.fixture
async def beating():
    heart = Heart()
    task = asyncio.create_task(heart.run())
    yield heart
    if not task.done():
        task.cancel()
"""
    after = before + "        await asyncio.gather(task, return_exceptions=True)\n"
    check(project(before), project(after), unsafe=True)


def test_in_a_finally_it_is_awaited_there():
    before = body("""
    try:
        assert heart.beats > 0
    finally:
        task.cancel()""")
    after = before.rstrip() + (
        "\n        await asyncio.gather(task, return_exceptions=True)\n"
    )
    check(project(before), project(after), unsafe=True)


def test_a_test_that_becomes_async_awaits_what_it_cancels():
    before = """
def test_beats():
    loop = asyncio.get_event_loop()
    heart = Heart()
    task = loop.create_task(heart.run())
    loop.run_until_complete(asyncio.sleep(0.01))
    assert heart.beats > 0
    task.cancel()
"""
    after = """
@pytest.mark.asyncio
async def test_beats():
    heart = Heart()
    task = asyncio.create_task(heart.run())
    await asyncio.sleep(0.01)
    assert heart.beats > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
"""
    check(project(before), project(after), unsafe=True)


def test_a_task_that_a_drive_awaits_afterwards_is_not_awaited_twice():
    before = """
def test_beats():
    loop = asyncio.get_event_loop()
    task = loop.create_task(Heart().run())
    loop.run_until_complete(asyncio.sleep(0.01))
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
"""
    migrated = run(texts(project(before)), unsafe=True)
    assert b"gather" not in (migrated.results["test_1.py"] or b"")
    findings = migrated.plan.findings
    assert not [e for e in findings if e.rule == "AW522" and e.status == LEFT]
