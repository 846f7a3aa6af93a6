"""P16: plain classes, their bases and overrides; other classes keep their own way."""

import pytest

from tests.traps.support import check, left, run, texts

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
DONE = "import pytest\n\nfrom app import f\n\n"


def test_a_test_method_becomes_async():
    check(
        HEAD + "class TestF:\n    def test_f(self):\n        assert asyncio.run(f())\n",
        DONE + "class TestF:\n    @pytest.mark.asyncio\n    async def test_f(self):\n"
        "        assert await f()\n",
    )


@pytest.mark.parametrize("kind", ["staticmethod", "classmethod"])
def test_the_mark_of_a_static_method_stands_nearest_the_def(kind):
    argument = "" if kind == "staticmethod" else "cls"
    check(
        HEAD + f"class TestF:\n    @{kind}\n    def test_f({argument}):\n"
        "        assert asyncio.run(f())\n",
        DONE + f"class TestF:\n    @{kind}\n    @pytest.mark.asyncio\n"
        f"    async def test_f({argument}):\n        assert await f()\n",
    )


def test_helpers_of_a_class_are_runners_too():
    check(
        HEAD + "class TestF:\n    @staticmethod\n    def go(c):\n"
        "        return asyncio.run(c)\n\n    def run(self, c):\n"
        "        return self.go(c)\n\n    def test_f(self):\n"
        "        assert self.run(f()) == TestF.go(f())\n",
        DONE + "class TestF:\n    @pytest.mark.asyncio\n    async def test_f(self):\n"
        "        assert await f() == await f()\n",
    )


def test_a_base_in_another_module_and_its_overrides():
    check(
        {
            "tests/base.py": HEAD + "class Base:\n    def test_f(self):\n"
            "        assert asyncio.run(f())\n",
            "tests/test_it.py": "import pytest\n\nfrom base import Base\n\n"
            "class TestOne(Base):\n    pass\n\n"
            "class TestTwo(Base):\n    def test_f(self):\n"
            "        super().test_f()\n        assert self\n",
        },
        {
            "tests/base.py": DONE + "class Base:\n    @pytest.mark.asyncio\n"
            "    async def test_f(self):\n        assert await f()\n",
            "tests/test_it.py": "import pytest\n\nfrom base import Base\n\n"
            "class TestOne(Base):\n    pass\n\n"
            "class TestTwo(Base):\n    @pytest.mark.asyncio\n"
            "    async def test_f(self):\n"
            "        await super().test_f()\n        assert self\n",
        },
    )


OVERRIDES = {
    "does not drive": "        c.close()\n        return 1\n",
    "does more": "        return super().go(c) + 1\n",
    "records": "        self.count = 1\n        return asyncio.run(c)\n",
}


@pytest.mark.parametrize("body", OVERRIDES.values(), ids=OVERRIDES)
def test_a_runner_method_that_is_overridden_stays(body):
    assert left(
        HEAD + "class Base:\n    def go(self, c):\n        return asyncio.run(c)\n\n"
        "    def test_f(self):\n        assert self.go(f()) == self.expected\n\n"
        "class TestOne(Base):\n    expected = 1\n\n"
        f"class TestTwo(Base):\n    expected = 2\n\n    def go(self, c):\n{body}"
    )


def test_a_helper_method_that_is_overridden_becomes_async_with_its_overrides():
    check(
        HEAD + "class Base:\n    def make(self):\n        return asyncio.run(f())\n\n"
        "    def test_f(self):\n        assert self.make() == 1\n\n"
        "class TestOne(Base):\n    pass\n\n"
        "class TestTwo(Base):\n    def make(self):\n        return 1\n",
        DONE + "class Base:\n    async def make(self):\n        return await f()\n\n"
        "    @pytest.mark.asyncio\n    async def test_f(self):\n"
        "        assert await self.make() == 1\n\n"
        "class TestOne(Base):\n    pass\n\n"
        "class TestTwo(Base):\n    async def make(self):\n        return 1\n",
    )


BASES = {
    "django": (
        "from django.test import LiveServerTestCase\n",
        "LiveServerTestCase",
    ),
    "tornado": ("from tornado.testing import AsyncTestCase\n", "AsyncTestCase"),
    "unknown": ("from somewhere import Base\n", "Base"),
    "computed": ("from somewhere import make\n", "make()"),
    "metaclass": ("import abc\n", "metaclass=abc.ABCMeta"),
}


@pytest.mark.parametrize(("imports", "base"), BASES.values(), ids=BASES)
def test_a_class_with_a_base_of_its_own_way_stays(imports, base):
    source = f"{imports}{HEAD}class TestF({base}):\n    def test_f(self):\n"
    assert left(source + "        assert asyncio.run(f())\n") == ["foreign-base"]


