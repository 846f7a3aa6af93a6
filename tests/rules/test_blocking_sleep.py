"""AW511: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods import Bound
from awaitify_codemods.plan import LEFT, REVIEW
from tests.traps.support import check, left, run, texts

HEAD = """
import asyncio
import time

import pytest

from app import Cache
"""
OBSERVED = """
@pytest.mark.asyncio
async def test_expires():
    cache = Cache()
    await cache.set("a", 1)
    time.sleep(0.2)
    assert await cache.get("a") is None
"""


def refused(code: str, head: str = HEAD, **files: str) -> list[str]:
    """Assert that a file stays as it is, and why its sleeps do."""
    project = {"test_it.py": f"{head}\n{code}", **files}
    return left(project, unsafe=True, rules=frozenset({"AW511"}))


def changed(before: str, after: str) -> None:
    """Assert that a test becomes another one, with `--unsafe` alone."""
    source = {"test_it.py": f"{HEAD}\n{before}"}
    done = after if after.startswith("\nimport") else f"{HEAD}\n{after}"
    found = run(texts(source)).plan
    assert not found.files
    assert [each.status for each in found.findings if each.rule == "AW511"] == [REVIEW]
    check(source, {"test_it.py": done}, unsafe=True, rules=frozenset({"AW511"}))


class TestLeft:
    def test_nested_sync_functions_and_lambdas(self):
        code = """
@pytest.mark.asyncio
async def test_threads():
    def work():
        time.sleep(0.1)

    await asyncio.to_thread(work)
    await asyncio.to_thread(lambda: time.sleep(0.1))
    await asyncio.to_thread(time.sleep, 0.1)
"""
        assert refused(code) == []

    def test_sync_tests(self):
        assert refused("def test_sync():\n    time.sleep(0.1)\n") == []

    @pytest.mark.parametrize(
        "replacing",
        [
            'mock.patch("time.sleep")',
            'monkeypatch.setattr(time, "sleep", print)',
            'mocker.patch("app.time.sleep")',
            'mock.patch("asyncio.sleep")',
        ],
    )
    def test_replaced_sleeps(self, replacing):
        body = OBSERVED.replace("    cache =", f"    {replacing}\n    cache =")
        assert refused(body) == ["clocked-test"]

    def test_a_patch_by_decorator(self):
        body = OBSERVED.replace(
            "async def test_expires()", "async def test_expires(sleep)"
        )
        assert refused(f'@mock.patch("time.sleep"){body}') == ["clocked-test"]

    def test_a_fixture_of_the_conftest_that_replaces_it(self):
        conftest = """
import time

import pytest

