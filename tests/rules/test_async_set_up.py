"""AW202: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

HEAD = "import asyncio\nimport unittest\n\nfrom app import close, f, note\n\n\n"
DONE = "import unittest\n\nfrom app import close, f, note\n\n\n"
TEST = "\n    def test_f(self):\n        assert self.x\n"


def case(*methods: str, base: str = "unittest.TestCase") -> str:
    """Return a class with these methods and a test."""
    return f"class FTests({base}):\n" + "\n".join(methods) + TEST


def test_calls_of_super_match():
    base = (
        "class Base(unittest.{}):\n    {}(self):\n        self.y = {}\n\n"
        "    def test_g(self):\n        assert self.y\n\n\n"
    )
    sub = "    {}(self):\n        note()\n        {}super().{}()\n        self.x = 1\n"
    check(
        HEAD
        + base.format("TestCase", "def setUp", "asyncio.run(f())")
        + case(sub.format("def setUp", "", "setUp"), base="Base"),
        DONE
        + base.format("IsolatedAsyncioTestCase", "async def asyncSetUp", "await f()")
        + case(sub.format("async def asyncSetUp", "await ", "asyncSetUp"), base="Base"),
    )


def test_an_override_without_super_still_overrides():
    base = "class Base(unittest.{}):\n    {}(self):\n        self.y = {}\n\n\n"
    check(
        HEAD
        + base.format("TestCase", "def setUp", "asyncio.run(f())")
        + case("    def setUp(self):\n        self.x = 1\n", base="Base"),
        DONE
        + base.format("IsolatedAsyncioTestCase", "async def asyncSetUp", "await f()")
        + case("    async def asyncSetUp(self):\n        self.x = 1\n", base="Base"),
    )


BASE = "class Base(unittest.TestCase):\n    def {}(self):\n        note()\n\n\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "setUp",
            "super().setUp()\n        self.x = asyncio.run(f())",
            "self.x = await f()",
        ),
        (
            "tearDown",
            "asyncio.run(close())\n        super().tearDown()",
            "await close()",
        ),
    ],
)
def test_a_base_that_stays_runs_by_itself_where_that_keeps_the_order(
    name, before, after
):
    new = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}[name]
    isolated = "Base, unittest.IsolatedAsyncioTestCase"
    other = "\n\nclass Other(Base):\n    def test_g(self):\n        assert note\n"
    check(
        HEAD
        + BASE.format(name)
        + case(f"    def {name}(self):\n        {before}\n", base="Base")
        + other,
        DONE
        + BASE.format(name)
        + case(f"    async def {new}(self):\n        {after}\n", base=isolated)
        + other,
    )


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("setUp", "self.x = asyncio.run(f())\n        super().setUp()"),
        ("setUp", "self.x = asyncio.run(f())"),
        ("tearDown", "super().tearDown()\n        asyncio.run(close())"),
        ("tearDown", "asyncio.run(close())"),
        ("setUp", "if note:\n            super().setUp()\n        asyncio.run(f())"),
    ],
)
def test_a_base_that_would_run_at_another_time(name, body):
    source = HEAD + BASE.format(name)
    source += case(f"    def {name}(self):\n        {body}\n", base="Base")
    assert set(check_unchanged(source)) == {"super-order"}


@pytest.mark.parametrize("name", ["setUpClass", "tearDownClass"])
def test_nothing_awaits_the_set_up_of_a_class(name):
    method = (
        f"    @classmethod\n    def {name}(cls):\n        cls.x = asyncio.run(f())\n"
    )
    assert set(check_unchanged(HEAD + case(method))) == {"setUpClass-drive"}


def test_what_is_reported_and_taken():
    source = HEAD + case("    def setUp(self):\n        self.x = asyncio.run(f())\n")
    assert [each for each in reported(source) if "AW202" in each] == [
        "8:5 AW202 migrate"
    ]
    check_taken(source, "AW101", "AW108", "AW201", "AW202")
