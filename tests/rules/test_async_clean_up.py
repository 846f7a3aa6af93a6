"""AW204: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

HEAD = "import asyncio\nimport unittest\n\nfrom app import connect, drop\n\n\n"
DONE = "import unittest\n\nfrom app import connect, drop\n\n\n"
CLASS = "class ConnTests(unittest.TestCase):\n"
ISOLATED = "class ConnTests(unittest.IsolatedAsyncioTestCase):\n"
TEST = "\n    def test_open(self):\n        self.assertTrue(self.conn)\n"


def set_up(clean_up: str, name: str = "def setUp") -> str:
    """Return a set-up that connects and registers a clean-up."""
    return f"    {name}(self):\n        self.conn = connect()\n        {clean_up}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("asyncio.run, drop(self.conn)", "drop, self.conn"),
        ("asyncio.run, drop(self.conn, force=True)", "drop, self.conn, force=True"),
        ("lambda: asyncio.run(self.conn.close())", "self.conn.close"),
        ("lambda: asyncio.run(self.conn.close(1))", "self.conn.close, 1"),
    ],
)
def test_what_is_called_is_registered(before, after):
    check(
        HEAD + CLASS + set_up(f"self.addCleanup({before})") + TEST,
        DONE
        + ISOLATED
        + set_up(f"self.addAsyncCleanup({after})", "async def asyncSetUp")
        + TEST,
    )


@pytest.mark.parametrize(
    ("clean_up", "reason"),
    [
        ("self.addCleanup(lambda: asyncio.run(drop(self.conn)))", "drive-in-lambda"),
        ("self.addCleanup(asyncio.run, self.coroutine)", "drive-in-callback"),
        ("self.addCleanup(asyncio.run)", "drive-in-callback"),
        ("self.addClassCleanup(asyncio.run, drop(1))", "drive-in-callback"),
    ],
)
def test_what_may_mean_something_else_later_stays(clean_up, reason):
    source = HEAD + CLASS + set_up(clean_up) + TEST
    assert set(check_unchanged(source)) == {reason}


def test_a_lambda_over_an_attribute_that_is_set_again_stays():
    source = (
        HEAD + CLASS + set_up("self.addCleanup(lambda: asyncio.run(self.conn.x()))")
    )
    source += TEST + "        self.conn = None\n"
    assert set(check_unchanged(source)) == {"drive-in-lambda"}


def test_what_is_reported_and_taken():
    source = HEAD + CLASS + set_up("self.addCleanup(asyncio.run, drop(1))") + TEST
    assert "10:9 AW204 migrate" in reported(source)
    check_taken(source, "AW108", "AW201", "AW202", "AW204")


def test_a_loop_that_the_class_keeps():
    made = set_up(
        "self.loop = asyncio.new_event_loop()\n"
        "        self.addCleanup(self.loop.close)\n"
        "        self.addCleanup(self.loop.run_until_complete, self.conn.close())"
    )
    check(
        HEAD + CLASS + made + TEST,
        DONE
        + ISOLATED
        + set_up("self.addAsyncCleanup(self.conn.close)", "async def asyncSetUp")
        + TEST,
    )
