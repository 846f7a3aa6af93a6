"""AW109: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

HEAD = "import asyncio\n\nfrom app import f\n\n"
TEST = "def test_f():\n    assert asyncio.run(f()) == 1\n"
ASYNC = "async def test_f():\n    assert await f() == 1\n"


@pytest.mark.parametrize("mark", ["anyio", "trio", "twisted"])
def test_a_mark_of_another_framework(mark):
    source = f"import pytest\n{HEAD}@pytest.mark.{mark}\n{TEST}"
    assert check_unchanged(source) == ["anyio-or-trio"]


def test_a_taken_name():
    source = f"{HEAD}from app import pytest\n\n{TEST}"
    assert check_unchanged(source) == ["name-taken"]


def test_a_generator_test():
    source = HEAD + "def test_f():\n    yield asyncio.run(f())\n"
    assert check_unchanged(source) == ["generator-test"]


@pytest.mark.parametrize(
    ("imports", "mark"),
    [
        ("import pytest as pt", "pt.mark.asyncio"),
        ("from pytest import mark", "mark.asyncio"),
        ("from pytest import mark as m", "m.asyncio"),
    ],
)
def test_the_modules_own_name_is_used(imports, mark):
    check(
        f"import asyncio\n\n{imports}\n\nfrom app import f\n\n{TEST}",
        f"{imports}\n\nfrom app import f\n\n@{mark}\n{ASYNC}",
    )


@pytest.mark.parametrize(
    "marks",
    [
        "pytestmark = pytest.mark.asyncio",
        "pytestmark = [pytest.mark.slow, pytest.mark.asyncio]",
    ],
)
def test_a_mark_of_the_module_is_enough(marks):
    check(
        f"import asyncio\n\nimport pytest\n\nfrom app import f\n\n{marks}\n\n{TEST}",
        f"import pytest\n\nfrom app import f\n\n{marks}\n\n{ASYNC}",
    )


def test_the_mark_stands_nearest_the_def():
    check(
        "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
        '@pytest.mark.parametrize("x", [1])\n'
        "@pytest.mark.slow\ndef test_f(x):\n    asyncio.run(f(x))\n",
        'import pytest\n\nfrom app import f\n\n@pytest.mark.parametrize("x", [1])\n'
        "@pytest.mark.slow\n@pytest.mark.asyncio\nasync def test_f(x):\n"
        "    await f(x)\n",
    )


def test_helpers_get_no_mark():
    check(
        "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
        "class TestF:\n    def helper(self):\n        print()\n"
        "        asyncio.run(f())\n\n    def test_f(self):\n        self.helper()\n",
        "import pytest\n\nfrom app import f\n\n"
        "class TestF:\n    async def helper(self):\n        print()\n"
        "        await f()\n\n    @pytest.mark.asyncio\n"
        "    async def test_f(self):\n        await self.helper()\n",
    )


PYTEST = HEAD.replace("asyncio\n\n", "asyncio\n\nimport pytest\n\n")
DONE = "import pytest\n\nfrom app import f\n\n"


@pytest.mark.parametrize(
    "mark",
    [
        "@pytest.mark.asyncio\n",
        "@pytest.mark.slow\n@pytest.mark.asyncio()\n",
        '@pytest.mark.asyncio(loop_scope="module")\n',
    ],
)
def test_a_mark_of_its_own_is_enough(mark):
    check(PYTEST + mark + TEST, DONE + mark + ASYNC)


@pytest.mark.parametrize(
    "head",
    [
        "@pytest.mark.asyncio\nclass TestF:\n",
        "class TestF:\n    pytestmark = pytest.mark.asyncio\n\n",
    ],
)
def test_a_mark_of_the_class_is_enough(head):
    check(
        f"{PYTEST}{head}    def test_f(self):\n        asyncio.run(f())\n",
        f"{DONE}{head}    async def test_f(self):\n        await f()\n",
    )


def test_one_of_several_tests_gets_the_scope_itself():
    loop = "LOOP = asyncio.new_event_loop()\n\n"
    other = "\ndef test_other():\n    assert f\n"
    check(
        PYTEST + loop + TEST.replace("asyncio.run", "LOOP.run_until_complete") + other,
        f'{DONE}@pytest.mark.asyncio(loop_scope="module")\n{ASYNC}{other}',
    )


def test_an_unknown_decorator():
    source = f"{HEAD}from app import g\n\n@g\n{TEST}"
    assert check_unchanged(source) == ["injecting-decorator"]


def test_it_is_taken_by_every_test():
    check_taken(HEAD + TEST, "AW101", "AW109")


def test_the_drive_is_reported_and_not_the_mark():
    assert reported(HEAD + TEST) == ["6:12 AW101 migrate"]
    assert reported(f"import pytest\n{HEAD}@pytest.mark.anyio\n{TEST}") == [
        "8:12 AW101 left anyio-or-trio"
    ]
