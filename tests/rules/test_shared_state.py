"""AW334: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods import Choice, Settings, migrate
from awaitify_codemods.plan import MIGRATE, REPORT, REVIEW
from tests.traps.support import sources, texts

APP = """
import asyncio

class Hub:
    _instance = None

    def __init__(self):
        self.loop = asyncio.get_running_loop()

    @classmethod
    async def get(cls):
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance
"""
GLOBAL = """
import asyncio

_task = None

async def work():
    pass

def start():
    global _task
    if not _task:
        _task = asyncio.create_task(work())
    return _task
"""
TESTS = """
import asyncio

import pytest

from app import Hub


@pytest.mark.asyncio
async def test_a():
    assert await Hub.get()


@pytest.mark.asyncio
async def test_b():
    assert await Hub.get()
"""


def found(app=APP, tests=TESTS, unsafe=True, **more: str):
    """Return what becomes of the tests' file, and what is said of state."""
    files = texts({"app.py": app, "test_it.py": tests, **more})
    migrated = migrate(sources(files), Settings(Choice(unsafe=unsafe)))
    assert not migrated.errors and not migrated.bugs
    said = [each for each in migrated.plan.findings if each.rule == "AW334"]
    result = (migrated.results.get("test_it.py") or b"").decode()
    return result, [each.status for each in said]


NOTHING_KEPT = {
    "made each time": APP.replace("        if cls._instance is None:\n    ", ""),
    "no loop": APP.replace("asyncio.get_running_loop()", "{}"),
    "a new loop": APP.replace("get_running_loop", "new_event_loop"),
    "a lock": APP.replace("get_running_loop", "Lock"),
    "a method remembers": APP.replace("def __init__", "def start"),
    "perhaps": APP.replace("        self.loop", "        if self: self.loop"),
    "set back": f"{APP}\n\ndef reset():\n    Hub._instance = None\n",
    "set elsewhere": f"{APP}\n\nHub._instance = 3\n",
    "by name": f'{APP}\n\ndef clear():\n    setattr(Hub, "_instance", None)\n',
    "not empty": APP.replace("_instance = None", "_instance = object()"),
}


@pytest.mark.parametrize("app", NOTHING_KEPT.values(), ids=NOTHING_KEPT)
def test_what_is_not_certain_is_not_mentioned(app):
    assert found(app) == ("", [])


NOT_SHARED = {
    "one test": TESTS.partition("\n\n@pytest.mark.asyncio\nasync def test_b")[0],
    "one loop": TESTS.replace("asyncio\nasync", 'asyncio(loop_scope="module")\nasync'),
    "perhaps": TESTS.replace("    assert await Hub", "    assert SLOW or await Hub"),
    "not run": TESTS.replace("@pytest.mark.asyncio\n", "@pytest.mark.anyio\n"),
    "set back": f"{TESTS}\n\ndef setup_function():\n    Hub._instance = None\n",
    "patched": f'{TESTS}\n\nPATCH = ("app.Hub._instance", None)\n',
    "loaded again": f"{TESTS}\n\ndef fresh():\n    importlib.reload(app)\n",
}


@pytest.mark.parametrize("tests", NOT_SHARED.values(), ids=NOT_SHARED)
def test_tests_that_share_nothing_for_certain(tests):
    assert found(tests=tests) == ("", [])


def test_a_conftest_that_sets_it_back():
    conftest = (
        "import app\n\n\ndef pytest_runtest_setup():\n    app.Hub._instance = None\n"
    )
    assert found(**{"conftest.py": conftest}) == ("", [])


def test_it_is_reported():
    assert found(unsafe=False) == ("", [REVIEW])
    result, said = found()
    assert said == [MIGRATE]
    assert "    assert Hub._instance is None" in result
    assert '    monkeypatch.setattr(Hub, "_instance", None)\n\n\n@pytest' in result


