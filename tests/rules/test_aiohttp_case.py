"""AW353: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import reported
from tests.traps.support import cases, check, left, reasons

HEAD = (
    "from aiohttp.test_utils import AioHTTPTestCase, unittest_run_loop\n\n"
    "from app import f, make_app\n\n\n"
)
DONE = HEAD.replace(", unittest_run_loop", "")
PLAIN = HEAD.replace("AioHTTPTestCase, ", "")
CLASS = "class Tests(AioHTTPTestCase):\n"
TEST = "    async def test_get(self):\n        assert await self.client.get('/')\n"
SET_UP = "    async def setUpAsync(self):\n        self.x = await f()\n\n"
UP = "        await super().asyncSetUp()\n"
DOWN = "        await super().asyncTearDown()\n"
OLD = (
    "import unittest\n\nclass AioHTTPTestCase(unittest.TestCase):\n    pass\n\n"
    "def unittest_run_loop(func):\n    return func\n"
)

# The decorator

UNSURE = {
    "a mixin that nobody has": f"{PLAIN}class Mixin:\n    @unittest_run_loop\n{TEST}",
    "a plain case": f"import unittest\n\n{PLAIN}class Tests(unittest.TestCase):\n"
    f"    @unittest_run_loop\n{TEST}",
    "a sync function": f"{HEAD}{CLASS}    @unittest_run_loop\n    def test_f(self):\n"
    "        return f()\n",
    "a class of each kind": f"import unittest\n\n{HEAD}class Mixin:\n"
    f"    @unittest_run_loop\n{TEST}\nclass A(Mixin, AioHTTPTestCase):\n    pass\n\n"
    "class B(Mixin, unittest.TestCase):\n    pass\n",
}


@pytest.mark.parametrize("source", cases(UNSURE))
def test_a_decorator_that_may_run_the_test(source):
    assert left(source)


def test_a_decorator_of_the_same_name():
    own = "def unittest_run_loop(func):\n    return func\n\n"
    assert left(f"{DONE}{own}{CLASS}    @unittest_run_loop\n{TEST}") == []


def test_an_aiohttp_that_awaits_nothing():
    source = f"{HEAD}{CLASS}{SET_UP}    @unittest_run_loop\n{TEST}"
    assert set(left(source, foreign={"aiohttp.test_utils": OLD})) == {"foreign-base"}


def test_a_class_of_an_older_aiohttp_gets_no_other_base():
    test = "    def test_f(self):\n        self.loop.run_until_complete(f())\n"
    source = f"{HEAD}{CLASS}{test}"
    assert left(source, foreign={"aiohttp.test_utils": OLD}) == ["foreign-base"]


def test_a_decorator_that_a_helper_hands_on():
    helper = "from aiohttp.test_utils import unittest_run_loop\n"
    imports = "from aiohttp.test_utils import AioHTTPTestCase\n"
    check(
        {
            "tests/helpers.py": helper,
            "tests/test_it.py": f"{imports}from helpers import unittest_run_loop\n\n\n"
            f"{CLASS}    @unittest_run_loop\n{TEST}",
        },
        {"tests/test_it.py": f"{imports}\n\n{CLASS}{TEST}"},
    )


def test_a_mixin_of_which_every_class_is_one():
    classes = "class A(Mixin, AioHTTPTestCase):\n    pass\n"
    check(
        f"{HEAD}class Mixin:\n    @unittest_run_loop\n{TEST}\n\n{classes}",
        f"{DONE}class Mixin:\n{TEST}\n\n{classes}",
    )


# Set-ups

KEPT = {
    "no use of the client": f"{SET_UP}    async def tearDownAsync(self):\n"
    "        await f()\n\n    async def test_f(self):\n        assert self.x\n",
    "a client of its own": f"{SET_UP.replace('self.x', 'self.client')}{TEST}",
    "called by others": f"{SET_UP}{TEST}        await self.setUpAsync()\n",
    "sync": "    def setUpAsync(self):\n        return f()\n\n" + TEST,
    "both": f"{SET_UP}    async def asyncSetUp(self):\n        pass\n\n{TEST}",
    "an early end": "    async def tearDownAsync(self):\n        if self.x:\n"
    f"            return\n        await f()\n\n{TEST}",
}


@pytest.mark.parametrize("body", cases(KEPT))
def test_a_set_up_that_stays(body):
    assert left(f"{DONE}{CLASS}{body}")


def test_an_override_that_leaves_its_base_out():
    base = f"class Base(AioHTTPTestCase):\n{SET_UP}"
    below = f"class Tests(Base):\n{SET_UP}{TEST}"
    assert left(f"{DONE}{base}\n{below}") == ["super-order"]


def test_a_set_up_of_another_class():
    source = f"import unittest\n\n{DONE}class Tests(unittest.TestCase):\n{SET_UP}"
    assert left(source + TEST.replace("async ", "").replace("await ", "")) == []


def test_set_ups_with_their_super_calls():
    before = SET_UP.replace(
        "        self.x", "        await super().setUpAsync()\n        self.x"
    )
    after = before.replace("setUpAsync", "asyncSetUp")
    check(f"{DONE}{CLASS}{before}{TEST}", f"{DONE}{CLASS}{after}{TEST}")


def test_aiohttp_closes_a_client_that_no_test_uses():
    test = "    async def test_f(self):\n        assert self.x\n"
    done = SET_UP.replace("setUpAsync(self):\n", f"asyncSetUp(self):\n{UP}")
    check(f"{DONE}{CLASS}{SET_UP}{test}", f"{DONE}{CLASS}{done}{test}")


OF_ITSELF = {
    "aiohttp/__init__.py": "",
    "aiohttp/test_utils.py": "class AioHTTPTestCase: ...",
}


def test_the_tests_of_aiohttp_itself():
    source = f"{HEAD}{CLASS}{SET_UP}    @unittest_run_loop\n{TEST}"
    assert left({"tests/test_it.py": source, **OF_ITSELF}) == []


def test_a_family_of_set_ups():
    base = f"class Base(AioHTTPTestCase):\n{SET_UP}\n"
    below = (
        "class Tests(Base):\n    async def setUpAsync(self):\n"
        f"        await super().setUpAsync()\n        self.y = 1\n\n{TEST}"
    )
    done = base.replace("setUpAsync(self):\n", f"asyncSetUp(self):\n{UP}")
    check(DONE + base + below, DONE + done + below.replace("setUpAsync", "asyncSetUp"))


def test_a_tear_down_closes_the_client_last():
    down = "    async def tearDownAsync(self):\n        await f()\n"
    check(
        f"{DONE}{CLASS}{down}\n{TEST}",
        f"{DONE}{CLASS}    async def asyncTearDown(self):\n        await f()\n{DOWN}\n"
        f"{TEST}",
    )


def test_the_loop_of_the_case_is_the_one_that_runs():
    sync = "    def test_f(self):\n        assert self.loop.run_until_complete(f())\n"
    done = "    async def test_f(self):\n        assert await f()\n"
    check(f"{DONE}{CLASS}{sync}", f"{DONE}{CLASS}{done}")


def test_the_loop_of_a_base_in_another_module():
    base = (
        "from aiohttp.test_utils import AioHTTPTestCase\n\n\n"
        "class Base(AioHTTPTestCase):\n    pass\n"
    )
    head = "from base import Base\n\nfrom app import f\n\n\nclass Tests(Base):\n"
    sync = "    def test_f(self):\n        assert self.loop.run_until_complete(f())\n"
    done = "    async def test_f(self):\n        assert await f()\n"
    check(
        {"tests/base.py": base, "tests/test_it.py": head + sync},
        {"tests/test_it.py": head + done},
    )


def test_a_set_up_that_drives_stays_as_aiohttps_runs_after_it():
    set_up = "    def setUp(self):\n        self.x = asyncio.run(f())\n\n"
    assert left(f"import asyncio\n\n{DONE}{CLASS}{set_up}{TEST}") == ["super-order"]


def test_only_one_of_a_family_is_chosen():
    base = f"{DONE}class Base(AioHTTPTestCase):\n{SET_UP}{TEST}"
    below = (
        "from base import Base\n\n\nclass Tests(Base):\n"
        "    async def setUpAsync(self):\n        await super().setUpAsync()\n"
    )
    files = {"tests/base.py": base, "tests/test_it.py": below}
    found = reasons(files, selected=frozenset({"tests/test_it.py"}))
    assert found == []
    assert left(files, selected=frozenset({"tests/base.py"})) == ["outside-selection"]


def test_a_report_names_the_decorator():
    assert reported(f"{HEAD}{CLASS}    @unittest_run_loop\n{TEST}") == [
        "8:5 AW353 migrate"
    ]
