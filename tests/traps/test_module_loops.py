"""P04: a loop that a module makes, and what its tests share through it."""

import pytest

from tests.traps.support import cases, check, left

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import Client, f\n\n"
DONE = "import pytest\n\nfrom app import Client, f\n\n"
TESTS = (
    "def test_f():\n    assert LOOP.run_until_complete(f()) == 1\n\n"
    "def test_g():\n    assert LOOP.run_until_complete(f()) == 2\n"
)
ASYNC = (
    "async def test_f():\n    assert await f() == 1\n\n"
    "async def test_g():\n    assert await f() == 2\n"
)
MARK = 'pytestmark = pytest.mark.asyncio(loop_scope="module")\n\n\n'


@pytest.mark.parametrize(
    "maker",
    cases(
        {
            "new": "LOOP = asyncio.new_event_loop()",
            "current": "LOOP = asyncio.get_event_loop()",
            "of the policy": (
                "LOOP = asyncio.get_event_loop_policy().new_event_loop()"
            ),
            "installed": (
                "LOOP = asyncio.new_event_loop()\nasyncio.set_event_loop(LOOP)"
            ),
            "debugged": "LOOP = asyncio.new_event_loop()\nLOOP.set_debug(True)",
            "annotated": "LOOP: object = asyncio.new_event_loop()",
        }
    ),
)
def test_a_loop_that_only_drives_becomes_that_of_the_module(maker):
    check(f"{HEAD}{maker}\n\n\n{TESTS}", f"{DONE}{MARK}{ASYNC}")


def test_a_module_with_sync_tests_is_marked_test_by_test():
    sync = "\ndef test_plain():\n    assert f\n"
    marked = ASYNC.replace(
        "async def", '@pytest.mark.asyncio(loop_scope="module")\nasync def'
    )
    check(
        f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{TESTS}{sync}",
        f"{DONE}\n{marked}{sync}",
    )


def test_tests_of_a_class_on_the_modules_loop():
    tests = (
        "class TestF:\n    def test_f(self):\n"
        "        assert LOOP.run_until_complete(f()) == 1\n"
    )
    after = "class TestF:\n    async def test_f(self):\n        assert await f() == 1\n"
    check(
        f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{tests}",
        f"{DONE}{MARK}{after}",
    )


def test_auto_mode_takes_the_wider_scope_all_the_same():
    check(
        f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{TESTS}",
        f"{DONE}{MARK}{ASYNC}",
        modes={"": "auto"},
    )


def test_a_helper_on_the_modules_loop_widens_its_tests():
    helper = "def run(coro):\n    return LOOP.run_until_complete(coro)\n\n\n"
    tests = TESTS.replace("LOOP.run_until_complete", "run")
    check(
        f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{helper}{tests}",
        f"{DONE}{MARK}{ASYNC}",
    )


USES = {
    "handed on": "client = Client(LOOP)",
    "in a keyword": "LOCK = asyncio.Lock(loop=LOOP)",
    "a future": "FUTURE = LOOP.create_future()",
    "a handler": "LOOP.set_exception_handler(print)",
    "a callback": "LOOP.call_later(1, print)",
    "a task": "TASK = LOOP.create_task(f())",
    "in a class": "class Config:\n    loop = LOOP",
    "returned": "def fetch():\n    return LOOP",
    "asked": "def test_h():\n    assert not LOOP.is_closed()",
    "given by a fixture": "@pytest.fixture\ndef loop():\n    return LOOP",
    "in a hook": "def teardown_module():\n    print(LOOP)",
}


@pytest.mark.parametrize(
    "use",
    cases(USES),
)
def test_a_loop_that_is_used_for_more_stays_with_its_tests(use):
    assert set(
        left(f"{HEAD}LOOP = asyncio.new_event_loop()\n\n{use}\n\n\n{TESTS}")
    ) <= {"loop-asserted", "multi-loop", "outside-coroutine"}


STAY = {
    "asks": "def test_h():\n    LOOP.run_until_complete(f())\n"
    "    asyncio.current_task()\n",
    "decorated": "@unknown\ndef test_h():\n    LOOP.run_until_complete(f())\n",
    "benchmark": "def test_h(benchmark):\n    LOOP.run_until_complete(f())\n",
    "generator": "def test_h():\n    yield LOOP.run_until_complete(f())\n",
    "fixture": "@pytest.fixture\ndef thing():\n"
    "    return LOOP.run_until_complete(f())\n\nTHING = thing\n",
    "hook": "def setup_module():\n    LOOP.run_until_complete(f())\n",
    "at import": "CLIENT = LOOP.run_until_complete(f())\n",
    "lambda": "def test_h():\n    Client(lambda: LOOP.run_until_complete(f()))\n",
    "handed on": "def test_h():\n    Client(LOOP.run_until_complete)\n",
}


@pytest.mark.parametrize(
    "stays",
    cases(STAY),
)
def test_one_that_stays_keeps_all_on_its_loop_sync(stays):
    start = "def unknown(fn):\n    return lambda: fn()\n\n"
    source = f"{HEAD}{start}LOOP = asyncio.new_event_loop()\n\n{stays}\n\n{TESTS}"
    reasons = left(source)
    assert "multi-loop" in reasons or "loop-asserted" in reasons