@pytest.mark.parametrize(
    "base", ["object", "abc.ABC", "Generic[T]", "Protocol", "Base", "Base[int]"]
)
def test_a_class_with_a_plain_base_is_plain(base):
    start = (
        "import abc\nfrom typing import Generic, Protocol, TypeVar\n\nimport pytest\n\n"
        'from app import f\n\nT = TypeVar("T")\n\n'
        "class Base(Generic[T]):\n    x = 1\n\n"
    )
    check(
        f"import asyncio\n{start}class TestF({base}):\n    def test_f(self):\n"
        "        assert asyncio.run(f())\n",
        f"{start}class TestF({base}):\n    @pytest.mark.asyncio\n"
        "    async def test_f(self):\n        assert await f()\n",
    )


@pytest.mark.parametrize("where", ["tests/test_it.py", "tests/mixins.py"])
def test_a_mixin_of_plain_and_unittest_classes_is_awaited_in_both(where):
    mixin = HEAD + "class Mixin:\n    def test_f(self):\n        asyncio.run(f())\n\n"
    users = (
        "class TestOne(Mixin):\n    pass\n\n"
        "class TestTwo(Mixin, unittest.TestCase):\n    pass\n"
    )
    if where.endswith("mixins.py"):
        imports = "import unittest\n\nfrom mixins import Mixin\n\n"
        files = {where: mixin, "tests/test_it.py": imports + users}
    else:
        files = {where: "import unittest\n" + mixin + users}
    gone = "import asyncio\n\n" if where.endswith("mixins.py") else "import asyncio\n"
    awaited = "    @pytest.mark.asyncio\n    async def test_f(self):\n        await f()"
    check(
        files,
        {
            path: text.replace(gone, "")
            .replace("    def test_f(self):\n        asyncio.run(f())", awaited)
            .replace("unittest.TestCase", "unittest.IsolatedAsyncioTestCase")
            for path, text in files.items()
        },
    )


@pytest.mark.parametrize(
    "use",
    [
        "on_event(self.make)",
        "on_event(callback=self.make)",
        "Mock(side_effect=self.make)()",
        'getattr(self, "make")()',
        'patch.object(self, "make").start()',
        "self.makers = [self.make]",
        "on_event.make = self.make",
        "also = TestF.make",
    ],
)
def test_a_method_that_escapes_stays(use):
    assert left(
        "from unittest.mock import Mock, patch\n\nfrom app import on_event\n"
        + HEAD
        + "class TestF:\n    def make(self):\n        return asyncio.run(f())\n\n"
        f"    def test_other(self):\n        {use}\n\n"
        "    def test_f(self):\n        assert self.make() == 1\n"
    )


@pytest.mark.parametrize("name", ["setup_class", "teardown_class"])
def test_what_pytest_calls_without_awaiting_stays(name):
    check(
        HEAD
        + f"class TestF:\n    def {name}(self):\n        self.x = asyncio.run(f())\n"
        "\n    def test_f(self):\n        assert asyncio.run(f()) == 1\n",
        HEAD
        + f"class TestF:\n    def {name}(self):\n        self.x = asyncio.run(f())\n"
        "\n    @pytest.mark.asyncio\n    async def test_f(self):\n"
        "        assert await f() == 1\n",
    )


KEPT = (
    "class TestF:\n    def setup_method(self):\n"
    "        self.loop = asyncio.new_event_loop()\n"
)
DRIVEN = "\n    def test_f(self):\n        self.loop.run_until_complete(f())\n"


def test_a_loop_that_is_all_a_set_up_makes_goes_with_it():
    check(
        HEAD + KEPT + DRIVEN,
        DONE + "class TestF:\n    @pytest.mark.asyncio\n"
        "    async def test_f(self):\n        await f()\n",
    )


def test_a_loop_beside_what_may_need_it_stays():
    assert left(f"{HEAD}{KEPT}        self.x = f\n{DRIVEN}") == ["multi-loop"]


def test_a_loop_that_a_set_up_hands_on_is_the_one_that_runs():
    made = "        self.x = Client(loop=self.loop)\n"
    set_up = (
        "class TestF:\n    @pytest_asyncio.fixture(autouse=True)\n"
        "    async def _setup(self):\n"
        "        self.loop = asyncio.get_running_loop()\n"
    )
    test = (
        "\n    @pytest.mark.asyncio\n    async def test_f(self):\n        await f()\n"
    )
    head = HEAD.replace("import pytest\n", "import pytest\nimport pytest_asyncio\n")
    check(HEAD + KEPT + made + DRIVEN, head + set_up + made + test)


def test_a_runner_method_that_may_be_called_on_what_is_not_known_is_kept():
    helper = (
        "class Base:\n    def drive(self, coro):\n        return asyncio.run(coro)\n\n"
    )
    migrated = run(
        texts(
            HEAD + helper + "class TestF(Base):\n    def test_f(self):\n"
            "        assert self.drive(f()) == 1\n\n"
            "def call(other):\n    return other.drive(f())\n"
        )
    )
    found = b"".join(filter(None, migrated.results.values()))
    assert not found or b"def drive(self" in found