@pytest.fixture(autouse=True)
def no_sleep(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
"""
        assert refused(OBSERVED, **{"conftest.py": conftest}) == ["clocked-test"]

    @pytest.mark.parametrize("package", ["freezegun", "time_machine", "looptime"])
    def test_clocks_that_stand_still(self, package):
        head = HEAD.replace("import time\n", f"import time\n\nimport {package}\n")
        assert refused(OBSERVED, head) == ["clocked-test"]

    def test_a_loop_that_is_to_notice_blocking(self):
        code = f"""
{OBSERVED}

@pytest.fixture
def loud():
    asyncio.get_event_loop_policy().slow_callback_duration = 0.1
"""
        assert refused(code) == ["blocking-wanted"]

    def test_a_lock_of_threads(self):
        code = """
LOCK = threading.Lock()

@pytest.mark.asyncio
async def test_lock():
    with LOCK:
        time.sleep(0.1)
    assert Cache()
"""
        head = HEAD.replace("import time\n", "import threading\nimport time\n")
        assert refused(code, head) == ["blocking-wanted"]

    def test_a_coroutine_function_that_is_handed_on(self):
        code = """
@pytest.mark.asyncio
async def test_timeout():
    async def slow():
        time.sleep(1)

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(slow(), 0.1)
"""
        assert refused(code) == ["blocking-wanted"]

    def test_a_coroutine_function_that_nothing_calls(self):
        code = """
async def settle():
    time.sleep(0.1)
    assert Cache()
"""
        assert refused(code) == ["blocking-wanted"]

    def test_a_method_that_the_code_under_test_calls(self):
        code = """
class Slow:
    async def get(self):
        time.sleep(0.1)

@pytest.mark.asyncio
async def test_slow():
    assert await Cache(Slow()).get("a")
"""
        assert refused(code) == ["blocking-wanted"]

    def test_a_sleep_in_an_expression(self):
        code = """
@pytest.mark.asyncio
async def test_none():
    assert time.sleep(0) is None
"""
        assert refused(code) == ["blocking-wanted"]

    def test_trio(self):
        head = HEAD.replace("import pytest\n", "import pytest\nimport trio\n")
        assert refused(OBSERVED, head) == ["anyio-or-trio"]

    def test_anyio_on_any_backend(self):
        body = OBSERVED.replace("mark.asyncio", "mark.anyio")
        assert refused(body) == ["anyio-or-trio"]

    @pytest.mark.parametrize(
        "nothing",
        [
            "assert not calls",
            "assert calls == []",
            "assert calls.count is None",
            "calls.assert_not_called()",
        ],
    )
    def test_nothing_is_to_happen_meanwhile(self, nothing):
        code = f"""
@pytest.mark.asyncio
async def test_blocks():
    task = asyncio.create_task(Cache(calls).tick())
    time.sleep(0.1)
    {nothing}
    await task
"""
        assert refused(code) == ["blocking-wanted"]

    def test_nothing_says_that_asyncio_runs_it(self):
        head = HEAD.replace("import asyncio\n", "")
        assert refused(OBSERVED.replace("@pytest.mark.asyncio", ""), head) == [
            "anyio-or-trio"
        ]

    def test_asyncio_means_something_else(self):
        head = HEAD.replace("import asyncio\n", "from app import asyncio\n")
        assert refused(OBSERVED, head) == ["name-taken"]

    @pytest.mark.parametrize(
        "before",
        [
            "cache = Cache()\n    task = asyncio.create_task(cache.tick())",
            "await Cache().get(1)\n    for _ in range(3):\n        pass",
        ],
    )
    def test_the_end_of_a_test_after_which_tasks_go_on(self, before):
        if "create_task" not in before:
            before += "\n    asyncio.get_running_loop().call_later(1, print)"
        code = f"@pytest.mark.asyncio\nasync def test_it():\n    {before}\n"
        files = texts(f"{HEAD}\n{code}    time.sleep(0.1)\n")
        found = run(files, rules=frozenset({"AW511"})).plan
        assert not found.files
        assert [each.status for each in found.findings] == [REVIEW]

    def test_a_fixture_that_looks_in_the_end(self):
        code = """
@pytest.fixture
def calls():
    calls = []
    yield calls
    assert not calls

@pytest.mark.asyncio
async def test_it(calls):
    await Cache(calls).get("a")
    time.sleep(0.1)
"""
        found = run(texts(f"{HEAD}\n{code}"), rules=frozenset({"AW511"})).plan
        assert not found.files
        assert [each.status for each in found.findings] == [REVIEW]

    def test_something_else_called_sleep(self):
        head = HEAD.replace("import time\n", "import time\n\nfrom app import sleep\n")
        assert refused(OBSERVED.replace("time.sleep", "sleep"), head) == []

    def test_the_user_is_asked_where_it_may_be_seen(self):
        found = run(texts(HEAD + OBSERVED)).plan
        assert not found.files
        assert [each.status for each in found.findings] == [REVIEW]
        assert LEFT not in {each.status for each in found.findings}


class TestChanged:
    def test_between_a_change_and_its_assertion(self):
        after = HEAD.replace("import time\n", "") + OBSERVED.replace(
            "time.sleep", "await asyncio.sleep"
        ).replace("\n\n", "\n")
        source = {"test_it.py": HEAD + OBSERVED}
        check(source, {"test_it.py": after}, unsafe=True)

    def test_a_patch_of_another_test_is_none_of_its_business(self):
        other = """
def test_other(monkeypatch):
    monkeypatch.setattr(time, "sleep", print)
"""
        after = OBSERVED.replace("time.sleep", "await asyncio.sleep")
        changed(OBSERVED + other, after + other)

    def test_a_name_of_its_own(self):
        before = """
from time import sleep as pause

@pytest.mark.asyncio
async def test_pause():
    cache = Cache()
    await cache.set("a", 1)
    pause(0.2)
    assert cache.empty
"""
        after = before.replace("    pause(", "    await asyncio.sleep(").replace(
            "\nfrom time import sleep as pause\n", ""
        )
        changed(before, after)

    def test_polling(self):
        before = """
@pytest.mark.asyncio
async def test_polls():
    cache = Cache()
    while not cache.empty:
        time.sleep(0.01)
    assert time.monotonic()
"""
        changed(before, before.replace("time.sleep", "await asyncio.sleep"))

    def test_fixtures_and_helpers_that_are_awaited(self):
        before = """
async def settle():
    time.sleep(0.1)
    assert time.monotonic()

@pytest.mark.asyncio
async def test_settles():
    await settle()
"""
        changed(before, before.replace("time.sleep", "await asyncio.sleep"))

    def test_a_test_that_becomes_async(self):
        before = """
import asyncio
import time

from app import Cache


def test_expires():
    cache = Cache()
    asyncio.run(cache.set("a", 1))
    time.sleep(0.2)
    assert asyncio.run(cache.get("a")) is None
"""
        after = """
import asyncio

import pytest

from app import Cache


@pytest.mark.asyncio
async def test_expires():
    cache = Cache()
    await cache.set("a", 1)
    await asyncio.sleep(0.2)
    assert await cache.get("a") is None
"""
        check(before, after, unsafe=True)

    def test_a_loop_that_goes_is_no_change_before_the_sleep(self):
        before = """
import asyncio
import time

from app import Cache


def test_expires():
    loop = asyncio.new_event_loop()
    time.sleep(0.2)
    loop.run_until_complete(Cache().get("a"))
    loop.close()
"""
        after = """
import asyncio

import pytest

from app import Cache


@pytest.mark.asyncio
async def test_expires():
    await asyncio.sleep(0.2)
    await Cache().get("a")
"""
        check(before, after)

    def test_a_runner_from_another_file(self):
        helper = """
import asyncio

def run(coro):
    return asyncio.run(coro)
"""
        before = """
import time

from helper import run
from app import Cache

def test_expires():
    run(Cache().get("a"))
    time.sleep(0.2)
"""
        after = """
import asyncio

import pytest
from app import Cache

@pytest.mark.asyncio
async def test_expires():
    await Cache().get("a")
    await asyncio.sleep(0.2)
"""
        files = {"helper.py": helper, "test_it.py": before}
        check(files, {"helper.py": None, "test_it.py": after})

    def test_a_unittest_class(self):
        before = """
import time
import unittest

from app import Cache


class CacheTests(unittest.IsolatedAsyncioTestCase):
    async def test_expires(self):
        cache = Cache()
        time.sleep(0.1)
        self.assertTrue(cache)
"""
        after = """
import asyncio
import unittest

from app import Cache


class CacheTests(unittest.IsolatedAsyncioTestCase):
    async def test_expires(self):
        cache = Cache()
        await asyncio.sleep(0.1)
        self.assertTrue(cache)
"""
        check(before, after, unsafe=True)

    def test_a_nested_coroutine_function_that_was_driven(self):
        before = """
import asyncio
import time

from app import Cache


def test_expires():
    async def go():
        cache = Cache()
        await cache.set("a", 1)
        time.sleep(0.2)
        assert await cache.get("a") is None

    asyncio.run(go())
"""
        after = """
import asyncio

import pytest

from app import Cache


@pytest.mark.asyncio
async def test_expires():
    async def go():
        cache = Cache()
        await cache.set("a", 1)
        await asyncio.sleep(0.2)
        assert await cache.get("a") is None

    await go()
"""
        check(before, after, unsafe=True)

    def test_a_helper_whose_call_is_awaited_by_the_same_plan(self):
        before = """
async def settle():
    time.sleep(0.1)

@pytest.mark.asyncio
async def test_settles():
    settle()
    assert Cache()
"""
        after = before.replace("time.sleep", "await asyncio.sleep")
        head = HEAD.replace("import time\n", "")
        check(
            {"test_it.py": HEAD + before},
            {"test_it.py": head + after.replace("    settle()", "    await settle()")},
            unsafe=True,
        )

    def test_a_poll_that_gets_a_time_out_in_the_same_plan(self):
        before = """
async def poll(done):
    while not done():
        time.sleep(0.01)

@pytest.mark.asyncio
async def test_polls():
    await poll(Cache().is_empty)
"""
        after = """
async def poll(done):
    while not done():
        await asyncio.sleep(0.01)

@pytest.mark.asyncio
async def test_polls():
    await asyncio.wait_for(poll(Cache().is_empty), timeout=5)
"""
        head = HEAD.replace("import time\n", "")
        check(
            {"test_it.py": HEAD + before},
            {"test_it.py": head + after},
            unsafe=True,
            bound=Bound(5.0),
        )
