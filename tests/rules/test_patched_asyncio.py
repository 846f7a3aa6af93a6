"""AW333: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods import Choice, Settings, migrate
from awaitify_codemods.plan import MIGRATE, REPORT, REVIEW
from tests.traps.support import left, sources, texts

HEAD = (
    "import asyncio\nfrom unittest.mock import AsyncMock, patch\n\nimport pytest\n\n\n"
)
FIXTURE = """
@pytest.fixture(autouse=True)
def no_sleep(monkeypatch):
    monkeypatch.setattr(asyncio, "sleep", AsyncMock())
""".lstrip()
READY = """

import app
import pytest_asyncio


@pytest_asyncio.fixture
async def ready():
    await app.poll()
"""
APP = """
import asyncio
import json
from somewhere import something

async def poll():
    await asyncio.sleep(5)

async def later():
    await poll()

async def turn():
    await asyncio.sleep(0)

async def plain():
    return json.dumps({})

async def unknown():
    return await something()

def drives():
    return asyncio.run(unknown())

class Server:
    async def __aenter__(self):
        await later()

    async def __aexit__(self, *args):
        pass
"""
TEST = "import app\nimport pytest\n\n\n{}"
ASYNC = "@pytest.mark.asyncio\nasync def test_it({given}):\n    {body}\n"


def project(fixture: str = FIXTURE, body: str = "await app.poll()", given: str = ""):
    """Return a project with a fixture and one test."""
    test = TEST.format(ASYNC.format(body=body, given=given))
    return {"app.py": APP, "conftest.py": HEAD + fixture, "test_it.py": test}


def migrated(files, unsafe: bool = True):
    """Return the results, and what is said of patches."""
    found = migrate(sources(texts(files)), Settings(Choice(unsafe=unsafe)))
    assert not found.errors and not found.bugs
    said = [each.status for each in found.plan.findings if each.rule == "AW333"]
    return {p: (s or b"").decode() for p, s in found.results.items()}, said


MORE = {
    "another function": FIXTURE.replace('"sleep"', '"wait_for"'),
    "two of them": FIXTURE + '    monkeypatch.setattr(asyncio, "run", AsyncMock())\n',
    "it records": FIXTURE.replace(
        "AsyncMock()", "AsyncMock(side_effect=delays.append)"
    ),
    "it takes time": FIXTURE.replace("AsyncMock()", "slower"),
    "more than replacing": FIXTURE + "    prepare()\n",
    "of a session": FIXTURE.replace("autouse=True", 'autouse=True, scope="session"'),
    "with parameters": FIXTURE.replace("autouse=True", "autouse=True, params=[1, 2]"),
    "asked for": FIXTURE + "\n\n@pytest.fixture\ndef x(no_sleep):\n    return 1\n",
    "named": FIXTURE + '\n\nUSED = pytest.mark.usefixtures("no_sleep")\n',
    "not undone": FIXTURE.replace(
        'monkeypatch.setattr(asyncio, "sleep", AsyncMock())',
        "asyncio.sleep = AsyncMock()",
    ),
    "at import": "asyncio.sleep = AsyncMock()\n",
    "a sync function": FIXTURE.replace("AsyncMock()", "lambda *args: None"),
    "the name is taken": FIXTURE + "\n\ndef fast_sleep():\n    pass\n",
}


@pytest.mark.parametrize("fixture", MORE.values(), ids=MORE)
def test_what_does_more_is_reported(fixture):
    for unsafe in (False, True):
        assert migrated(project(fixture), unsafe) == ({}, [REPORT])


@pytest.mark.parametrize(
    "fixture",
    [
        FIXTURE.replace("autouse=True", "autouse=False"),
        FIXTURE.replace("asyncio,", "app,"),
        FIXTURE.replace('asyncio, "sleep"', '"app.sleep"'),
        FIXTURE.replace("    monk", "    if SLOW:\n        monk"),
        "asyncio.coroutine = lambda f: f\n",
        "import time\n\ntime.sleep = print\n",
    ],
)
def test_what_is_not_for_all_or_not_of_asyncio_is_not_mentioned(fixture):
    assert migrated(project(fixture)) == ({}, [])


def test_it_stays_where_a_test_looks_at_it():
    body = "await app.poll()\n    asyncio.sleep.assert_awaited_once_with(5)"
    files = project(body=body)
    files["test_it.py"] = f"import asyncio\n{files['test_it.py']}"
    assert migrated(files) == ({}, [REPORT])


def test_it_stays_where_another_fixture_sleeps_first():
    other = READY.replace(".fixture", ".fixture(autouse=True)")
    assert migrated(project(FIXTURE + other)) == ({}, [REPORT])


def test_without_unsafe_it_stays():
    results, said = migrated(project(), unsafe=False)
    assert not results
    assert set(said) == {REVIEW}


SKIPPING = {
    "mock": FIXTURE,
    "by name": FIXTURE.replace("asyncio, ", '"asyncio.').replace('"sleep"', 'sleep"'),
    "through a module": FIXTURE.replace("asyncio, ", '"app.asyncio.').replace(
        '"sleep"', 'sleep"'
    ),
    "patch": "@pytest.fixture(autouse=True)\ndef no_sleep():\n"
    '    with patch("asyncio.sleep", new_callable=AsyncMock):\n        yield\n',
    "patch.object": "@pytest.fixture(autouse=True)\ndef no_sleep():\n"
    '    with patch.object(asyncio, "sleep", AsyncMock()) as sleep:\n'
    "        yield sleep\n",
    "mocker": FIXTURE.replace("monkeypatch", "mocker").replace(
        ".setattr", ".patch.object"
    ),
    "function": "@pytest.fixture(autouse=True)\ndef no_sleep(monkeypatch):\n"
    '    """No."""\n'
    "    async def instant(*args, **kwargs):\n        return None\n\n"
    '    monkeypatch.setattr(asyncio, "sleep", instant)\n    yield\n',
    "turn": "@pytest.fixture(autouse=True)\ndef no_sleep(monkeypatch):\n"
    "    real = asyncio.sleep\n\n"
    "    async def instant(delay):\n        await real(0)\n\n"
    '    monkeypatch.setattr(asyncio, "sleep", instant)\n',
}  # fmt: skip


@pytest.mark.parametrize("fixture", SKIPPING.values(), ids=SKIPPING)
def test_one_that_only_skips_becomes_fast_sleep(fixture):
    results, said = migrated(project(fixture))
    assert set(said) == {MIGRATE}
    assert "def fast_sleep(monkeypatch):" in results["conftest.py"]
    assert "no_sleep" not in results["conftest.py"]
    assert '@pytest.mark.usefixtures("fast_sleep")\n' in results["test_it.py"]


@pytest.mark.parametrize(
    "body",
    [
        "await app.later()",
        "async with app.Server():\n        pass",
        "await app.unknown()",
        "await given.get()",
        "from asyncio import sleep\n    await sleep(3)",
        "assert app.drives()",
    ],
)
def test_who_may_sleep_requests_it(body):
    given = "given" if "given" in body else ""
    results, _ = migrated(project(body=body, given=given))
    assert "usefixtures" in results["test_it.py"]


@pytest.mark.parametrize("body", ["await app.turn()", "await app.plain()", "assert 1"])
def test_who_does_not_sleep_requests_nothing(body):
    results, _ = migrated(project(body=body))
    assert list(results) == ["conftest.py"]


def test_sync_tests_that_run_no_loop_request_nothing():
    files = project()
    files["test_it.py"] = TEST.format(
        "def test_it(given):\n    assert given.get() == 1\n"
    )
    assert list(migrated(files)[0]) == ["conftest.py"]


def test_a_test_that_becomes_async_requests_it_too():
    files = project()
    files["test_it.py"] = (
        "import asyncio\n\nimport app\n\n\n"
        "def test_it():\n    asyncio.run(app.poll())\n"
    )
    results, _ = migrated(files)
    assert (
        '@pytest.mark.asyncio\n@pytest.mark.usefixtures("fast_sleep")\nasync def'
        in (results["test_it.py"])
    )


def test_a_fixture_of_a_test_may_sleep():
    fixture = (
        f"{FIXTURE}\n\nimport app\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
    )
    fixture += "async def ready():\n    await app.poll()\n"
    results, _ = migrated(project(fixture, body="assert 1", given="ready"))
    assert "usefixtures" in results["test_it.py"]


@pytest.mark.parametrize("base", ["", "(unittest.IsolatedAsyncioTestCase)"])
def test_a_set_up_may_sleep(base):
    files = project()
    name, body = ("asyncSetUp", "await") if base else ("setup_method", "asyncio.run")
    files["test_it.py"] = (
        "import asyncio\nimport unittest\n\nimport app\n\n\n"
        f"class TestIt{base}:\n"
        f"    {'async ' * bool(base)}def {name}(self):\n        {body}(app.poll())\n\n"
        "    def test_it(self):\n        assert 1\n"
    )
    results, _ = migrated(files)
    assert "usefixtures" in results["test_it.py"]


def test_no_turn_is_given_where_a_fixture_replaces_sleep():
    app = "import asyncio\n\nlog = []\n\nasync def quick():\n    log.append(1)\n\n"
    app += "async def start():\n    asyncio.create_task(quick())\n"
    test = "import asyncio\n\nimport app\n\n\ndef test_it():\n"
    test += "    asyncio.run(app.start())\n    assert app.log == [1]\n"
    files = {"app.py": app, "test_it.py": test}
    assert b"await asyncio.sleep(0)" in migrate(sources(files)).results["test_it.py"]
    assert left({**files, "conftest.py": HEAD + FIXTURE}) == ["runner-patched"]
