"""AW108: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f, use\n\n"
MAKE = "def make():\n    print()\n    return asyncio.run(f())\n\n"
ASYNC = "async def make():\n    print()\n    return await f()\n\n"


@pytest.mark.parametrize(
    "call",
    ["use(make)", "[make][0]()", "list(map(use, [make]))", "(lambda m=make: m())()"],
)
def test_what_is_handed_on_stays(call):
    source = f"{HEAD}{MAKE}def test_f():\n    {call}\n"
    assert set(check_unchanged(source)) <= {"helper-escapes", "dynamic-call"}


def test_a_fixture_stays_and_so_does_what_it_shares():
    make = MAKE.replace("asyncio.run(", "asyncio.get_event_loop().run_until_complete(")
    source = f"{HEAD}{make}@pytest.fixture\ndef thing():\n    return make()\n\n"
    assert check_unchanged(f"{source}def test_f(thing):\n    assert thing == make()\n")


def test_a_property_stays():
    assert check_unchanged(
        f"{HEAD}class Helper:\n    @property\n    def value(self):\n"
        "        return asyncio.run(f())\n\n"
        "def test_f():\n    assert Helper().value == asyncio.run(f())\n"
    )


def test_a_fixture_on_loops_of_its_own_drives_the_helper():
    fixture = "@pytest.fixture\ndef thing():\n    return {}\n\n"
    check(
        HEAD + MAKE + fixture.format("make()") + "def test_f(thing):\n"
        "    assert thing == make()\n",
        HEAD + ASYNC + fixture.format("asyncio.run(make())") + "@pytest.mark.asyncio\n"
        "async def test_f(thing):\n    assert thing == await make()\n",
    )


def test_callers_of_callers_in_expressions():
    check(
        f"{HEAD}{MAKE}def twice(x=0):\n    return [make() for _ in range(2)][x]\n\n"
        "def test_f():\n    assert twice()[0] == sum(make() for _ in range(2))\n",
        HEAD.replace("import asyncio\n\n", "") + f"{ASYNC}async def twice(x=0):\n"
        "    return [await make() for _ in range(2)][x]\n\n"
        "@pytest.mark.asyncio\nasync def test_f():\n"
        "    assert (await twice())[0] == sum([await make() for _ in range(2)])\n",
    )


def test_overrides_follow():
    head = HEAD.replace("import asyncio\n\n", "")
    check(
        f"{HEAD}class Base:\n    def make(self):\n        return 1\n\n"
        "class TestF(Base):\n    def make(self):\n        return asyncio.run(f())\n\n"
        "    def test_f(self):\n        assert self.make() > super().make()\n",
        f"{head}class Base:\n    async def make(self):\n        return 1\n\n"
        "class TestF(Base):\n    async def make(self):\n        return await f()\n\n"
        "    @pytest.mark.asyncio\n    async def test_f(self):\n"
        "        assert await self.make() > await super().make()\n",
    )
