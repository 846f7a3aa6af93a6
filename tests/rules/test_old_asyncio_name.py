"""AW532: what the examples in the rule itself are too plain to show."""

import pytest

from awaitify_codemods import Sources, migrate
from tests.support import check, check_unchanged

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import given, work\n\n\n"
MARK = "@pytest.mark.asyncio\nasync def test_it():\n"


def in_test(*body: str, head: str = HEAD, test: str = MARK) -> str:
    """Return a module with one coroutine test."""
    return head + test + "".join(f"    {line}\n" for line in body)


def in_function(*body: str) -> str:
    return in_test(*body, test="def make(loop):\n")


@pytest.mark.parametrize(
    "body",
    [
        "tasks = asyncio.Task.all_tasks()",
        "tasks = asyncio.Task.all_tasks(None)",
        "tasks = asyncio.Task.current_task(loop=None)",
    ],
)
def test_no_loop_runs(body):
    assert check_unchanged(in_function(body)) == ["outside-coroutine"]


@pytest.mark.parametrize(
    "body",
    [
        "task = asyncio.Task(work())",
        "own = given.Task.all_tasks()",
        "own = given.iscoroutinefunction(work)",
        "queue = asyncio.Queue()",
        "task = getattr(asyncio, 'sync')(work())",
    ],
)
def test_what_is_called_otherwise(body):
    assert check_unchanged(in_function(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "task = asyncio.Task(work(), loop=given)",
        "task = asyncio.Task(*given)",
        "assert asyncio.Task(work())",
        "task = given(asyncio.Task)",
    ],
)
def test_tasks_that_are_made_otherwise(body):
    assert check_unchanged(in_test(body)) == []


def test_a_task_factory():
    body = ["given.set_task_factory(given)", "task = asyncio.Task(work())"]
    assert check_unchanged(in_test(*body)) == []


@pytest.mark.parametrize(
    "asked", ["given", "work", "Mock()", "wrapped", "self.method", "a, b"]
)
def test_what_may_be_no_function(asked):
    head = "from functools import cache\nfrom unittest.mock import Mock\n" + HEAD
    head += "@cache\ndef wrapped():\n    pass\n\n\n"
    source = in_test(f"kind = asyncio.iscoroutinefunction({asked})", head=head)
    assert check_unchanged(source) == ["unknown-value"]


@pytest.mark.parametrize(
    "body",
    [
        ["try:", "    pass", "except OSError:", "    asyncio.Task.all_tasks()"],
        ["try:", "    asyncio.Task.all_tasks()", "except AttributeError:", "    pass"],
        ["if not hasattr(asyncio, 'all_tasks'):", "    asyncio.Task.all_tasks()"],
        ["if sys.version_info < (3, 7):", "    asyncio.Task.all_tasks()"],
        ["with pytest.raises(Exception):", "    asyncio.Task.all_tasks()"],
        ["with pytest.warns(DeprecationWarning):", "    asyncio.Task.all_tasks()"],
    ],
)
def test_code_for_some_versions(body):
    assert check_unchanged(in_test(*body)) == ["unknown-value"]


def test_a_name_that_tests_replace():
    body = ["with patch('asyncio.Task.all_tasks'):", "    asyncio.Task.all_tasks()"]
    source = in_test(*body, head="from unittest.mock import patch\n" + HEAD)
    assert check_unchanged(source) == ["runner-patched"]


COUNTED = in_test("assert len(asyncio.Task.all_tasks()) == 2")


def test_an_assertion_that_may_count_what_is_done():
    assert check_unchanged(COUNTED) == ["unknown-value"]


def test_an_assertion_that_passes_nowhere_today():
    path = "test_it.py"
    files = {path: COUNTED.encode()}
    names = frozenset(files)
    migrated = migrate(Sources(files, names, names, pythons={"": (3, 9)}))
    assert not migrated.bugs
    result = (migrated.results[path] or b"").decode()
    assert "assert len(asyncio.all_tasks()) == 2" in result


@pytest.mark.parametrize(
    "before, after",
    [
        ("tasks = asyncio.Task.all_tasks()", "tasks = asyncio.all_tasks()"),
        ("tasks = asyncio.Task.all_tasks(given)", "tasks = asyncio.all_tasks(given)"),
        (
            "assert asyncio.Task.current_task() is given",
            "assert asyncio.current_task() is given",
        ),
        ("queue = asyncio.JoinableQueue(1)", "queue = asyncio.Queue(1)"),
        ("task = asyncio.Task(work())", "task = asyncio.create_task(work())"),
        (
            "task = asyncio.Task(work(), name='x')",
            "task = asyncio.create_task(work(), name='x')",
        ),
        (
            "task = getattr(asyncio, 'async')(work())",
            "task = asyncio.ensure_future(work())",
        ),
    ],
)
def test_names_of_today(before, after):
    check(in_test(before), in_test(after))


def test_a_loop_that_is_given():
    before = "return asyncio.Task.all_tasks(loop), asyncio.Task.current_task(loop=loop)"
    check(in_function(before), in_function(before.replace("asyncio.Task", "asyncio")))


def test_functions_that_are_asked_for():
    before = """
        from asyncio import JoinableQueue, iscoroutinefunction

        from app import work

        async def run():
            await work()

        def stop():
            assert iscoroutinefunction(run) and not iscoroutinefunction(stop)
            return JoinableQueue(), iscoroutinefunction(lambda: 1)
    """
    after = """
        import asyncio
        import inspect

        from app import work

        async def run():
            await work()

        def stop():
            assert inspect.iscoroutinefunction(run) and not inspect.iscoroutinefunction(stop)
            return asyncio.Queue(), inspect.iscoroutinefunction(lambda: 1)
    """  # noqa: E501
    check(before, after)


def test_a_test_that_becomes_async_in_the_same_plan():
    before = """
        import asyncio

        from app import work

        def test_it():
            async def go():
                task = asyncio.Task(work())
                assert asyncio.Task.current_task() is not task
                return await task

            loop = asyncio.new_event_loop()
            assert loop.run_until_complete(asyncio.Task(go(), loop=loop)) == 1
            loop.close()
    """
    after = """
        import asyncio

        import pytest

        from app import work

        @pytest.mark.asyncio
        async def test_it():
            async def go():
                task = asyncio.create_task(work())
                assert asyncio.current_task() is not task
                return await task

            loop = asyncio.get_running_loop()
            assert await asyncio.Task(go(), loop=loop) == 1
    """
    check(before, after)
