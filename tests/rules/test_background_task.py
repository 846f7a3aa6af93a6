"""AW521: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import LEFT, REVIEW
from tests.traps.support import cases, check, left, run, texts

_HEAD = """
import asyncio

import pytest
import pytest_asyncio

from app import Heart
"""
_APP = """
import asyncio

class Heart:
    beats = 0

    async def run(self):
        while True:
            self.beats += 1
            await asyncio.sleep(0)

    async def stubborn(self):
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                print("no")
"""


def project(*tests: str, **others: str) -> dict[str, str]:
    """Return a project with tests, each in a file of its own, and other files."""
    found = {"app.py": _APP, **{f"{name}.py": text for name, text in others.items()}}
    for number, each in enumerate(tests, 1):
        found[f"test_{number}.py"] = f"{_HEAD}\n\n{each.strip(chr(10))}\n"
    return found


def told(*tests: str, **others: str) -> list[str]:
    """Return what is said of tests of which nothing changes, and that it is left."""
    files = texts(project(*tests, **others))
    left(files, unsafe=True)
    return [
        each.message
        for each in run(files, unsafe=True).plan.findings
        if each.rule == "AW521" and each.status == LEFT
    ]


ONE = """
@pytest.mark.asyncio
async def test_beats():
    heart = Heart()
    asyncio.create_task(heart.run())
    await asyncio.sleep(0.01)
    assert heart.beats > 0
"""
_BY_FIXTURE = """
@pytest.mark.asyncio
async def test_beats(background_tasks):
    heart = Heart()
    background_tasks.append(asyncio.create_task(heart.run()))
    await asyncio.sleep(0.01)
    assert heart.beats > 0
"""
_CONFTEST = '''
import asyncio

import pytest_asyncio


@pytest_asyncio.fixture
async def background_tasks():
    """Hold the tasks that a test leaves running; cancel and await them after it."""
    tasks = []
    yield tasks
    for task in tasks:
        task.cancel()
    if not tasks:
        return
    # A task that does not end must not hang the tests.
    done, _ = await asyncio.wait(tasks, timeout=1)
    for task in done:
        if not task.cancelled() and task.exception() is not None:
            # As asyncio says it of a task that nobody awaits.
            failure = {"message": f"{task.get_name()} failed", "task": task}
            failure["exception"] = task.exception()
            task.get_loop().call_exception_handler(failure)
'''

QUIET = {
    "awaited": "task = asyncio.create_task(heart.run())\n    await task",
    "awaited with a limit": """task = asyncio.create_task(heart.run())
    await asyncio.wait_for(task, 1)""",
    "cancelled": "task = asyncio.create_task(heart.run())\n    task.cancel()",
    "asserted to have ended": """task = asyncio.create_task(heart.run())
    await heart.stop()
    assert task.done()""",
    "stored": "heart.task = asyncio.create_task(heart.run())",
    "handed on": "task = asyncio.create_task(heart.run())\n    heart.take(task)",
    "returned by a function inside": """task = asyncio.create_task(heart.run())

    def get():
        return task""",
    "of a group": """async with asyncio.TaskGroup() as group:
        group.create_task(heart.run())""",
    "of a loop that nobody runs": """loop = asyncio.new_event_loop()
    loop.create_task(heart.run())""",
    "no coroutine for certain": "asyncio.ensure_future(heart.soon())",
    "made by a function of the test": """def start():
        asyncio.create_task(heart.run())""",
}


@pytest.mark.parametrize("made", cases(QUIET))
def test_what_is_seen_through_or_no_task_is_not_mentioned(made: str):
    test = f"""
@pytest.mark.asyncio
async def test_it():
    heart = Heart()
    {made}
    await asyncio.sleep(0)
"""
    files = texts(project(test))
    left(files, unsafe=True)
    findings = run(files, unsafe=True).plan.findings
    assert not [each for each in findings if each.rule == "AW521"]


DOUBTS = {
    "an async fixture ends later": (
        """
@pytest_asyncio.fixture
async def client():
    yield 1
    await asyncio.sleep(0)