@pytest.mark.parametrize(
    "fixture",
    [
        "import pytest\nfrom app import Hub\n\n\n@pytest.fixture(autouse=True)\n"
        "async def hub():\n    return await Hub.get()\n",
        "import pytest_asyncio\nfrom app import Hub\n\n\n"
        '@pytest_asyncio.fixture(scope="session")\n'
        "async def hub():\n    return await Hub.get()\n",
    ],
    ids=["autouse", "session"],
)
def test_where_a_fixture_makes_it_first_it_is_only_reported(fixture):
    tests = TESTS.replace("test_a()", "test_a(hub)")
    result, said = found(tests=tests, **{"conftest.py": fixture})
    assert "_clean" not in result
    assert said in ([REPORT], [])


@pytest.mark.parametrize("name", ["_clean_instance", "_clean_instance_too"])
def test_a_name_that_is_taken(name):
    result, said = found(**{"helpers.py": f"def {name}(): pass\n"})
    assert bool(result) == name.endswith("too")
    assert said == ([MIGRATE] if result else [REPORT])


def test_a_global_that_keeps_a_task():
    tests = TESTS.replace("from app import Hub", "from app import start")
    tests = tests.replace("await Hub.get()", "start()")
    result, said = found(GLOBAL, tests)
    assert said == [MIGRATE]
    assert "import app\n" in result
    assert "    assert app._task is None" in result
    assert '    monkeypatch.setattr(app, "_task", None)' in result


def test_tests_of_a_class_and_of_unittest():
    method = "    async def test_{}(self):\n        assert await Hub.get()\n"
    tests = (
        "import unittest\n\nimport pytest\n\nimport app as under_test\n\n\n"
        "@pytest.mark.asyncio\nclass TestHub:\n"
        + method.format("a").replace("Hub", "under_test.Hub")
        + "\n\nclass More(unittest.IsolatedAsyncioTestCase):\n"
        + method.format("b").replace("Hub", "under_test.Hub")
    )
    result, said = found(tests=tests)
    assert said == [MIGRATE]
    assert "    assert under_test.Hub._instance is None" in result
    assert result.index("def _clean_instance") < result.index("class TestHub")


def test_tests_that_become_async_share_it_too():
    tests = TESTS.replace("@pytest.mark.asyncio\nasync ", "").replace(
        "await Hub.get()", "asyncio.run(Hub.get())"
    )
    result, said = found(tests=tests)
    assert said == [MIGRATE]
    assert "async def test_a" in result


def test_files_that_share_it_restore_it_each():
    files = texts({"app.py": APP, "test_it.py": TESTS, "test_more.py": TESTS})
    migrated = migrate(sources(files), Settings(Choice(unsafe=True)))
    assert set(migrated.results) == {"test_it.py", "test_more.py"}
    said = [each.message for each in migrated.plan.findings if each.rule == "AW334"]
    assert said[0].endswith("shared by test_a, test_b and 2 more")


ON_CLASS = """
import asyncio

import pytest


@pytest.mark.asyncio
class TestClient:
    client = None

    async def test_open(self):
        {set} = asyncio.create_task(asyncio.sleep(1))

    async def test_use(self):
        assert {use}
"""


@pytest.mark.parametrize(
    "set_, use",
    [
        ("TestClient.client", "self.client"),
        ("type(self).client", "TestClient.client"),
        ("self.__class__.client", "await self.client"),
    ],
)
def test_what_a_test_keeps_on_its_class_is_reported(set_, use):
    tests = ON_CLASS.replace("{set}", set_).replace("{use}", use)
    assert found(tests=tests) == ("", [REPORT])


@pytest.mark.parametrize(
    "old, new",
    [
        ("{set}", "self.client"),
        ("{use}", "self"),
        ("mark.asyncio", 'mark.asyncio(loop_scope="class")'),
        ("asyncio.create_task(asyncio.sleep(1))", "object()"),
        ("assert {use}", "TestClient.client = None\n        assert {use}"),
    ],
    ids=["of the object", "not used", "one loop", "no loop", "set back"],
)
def test_what_is_not_passed_on(old, new):
    tests = ON_CLASS.replace(old, new)
    tests = tests.replace("{set}", "TestClient.client").replace("{use}", "self.client")
    assert found(tests=tests) == ("", [])
