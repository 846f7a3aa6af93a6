"""AW108: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

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
    source += "THING = thing\n\n"
    assert check_unchanged(f"{source}def test_f(thing):\n    assert thing == make()\n")


def test_a_property_stays():
    assert check_unchanged(
        f"{HEAD}class Helper:\n    @property\n    def value(self):\n"
        "        return asyncio.run(f())\n\n"
        "def test_f():\n    assert Helper().value == asyncio.run(f())\n"
    )


def test_a_fixture_that_stays_drives_the_helper():
    fixture = "@pytest.fixture\ndef thing():\n    return {}\n\nTHING = thing\n\n"
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


@pytest.mark.parametrize(
    ("call", "awaited"),
    [
        ("make()", "await make()"),
        ("make().x", "(await make()).x"),
        ("use(make(), make())", "use(await make(), await make())"),
        ("[make() for _ in use]", "[await make() for _ in use]"),
        ("not make()", "not await make()"),
    ],
)
def test_calls(call, awaited):
    check(
        f"{HEAD}{MAKE}def test_f():\n    assert {call} == use\n",
        HEAD.replace("import asyncio\n\n", "") + f"{ASYNC}@pytest.mark.asyncio\n"
        f"async def test_f():\n    assert {awaited} == use\n",
    )


@pytest.mark.parametrize("decorator", ["staticmethod", "classmethod"])
def test_methods(decorator):
    legacy = f"class Box:\n    @{decorator}\n    def make(*given):\n        "
    done = legacy.replace("def", "async def")
    check(
        f"{HEAD}{legacy}return [asyncio.run(f())]\n\n"
        "def test_f():\n    assert Box.make()\n",
        HEAD.replace("import asyncio\n\n", "") + f"{done}return [await f()]\n\n"
        "@pytest.mark.asyncio\nasync def test_f():\n    assert await Box.make()\n",
    )


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("class Box:\n    def __len__(self):\n        return {}\n", "helper-escapes"),
        ("def made():\n    yield {}\n", "generator-test"),
        ("def made():\n    return {}\n\nVALUE = made()\n", "drive-at-import"),
    ],
    ids=["special method", "generator", "called at import"],
)
def test_refusals(definition, reason):
    definition = definition.format("[asyncio.run(f())]")
    assert check_unchanged(HEAD + definition) == [reason]


def test_it_takes_the_drive_and_the_marker_too():
    test = "def test_f():\n    assert make() == 1\n"
    check_taken(HEAD + MAKE + test, "AW101", "AW108", "AW109")


def test_every_site_is_reported():
    test = "def test_f():\n    assert {} == 1\n"
    assert reported(HEAD + MAKE + test.format("make()")) == [
        "7:1 AW108 migrate",
        "9:12 AW101 migrate",
    ]
    assert reported(HEAD + MAKE + test.format("use(make)")) == [
        "9:12 AW101 left helper-escapes"
    ]
