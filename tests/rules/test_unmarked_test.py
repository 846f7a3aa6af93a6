"""AW316: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project

HEAD = "import pytest\n\nfrom app import f\n\n\n"
TEST = "async def test_f():\n    await f()\n"
METHOD = "    async def test_f(self):\n        await f()\n"
MARKED = f"@pytest.mark.asyncio\n{TEST}"


@pytest.mark.parametrize(
    "code",
    [
        "pytestmark = pytest.mark.asyncio\n\n\n" + TEST,
        "pytestmark = (pytest.mark.x, pytest.mark.asyncio())\n\n\n" + TEST,
        f"@pytest.mark.asyncio\nclass TestF:\n{METHOD}",
        f"class TestF:\n    pytestmark = [pytest.mark.asyncio]\n\n{METHOD}",
        "@pytest.mark.asyncio\nclass Base:\n    x = 1\n\n\nclass TestF(Base):\n"
        + METHOD,
        f"asynchronous = pytest.mark.asyncio\n\n\n@asynchronous\n{TEST}",
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.asyncio)])\n'
        "async def test_f(x):\n    await f()\n",
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=[pytest.mark.asyncio('
        'loop_scope="module")])])\nasync def test_f(x):\n    await f()\n',
    ],
)
def test_marked_already(code):
    assert check_unchanged(HEAD + code) == []


@pytest.mark.parametrize(
    "code",
    [
        "async def helper():\n    await f()\n",
        "def test_f():\n    async def test_inner():\n        await f()\n",
        f"class Checker:\n{METHOD}",
        f"class TestF:\n    def __init__(self):\n        self.x = 1\n\n{METHOD}",
        f"import unittest\n\n\nclass F(unittest.IsolatedAsyncioTestCase):\n{METHOD}",
        f"from twisted.trial.unittest import TestCase\n\n\nclass TestF:\n{METHOD}\n\n"
        "class TestTrial(TestF, TestCase):\n    pass\n",
    ],
    ids=["helper", "inner", "not collected", "constructor", "unittest", "mixin"],
)
def test_what_is_no_test_of_pytest(code):
    assert check_unchanged(HEAD + code) == []


def test_one_that_would_start_a_loop_inside_of_one():
    code = f"import asyncio\n\n{HEAD}async def test_f():\n    asyncio.run(f())\n"
    assert check_unchanged(code) == ["nested-drive"]


@pytest.mark.parametrize(
    "code",
    [
        f"@pytest.mark.anyio\n{TEST}",
        f"pytestmark = pytest.mark.trio\n\n\n{TEST}",
        f"import trio\n\n\n{TEST}",
        "async def test_f(aiohttp_client):\n    await f()\n",
        f"@pytest.mark.gen_test\n{TEST}",
        f"@asynchronous\n{TEST}",
        f"class TestF(Base):\n{METHOD}",
        f"{TEST}\n\nHANDLERS = [test_f]\n",
    ],
)
def test_what_else_may_run_it(code):
    assert check_unchanged(HEAD + code) == []


def test_a_runner_that_is_left():
    runner = (
        "import asyncio\n\n\ndef driven(g):\n    def wrapper():\n"
        "        asyncio.run(g())\n    return wrapper\n\n\n"
    )
    test = "@driven\nasync def test_f(thing=None):\n    await thing\n"
    assert check_unchanged(f"{runner}{test}") == ["helper-escapes"]


def test_a_generator():
    code = "async def test_f():\n    yield await f()\n"
    assert check_unchanged(HEAD + code) == ["generator-test"]


def test_a_name_that_is_taken():
    assert check_unchanged(f"pytest = None\n\n\n{TEST}") == ["name-taken"]


@pytest.mark.parametrize("mode", ["auto", "anyio", "trio"])
def test_other_modes(mode):
    files = {"test_it.py": HEAD + TEST}
    check_project(files, files, modes={"": mode})


@pytest.mark.parametrize(
    "hook",
    [
        "def pytest_pyfunc_call(pyfuncitem):\n    run(pyfuncitem)\n",
        "def pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        item.add_marker(pytest.mark.asyncio)\n",
        "def pytest_itemcollected(item):\n    item.obj = wrapped(item.obj)\n",
    ],
)
def test_a_hook_that_may_run_it(hook):
    files = {"conftest.py": hook, "tests/test_it.py": HEAD + TEST}
    check_project(files, files)
    plugin = {"conftest.py": 'pytest_plugins = ["tests.plugin"]\n'}
    plugin |= {"tests/plugin.py": hook, "tests/__init__.py": ""}
    check_project(
        {**plugin, "tests/test_it.py": HEAD + TEST},
        {**plugin, "tests/test_it.py": HEAD + TEST},
    )


def test_a_hook_that_only_skips():
    hook = (
        "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
        '    for item in items:\n        item.add_marker(pytest.mark.skip("slow"))\n'
    )
    files = {"conftest.py": hook, "test_it.py": HEAD + TEST}
    check_project(files, {**files, "test_it.py": HEAD + MARKED})


@pytest.mark.parametrize("plugin", ["pytest_tornasync", "pytest_asyncio_cooperative"])
def test_an_installed_plugin_that_runs_them(plugin):
    files = {"test_it.py": HEAD + TEST}
    check_project(files, files, foreign={plugin: "hook = 1\n"})


def test_files_that_pytest_does_not_collect():
    files = {"tests/helpers.py": HEAD + TEST, "tests/conftest.py": HEAD + TEST}
    check_project(files, files)


def test_other_decorators_stay_above():
    above = '@pytest.mark.parametrize("x", [1])\n@mock.patch("app.g")\n'
    test = "async def test_f(g, x):\n    await f()\n"
    head = "from unittest import mock\n\n" + HEAD
    check(head + above + test, f"{head}{above}@pytest.mark.asyncio\n{test}")


def test_classes_and_their_bases():
    base = f"class Base:\n{METHOD}\n\nclass TestF(Base):\n    pass\n"
    mark = "    @pytest.mark.asyncio\n"
    check(HEAD + base, HEAD + base.replace(METHOD, mark + METHOD))


def test_the_loop_of_its_fixtures():
    conftest = (
        "import pytest_asyncio\n\n\n"
        '@pytest_asyncio.fixture(scope="session", loop_scope="session")\n'
        "async def client():\n    yield 1\n"
    )
    test = "async def test_f(client):\n    assert client\n"
    mark = '@pytest.mark.asyncio(loop_scope="session")\n'
    files = {"conftest.py": conftest, "test_it.py": HEAD + test}
    check_project(files, {**files, "test_it.py": HEAD + mark + test})
    check_project(
        files,
        {**files, "test_it.py": f"{HEAD}@pytest.mark.asyncio\n{test}"},
        loop_scopes={"": ("session", "session")},
    )


def test_what_is_reported():
    assert reported(HEAD + TEST) == ["6:1 AW316 newly-running"]


def test_a_comment_keeps_it():
    source = f"{HEAD}# awaitify: ignore[AW316]\n{TEST}"
    assert check_unchanged(source) == []
