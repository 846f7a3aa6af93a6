"""AW203: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

HEAD = "import asyncio\nimport unittest\n\nfrom app import Client, f, note\n\n\n"
DONE = "import unittest\n\nfrom app import Client, f, note\n\n\n"
CLASS = "class FTests(unittest.TestCase):\n"
ISOLATED = "class FTests(unittest.IsolatedAsyncioTestCase):\n"
TEST = "    def test_f(self):\n        assert self.loop.run_until_complete(f()) == 1\n"
AWAITED = "    async def test_f(self):\n        assert await f() == 1\n"


def set_up(*lines: str, name: str = "setUp") -> str:
    """Return a set-up with a body."""
    return f"    def {name}(self):\n" + "".join(f"        {line}\n" for line in lines)


MADE = "self.loop = asyncio.new_event_loop()"


@pytest.mark.parametrize(
    "ending",
    [
        "self.addCleanup(self.loop.close)",
        "asyncio.set_event_loop(self.loop)",
        "asyncio.set_event_loop(None)",
        "self.addCleanup(asyncio.set_event_loop, None)",
        "self.addCleanup(asyncio.set_event_loop_policy, None)",
    ],
)
def test_what_installs_and_ends_it_goes_too(ending):
    tear_down = set_up(
        "self.loop.close()", "asyncio.set_event_loop(None)", name="tearDown"
    )
    check(
        HEAD + CLASS + set_up(MADE, ending) + "\n" + tear_down + "\n" + TEST,
        DONE + ISOLATED + AWAITED,
    )


def test_what_else_a_set_up_does_stays():
    check(
        HEAD + CLASS + set_up("note()", MADE, "super().setUp()") + "\n" + TEST,
        DONE + ISOLATED + set_up("note()", "super().setUp()") + "\n" + AWAITED,
    )


def test_a_loop_of_the_class():
    made = f"    @classmethod\n    def setUpClass(cls):\n        cls.{MADE[5:]}\n\n"
    check(HEAD + CLASS + made + TEST, DONE + ISOLATED + AWAITED)


def test_a_loop_in_the_body_of_the_class():
    made = "    loop = asyncio.new_event_loop()\n\n"
    check(HEAD + CLASS + made + TEST, DONE + ISOLATED + AWAITED)


def test_a_loop_of_a_test_that_stays_stays():
    other = "\n    def test_g(self):\n        self.loop.run_forever()\n"
    source = HEAD + CLASS + set_up(MADE) + "\n" + TEST + other
    assert set(check_unchanged(source)) == {"multi-loop", "run-forever"}


def test_a_sync_test_that_hands_the_loop_on_becomes_async():
    other = "\n    {}test_g(self):\n        assert Client(self.loop)\n"
    running = "    async def asyncSetUp(self):\n        self.loop = {}\n\n"
    check(
        HEAD + CLASS + set_up(MADE) + "\n" + TEST + other.format("def "),
        HEAD
        + ISOLATED
        + running.format("asyncio.get_running_loop()")
        + AWAITED
        + other.format("async def "),
    )


def test_what_is_reported_and_taken():
    source = HEAD + CLASS + set_up(MADE) + "\n" + TEST
    assert reported(source) == ["7:1 AW201 migrate", "12:16 AW102 migrate"]
    check_taken(source, "AW102", "AW109", "AW201", "AW203")