@pytest.mark.asyncio
async def test_it(client):
    heart = Heart()
    asyncio.create_task(heart.run())
    await asyncio.sleep(0)
""",
        "the fixture client may need the task when it ends",
    ),
    "an unknown fixture": (
        """
@pytest.mark.asyncio
async def test_it(tmp_path, redis):
    asyncio.create_task(Heart().run())
    await asyncio.sleep(0)
""",
        "the fixture 'redis' is not known: it may need the task",
    ),
    "it goes on when it is cancelled": (
        """
@pytest.mark.asyncio
async def test_it():
    asyncio.create_task(Heart().stubborn())
    await asyncio.sleep(0)
""",
        "the task may go on when it is cancelled (app.py:15)",
    ),
    "the clock stands still, and the task may not end at once": (
        """
@pytest.mark.asyncio
async def test_it(frozen_time=None):
    heart = Heart()
    asyncio.create_task(heart.serve())
    await asyncio.sleep(0)
""",
        "the limit of a wait would go by another clock (frozen_time)",
    ),
    "the test looks at what is collected": (
        """
import gc

@pytest.mark.asyncio
async def test_it():
    asyncio.create_task(Heart().run())
    await asyncio.sleep(0)
    gc.collect()
""",
        "the tests look at what becomes of tasks (gc.collect)",
    ),
    "a function of asyncio is replaced": (
        """
@pytest.mark.asyncio
async def test_it(monkeypatch):
    monkeypatch.setattr(asyncio, "create_task", print)
    asyncio.create_task(Heart().run())
    await asyncio.sleep(0)
""",
        "asyncio's functions are replaced there (test_1.py:11)",
    ),
    "nothing follows, and hypothesis repeats the test": (
        """
from hypothesis import given, strategies

@pytest.mark.asyncio
@given(strategies.integers())
async def test_it(number):
    asyncio.create_task(Heart().run())
""",
        "no try fits there, and the test cannot ask for background_tasks",
    ),
}


@pytest.mark.parametrize("test, why", cases(DOUBTS))
def test_a_task_is_left_where_its_end_may_be_noticed(test: str, why: str):
    assert told(test) == [f"nothing awaits or cancels this task; {why}"]


def test_without_unsafe_it_is_said_once():
    findings = run(texts(project(ONE, ONE, conftest=""))).plan.findings
    assert [(e.rule, e.status) for e in findings] == [("AW521", REVIEW)] * 2


def test_tests_of_several_files_ask_for_a_fixture_of_their_conftest():
    files = project(ONE, ONE, conftest="")
    after = project(_BY_FIXTURE, _BY_FIXTURE, conftest=_CONFTEST)
    check(files, {**after}, unsafe=True)


def test_a_fixture_that_was_written_before_is_used():
    files = project(ONE, conftest=_CONFTEST)
    after = project(_BY_FIXTURE, conftest=_CONFTEST)
    two = {**files, "test_2.py": files["test_1.py"]}
    check(two, {**after, "test_2.py": after["test_1.py"]}, unsafe=True)


def test_a_fixture_of_that_name_that_is_something_else_is_not_used():
    conftest = """
import pytest

@pytest.fixture
def background_tasks():
    return []
"""
    files = project(ONE, ONE, conftest=conftest)
    tried = ONE.replace("    asyncio.create", "    task = asyncio.create").replace(
        "    await asyncio.sleep(0.01)\n    assert heart.beats > 0\n",
        """    try:
        await asyncio.sleep(0.01)
        assert heart.beats > 0
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
""",
    )
    check(files, project(tried, tried, conftest=conftest), unsafe=True)


def test_a_task_in_a_loop_goes_to_the_fixture_in_the_only_file_that_needs_it():
    test = """
@pytest.mark.asyncio
async def test_beats():
    hearts = [Heart(), Heart()]
    for heart in hearts:
        task = asyncio.create_task(heart.run())
        assert not task.done()
    await asyncio.sleep(0.01)
