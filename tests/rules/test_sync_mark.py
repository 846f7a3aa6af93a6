"""AW315: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project

HEAD = "import pytest\n\nfrom app import f, g\n\n\n"
MARK = "@pytest.mark.asyncio\n"
SYNC = "def test_g():\n    assert g()\n"
TEST = "async def test_f():\n    await f()\n"
METHOD = "    async def test_f(self):\n        await f()\n"


@pytest.mark.parametrize(
    "code",
    [
        f"{MARK}def test_g():\n    return f()\n",
        f"{MARK}@asynchronous\n{SYNC}",
        f"{MARK}@functools.wraps(g)\n{SYNC}",
        f"{MARK}def check_g():\n    assert g()\n",
        f"{MARK}async def check_g():\n    assert await f()\n",
        f"{MARK}{TEST}",
        f"@pytest.mark.slow\n{SYNC}",
    ],
    ids=["returns", "unknown", "wraps", "collected?", "async", "test", "other"],
)
def test_what_may_have_a_meaning(code):
    assert check_unchanged(HEAD + code) == []


@pytest.mark.parametrize(
    ("around", "own"),
    [
        ("", '(loop_scope="module")'),
        ('(loop_scope="module")', ""),
        ('(loop_scope="module")', '(loop_scope="session")'),
        ("", "(**options)"),
    ],
)
def test_markers_that_differ(around, own):
    code = f"pytestmark = pytest.mark.asyncio{around}\n\n\n"
    code += f"@pytest.mark.asyncio{own}\n{TEST}"
    assert check_unchanged(HEAD + code) == []


def test_the_nearest_of_those_around_decides():
    code = (
        'pytestmark = pytest.mark.asyncio\n\n\n@pytest.mark.asyncio(loop_scope="class'
    )
    code += f'")\nclass TestF:\n    {MARK}{METHOD}'
    assert check_unchanged(HEAD + code) == []


def test_another_module_collects_the_test():
    base = f"pytestmark = pytest.mark.asyncio\n\n\nclass TestF:\n    {MARK}{METHOD}"
    other = "from test_it import TestF\n\n\nclass TestG(TestF):\n    pass\n"
    files = {"test_it.py": HEAD + base, "test_other.py": other}
    check_project(files, files)


def test_a_test_that_becomes_async_keeps_it():
    test = "def test_f():\n    asyncio.run(f())\n"
    head = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n\n"
    check(head + MARK + test, head[16:] + MARK + TEST)


def test_a_helper_that_is_called():
    helper = "def check_g():\n    assert g()\n"
    test = "\n\ndef test_g():\n    check_g()\n"
    head = "from app import f, g\n\n\n"
    check(HEAD + MARK + helper + test, head + helper + test)


def test_an_async_helper_and_an_inner_function():
    helper = "async def check_f():\n    assert await f()\n"
    test = "\n\n{}async def test_f():\n    {}def inner():\n        g()\n\n"
    test += "    await check_f(inner)\n"
    check(
        HEAD + MARK + helper + test.format(MARK, MARK + "    "),
        HEAD + helper + test.format(MARK, ""),
    )


@pytest.mark.parametrize(
    "around",
    [
        "pytestmark = pytest.mark.asyncio\n\n\n",
        "pytestmark = [pytest.mark.slow, pytest.mark.asyncio()]\n\n\n",
        'pytestmark = [pytest.mark.asyncio(loop_scope="function")]\n\n\n',
    ],
)
def test_the_marker_of_the_module_twice(around):
    check(HEAD + around + MARK + TEST, HEAD + around + TEST)


def test_old_and_new_names_of_the_scope():
    around = "pytestmark = pytest.mark.asyncio({}='module')\n\n\n"
    own = '@pytest.mark.asyncio(loop_scope="module")\n'
    check(
        HEAD + around.format("scope") + own + TEST,
        HEAD + around.format("loop_scope") + TEST,
    )


def test_methods_of_unittest():
    head = "import unittest\n\nimport pytest\n\nfrom app import g\n\n\n"
    method = "class FTests(unittest.TestCase):\n    {}def test_g(self):\n        g()\n"
    check(
        head + method.format(MARK + "    "),
        head.replace("import pytest\n\n", "") + method.format(""),
    )


def test_a_module_of_both_kinds():
    check(
        f"{HEAD}pytestmark = [pytest.mark.asyncio]\n\n\n{TEST}\n\n{SYNC}",
        f"{HEAD}{MARK}{TEST}\n\n{SYNC}",
    )


def test_other_marks_of_the_module_stay():
    marks = (
        "pytestmark = [\n    # slow\n    pytest.mark.slow,\n"
        "    pytest.mark.asyncio,  # async\n]\n\n\n"
    )
    check(
        HEAD + marks + TEST + "\n\n" + SYNC,
        HEAD
        + marks.replace("    pytest.mark.asyncio,  # async\n", "").replace(
            "mark.slow,", "mark.slow,  # async"
        )
        + f"{MARK}{TEST}\n\n{SYNC}",
    )


def test_a_loop_scope_goes_along():
    check(
        f'{HEAD}pytestmark = pytest.mark.asyncio(scope="module")\n\n\n{TEST}\n\n{SYNC}',
        f'{HEAD}@pytest.mark.asyncio(loop_scope="module")\n{TEST}\n\n{SYNC}',
    )


def test_a_class_of_both_kinds():
    body = "    @pytest.mark.x\n    async def test_f(self):\n        await f()\n\n"
    own = body.replace("    async", "    @pytest.mark.asyncio\n    async")
    sync = "    def test_g(self):\n        assert g()\n"
    check(f"{HEAD}{MARK}class TestF:\n{body}{sync}", f"{HEAD}class TestF:\n{own}{sync}")


def test_one_that_has_its_own_keeps_it():
    check(
        f"{HEAD}pytestmark = pytest.mark.asyncio\n\n\n{MARK}{TEST}\n\n{SYNC}",
        f"{HEAD}{MARK}{TEST}\n\n{SYNC}",
    )


def test_one_that_becomes_async_gets_one():
    drive = "def test_h():\n    assert asyncio.run(g()) == 1\n"
    check(
        f"import asyncio\n\n{HEAD}pytestmark = pytest.mark.asyncio\n\n\n"
        f"{drive}\n\n{SYNC}",
        f"{HEAD}{MARK}async def test_h():\n    assert await g() == 1\n\n\n{SYNC}",
    )


def test_the_loop_of_a_fixture_goes_along():
    fixture = (
        '@pytest.fixture(scope="module")\nasync def client():\n    return await f()\n'
    )
    test = "async def test_f(client):\n    assert client\n"
    check(
        f"{HEAD}pytestmark = pytest.mark.asyncio\n\n\n{fixture}\n\n{test}\n\n{SYNC}",
        HEAD.replace("import pytest\n", "import pytest\nimport pytest_asyncio\n")
        + '@pytest_asyncio.fixture(scope="module", loop_scope="module")\n'
        + "async def client():\n    return await f()\n\n\n"
        + f'@pytest.mark.asyncio(loop_scope="module")\n{test}\n\n{SYNC}',
    )


@pytest.mark.parametrize(
    "more",
    [
        "from tests.base import *",
        "from tests.base import TestBase",
        "from tests.base import test_other",
        "test_other = make(f)",
        "@wrapped\nasync def test_h():\n    await f()\n",
        "class TestH(Base):\n    async def test_h(self):\n        await f()\n",
        "print(pytestmark)",
    ],
)
def test_a_marker_for_what_is_not_known_is_reported(more: str):
    mark = "pytestmark = pytest.mark.asyncio\n\n\n"
    source = f"{HEAD}{mark}{more}\n\n\n{TEST}\n\n{SYNC}"
    check_unchanged(source)
    assert reported(source) == ["6:14 AW315 report"]


def test_a_marker_that_a_test_must_keep_stays():
    mark = "pytestmark = pytest.mark.asyncio\n\n\n"
    test = TEST.replace("def test_f():", "def test_f():  # awaitify: ignore[AW315]")
    source = f"{HEAD}{mark}{test}\n\n{SYNC}"
    assert test != TEST
    assert "outside-selection" not in check_unchanged(source)


def test_what_is_reported():
    assert reported(HEAD + MARK + SYNC) == ["7:1 AW315 migrate"]


def test_a_comment_keeps_it():
    source = f"{HEAD}# awaitify: ignore[AW315]\n{MARK}{SYNC}"
    assert check_unchanged(source) == []
