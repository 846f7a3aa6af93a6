"""AW205: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

TEST = "    async def test_f(self):\n        self.assertEqual(await f(), 1)\n"
HEAD = "import unittest\nfrom app import f\n\n\n"


def stays(source: str) -> None:
    """Assert that nothing is said of a file, nor done to it."""
    assert check_unchanged(source) == []


@pytest.mark.parametrize(
    "body",
    [
        "def _callTestMethod(self, method):\n        run(method())",
        "def run(self, result=None):\n        super().run(result)",
        "def __getattribute__(self, name):\n        return wrapped(self, name)",
        "def __init__(self, name):\n        super().__init__(name)\n"
        "        setattr(self, name, sync(getattr(self, name)))",
        "def __init_subclass__(cls):\n        setattr(cls, 'test_f', 1)",
    ],
    ids=lambda body: body.partition("(")[0],
)
def test_a_base_that_may_await_its_tests(body):
    base = f"class Base(unittest.TestCase):\n    {body}\n\n\n"
    stays(f"{HEAD}{base}class FTests(Base):\n{TEST}")


@pytest.mark.parametrize(
    "test",
    [
        f"    @synchronised\n{TEST}",
        "    async def test_f(self):\n        yield 1\n",
        "    def test_f(self):\n        async def test_g():\n            await f()\n",
        "    async def helper(self):\n        await f()\n",
    ],
    ids=["decorated", "generator", "inner", "helper"],
)
def test_what_is_no_test_that_unittest_drops(test):
    stays(f"{HEAD}class FTests(unittest.TestCase):\n{test}")


@pytest.mark.parametrize("base", ["object", "unittest.IsolatedAsyncioTestCase"])
def test_classes_whose_tests_are_awaited_or_no_tests(base):
    stays(f"{HEAD}class FTests({base}):\n{TEST}")


def test_a_metaclass_may_do_anything():
    stays(f"{HEAD}class FTests(unittest.TestCase, metaclass=Meta):\n{TEST}")


def test_a_marker_makes_no_difference():
    marked = "    @pytest.mark.asyncio\n"
    source = "import unittest\nimport pytest\nfrom app import f\n\n\n"
    check(
        f"{source}class FTests(unittest.TestCase):\n{marked}{TEST}",
        f"{source}class FTests(unittest.IsolatedAsyncioTestCase):\n{marked}{TEST}",
    )


def test_tests_of_a_mixin():
    mixin = f"class Mixin:\n{TEST}\n\n"
    user = "class FTests(Mixin, unittest.{}):\n    pass\n"
    check(
        HEAD + mixin + user.format("TestCase"),
        HEAD + mixin + user.format("IsolatedAsyncioTestCase"),
    )


def test_beside_tests_that_drive_a_loop():
    class_ = "class FTests(unittest.{}):\n{}    {}def test_g(self):\n        {}\n"
    source = class_.format("TestCase", TEST, "", "assert asyncio.run(f()) == 1")
    check(
        f"import asyncio\n{HEAD}{source}",
        HEAD
        + class_.format(
            "IsolatedAsyncioTestCase", TEST, "async ", "assert await f() == 1"
        ),
    )
    assert reported(f"import asyncio\n{HEAD}{source}") == [
        "6:1 AW201 migrate",
        "7:5 AW205 newly-running",
        "10:16 AW101 migrate",
    ]


def test_what_is_reported():
    source = f"{HEAD}class FTests(unittest.TestCase):\n{TEST}"
    assert reported(source) == ["5:1 AW201 migrate", "6:5 AW205 newly-running"]
    check_taken(source, "AW201", "AW205")


@pytest.mark.parametrize("base", ["TestCase", "IsolatedAsyncioTestCase"])
@pytest.mark.parametrize("name", ["setUp", "tearDown"])
def test_a_set_up_that_is_never_awaited_is_reported(base, name):
    source = f"{HEAD}class FTests(unittest.{base}):\n    async def {name}(self):\n"
    source += "        self.x = await f()\n\n    def test_f(self):\n        pass\n"
    check_unchanged(source)
    assert reported(source) == ["6:5 AW205 report"]


def test_files_without_such_classes_are_not_even_parsed(monkeypatch):
    from awaitify_codemods import Sources, migrate
    from awaitify_codemods.facts.index import Index

    monkeypatch.setattr(Index, "module", None)
    source = f"{HEAD}class FTests(unittest.IsolatedAsyncioTestCase):\n{TEST}"
    paths = frozenset({"test_it.py"})
    assert not migrate(Sources({"test_it.py": source.encode()}, paths, paths)).results