"""
    after = test.replace("test_beats()", "test_beats(background_tasks)").replace(
        ".run())\n", ".run())\n        background_tasks.append(task)\n"
    )
    fixture = _CONFTEST.partition("\n\n\n")[2]
    check(project(test), project(f"{fixture}\n\n{after.strip()}"), unsafe=True)


def test_a_test_that_becomes_async_ends_its_tasks_too():
    before = """
def test_beats():
    loop = asyncio.get_event_loop()
    heart = Heart()
    loop.create_task(heart.run())
    loop.run_until_complete(asyncio.sleep(0.01))
    assert heart.beats > 0
"""
    after = """
@pytest.mark.asyncio
async def test_beats():
    heart = Heart()
    task = asyncio.create_task(heart.run())
    try:
        await asyncio.sleep(0.01)
        assert heart.beats > 0
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
"""
    check(project(before), project(after), unsafe=True)


def test_comments_and_texts_of_several_lines_stay_under_the_try():
    before = '''
@pytest.mark.asyncio
async def test_beats():
    asyncio.create_task(Heart().run())  # in the background

    # A text.
    text = """
a
    b
"""
    await asyncio.sleep(
        0,
    )
    # At the end.
'''
    after = '''
@pytest.mark.asyncio
async def test_beats():
    task = asyncio.create_task(Heart().run())  # in the background

    try:
        # A text.
        text = """
a
    b
"""
        await asyncio.sleep(
            0,
        )
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    # At the end.
'''
    check(project(before), project(after), unsafe=True)


def test_a_comment_keeps_one_of_two():
    kept = ONE.replace("run())", "run())  # awaitify: ignore[AW521]")
    files = project(ONE, kept, conftest="")
    migrated = run(texts(files), unsafe=True)
    assert list(migrated.results) == ["test_1.py"]


def test_a_class_whose_tests_another_file_has_too_gets_no_fixture():
    test = """
class TestBeats:
    @pytest.mark.asyncio
    async def test_beats(self):
        for heart in Heart(), Heart():
            asyncio.create_task(heart.run())
        await asyncio.sleep(0)
"""
    other = "from test_1 import TestBeats\n\nclass TestMore(TestBeats):\n    pass\n"
    assert told(test, test_more=other) == [
        "nothing awaits or cancels this task; no try fits there, and the test cannot "
        "ask for background_tasks"
    ]


ENDINGS = {
    "at once": ("pass", True),
    "what it calls ends at once": ("await asyncio.sleep(1)", True),
    "it tidies up without waiting": (
        "try:\n        await asyncio.sleep(1)\n    finally:\n        print()",
        True,
    ),
    "it waits for something when it ends": (
        "try:\n        await asyncio.sleep(1)\n    finally:\n"
        "        await asyncio.sleep(1)",
        False,
    ),
    "a context manager ends": ("async with Heart():\n        pass", False),
    "a server waits for its connections": (
        "server = await asyncio.start_server(print)\n    await server.serve_forever()",
        False,
    ),
}


@pytest.mark.parametrize("work, at_once", cases(ENDINGS))
def test_the_wait_has_a_limit_where_a_task_may_not_end_at_once(
    work: str, at_once: bool
):
    test = f"""
async def work():
    {work}

async def run():
    await work()

@pytest.mark.asyncio
async def test_it():
    asyncio.create_task(run())
    await asyncio.sleep(0)
"""
    result = run(texts(project(test)), unsafe=True).results["test_1.py"] or b""
    assert (b"gather(task, return_exceptions=True)" in result) == at_once
    assert (b"asyncio.wait([task], timeout=1)" in result) != at_once


def test_a_task_on_a_loop_that_was_asked_for_is_on_the_running_one_afterwards():
    before = """
@pytest.fixture
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()

@pytest.mark.asyncio
async def test_beats(event_loop):
    for heart in Heart(), Heart():
        event_loop.create_task(heart.run())
    await asyncio.sleep(0)
"""
    migrated = run(texts(project(before, conftest="")), unsafe=True)
    text = migrated.results["test_1.py"] or b""
    assert b"async def test_beats(background_tasks):" in text
    assert b"background_tasks.append(event_loop.create_task(heart.run()))" in text