def test_two_loops_of_a_module_stay():
    two = "ONE = asyncio.new_event_loop()\nTWO = asyncio.new_event_loop()\n\n\n"
    tests = (
        "def test_f():\n    client = ONE.run_until_complete(f())\n"
        "    TWO.run_until_complete(f(client))\n"
    )
    assert set(left(HEAD + two + tests)) == {"multi-loop"}


def test_two_loops_each_with_tests_of_its_own():
    two = "ONE = asyncio.new_event_loop()\nTWO = asyncio.new_event_loop()\n\n\n"
    tests = (
        "def test_f():\n    assert ONE.run_until_complete(f()) == 1\n\n"
        "def test_g():\n    assert TWO.run_until_complete(f()) == 2\n"
    )
    assert set(left(HEAD + two + tests)) == {"multi-loop"}


def test_a_test_with_a_loop_beside_the_modules_stays():
    tests = (
        "def test_h():\n    client = LOOP.run_until_complete(f())\n"
        "    asyncio.run(f(client))\n"
    )
    source = f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{TESTS}\n{tests}"
    assert set(left(source)) == {"multi-loop"}


def test_a_test_that_only_runs_beside_the_modules_loop_has_its_own():
    tests = "\ndef test_h():\n    assert asyncio.run(f()) == 3\n"
    marked = ASYNC.replace(
        "async def", '@pytest.mark.asyncio(loop_scope="module")\nasync def'
    )
    after = "\n@pytest.mark.asyncio\nasync def test_h():\n    assert await f() == 3\n"
    check(
        f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{TESTS}{tests}",
        f"{DONE}\n{marked}{after}",
    )


def test_a_loop_that_is_closed_in_the_end_goes_with_its_closing():
    source = f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{TESTS}\nLOOP.close()\n"
    check(source, f"{DONE}{MARK}{ASYNC}")


@pytest.mark.parametrize("closing", ["LOOP.close()", "LOOP.stop(); LOOP.close()"])
def test_a_hook_that_only_closes_the_loop_goes(closing):
    hook = f"def teardown_module():\n    {closing}\n\n"
    source = f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{hook}{TESTS}"
    check(source, f"{DONE}{MARK}{ASYNC}")


HELPERS = (
    "import asyncio\n\nLOOP = asyncio.new_event_loop()\n\n"
    "def run(coro):\n    return LOOP.run_until_complete(coro)\n"
)


def test_a_loop_that_several_modules_share_is_that_of_the_session():
    test = "import pytest\n\nfrom app import f\nfrom helpers import run\n\n\n"
    files = {
        "tests/helpers.py": HELPERS,
        "tests/test_a.py": f"{test}def test_a():\n    assert run(f()) == 1\n",
        "tests/test_b.py": f"{test}def test_b():\n    assert run(f()) == 1\n",
    }
    done = "import pytest\n\nfrom app import f\n\n"
    mark = 'pytestmark = pytest.mark.asyncio(loop_scope="session")\n\n\n'
    check(
        files,
        {
            "tests/helpers.py": None,
            "tests/test_a.py": (
                f"{done}{mark}async def test_a():\n    assert await f() == 1\n"
            ),
            "tests/test_b.py": (
                f"{done}{mark}async def test_b():\n    assert await f() == 1\n"
            ),
        },
    )


def test_a_loop_of_a_helper_module_for_one_module_of_tests():
    files = {
        "tests/helpers.py": HELPERS,
        "tests/test_a.py": (
            "import pytest\n\nfrom app import f\nfrom helpers import run\n\n\n"
            "def test_a():\n    assert run(f()) == 1\n"
        ),
    }
    check(
        files,
        {
            "tests/helpers.py": None,
            "tests/test_a.py": (
                "import pytest\n\nfrom app import f\n\n"
                f"{MARK.replace('module', 'session')}"
                "async def test_a():\n    assert await f() == 1\n"
            ),
        },
    )


@pytest.mark.parametrize(
    "mark",
    [
        "pytestmark = pytest.mark.asyncio",
        "pytestmark = [pytest.mark.slow, pytest.mark.asyncio]",
    ],
)
def test_a_module_that_is_marked_for_function_scope_stays(mark):
    source = f"{HEAD}{mark}\n\nLOOP = asyncio.new_event_loop()\n\n\n{TESTS}"
    assert set(left(source)) == {"multi-loop"}


def test_other_marks_of_the_module_are_kept():
    start = "pytestmark = pytest.mark.slow\n\n"
    marked = ASYNC.replace(
        "async def", '@pytest.mark.asyncio(loop_scope="module")\nasync def'
    )
    check(
        f"{HEAD}{start}LOOP = asyncio.new_event_loop()\n\n\n{TESTS}",
        f"{DONE}{start}\n{marked}",
    )


def test_an_async_test_that_is_there_keeps_its_own_loop():
    there = "\n@pytest.mark.asyncio\nasync def test_h():\n    await f()\n"
    marked = ASYNC.replace(
        "async def", '@pytest.mark.asyncio(loop_scope="module")\nasync def'
    )
    check(
        f"{HEAD}LOOP = asyncio.new_event_loop()\n\n\n{TESTS}{there}",
        f"{DONE}\n{marked}{there}",
    )
