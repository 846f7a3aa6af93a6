"""Suites that anyio or trio runs: theirs stay theirs, and ours are told apart."""

import pytest

from tests.traps.support import cases, check, left, run

PINNED = '@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n\n'
HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
DONE = "import pytest\n\nfrom app import f\n\n"
THEIRS = "@pytest.mark.anyio\nasync def test_theirs():\n    assert await f() == 1\n\n"
DRIVING = "def test_f():\n    assert asyncio.run(f()) == 1\n"
AWAITING = "async def test_f():\n    assert await f() == 1\n"

# Their fixtures are plain: anyio sets them up, in strict mode, too.
SUITES = {
    "anyio": f"{THEIRS}@pytest.fixture\nasync def x():\n    yield await f()\n\n"
    "@pytest.mark.anyio\nasync def test_x(x):\n    assert x\n",
    "trio": "@pytest.fixture\nasync def x():\n    return 1\n\n@pytest.mark.trio\n"
    "async def test_x(x, nursery):\n    assert x\n",
    "module": "pytestmark = pytest.mark.anyio\n\nasync def test_x():\n    assert f\n",
}


@pytest.mark.parametrize("suite", cases(SUITES))
def test_a_suite_of_another_library_is_left_alone(suite):
    assert left(DONE + suite) == []


@pytest.mark.parametrize("suite", cases(SUITES))
def test_a_test_beside_a_suite_of_another_library(suite):
    migrated = run({"test_it.py": DONE + suite, "test_two.py": HEAD + DRIVING})
    assert set(migrated.results) == {"test_two.py"}
    assert b"pytest.mark.asyncio" in (migrated.results["test_two.py"] or b"")


# With the backends that anyio gives by itself, a test would run twice, by new ids.
BACKENDS = {
    "none": "",
    "both": '@pytest.fixture(params=["asyncio", "trio"])\n'
    "def anyio_backend(request):\n    return request.param\n\n",
    "one by params": '@pytest.fixture(params=["asyncio"])\n'
    "def anyio_backend(request):\n    return request.param\n\n",
    "trio": PINNED.replace('"asyncio"', '"trio"'),
    "chosen": PINNED.replace('"asyncio"', 'os.environ["BACKEND"]'),
    "sometimes trio": PINNED.replace(
        'return "', 'if f:\n        return "trio"\n    return "'
    ),
}


@pytest.mark.parametrize("backend", cases(BACKENDS))
def test_backends_that_are_not_asyncio_alone(backend):
    check(
        f"{HEAD}{backend}{THEIRS}{DRIVING}",
        f"{DONE}{backend}{THEIRS}@pytest.mark.asyncio\n{AWAITING}",
    )


@pytest.mark.parametrize(
    "pinned",
    cases(
        {
            "text": PINNED,
            "scope": PINNED.replace("fixture", 'fixture(scope="module")'),
            "options": PINNED.replace('"asyncio"', '("asyncio", {"debug": True})'),
        }
    ),
)
def test_a_project_on_asyncio_keeps_its_convention(pinned):
    check(
        {
            "conftest.py": f"import pytest\n\n{pinned}",
            "test_theirs.py": f"{DONE}{THEIRS}",
            "test_it.py": HEAD + DRIVING,
        },
        {"test_it.py": f"{DONE}@pytest.mark.anyio\n{AWAITING}"},
    )


def test_a_file_that_uses_the_other_marker_keeps_to_it():
    ours = "@pytest.mark.asyncio\nasync def test_ours():\n    assert await f() == 1\n\n"
    check(
        {
            "conftest.py": f"import pytest\n\n{PINNED}",
            "test_theirs.py": f"{DONE}{THEIRS}",
            "test_it.py": f"{HEAD}{ours}{DRIVING}",
        },
        {"test_it.py": f"{DONE}{ours}@pytest.mark.asyncio\n{AWAITING}"},
    )


def test_an_error_in_a_task_that_is_left_would_fail_an_anyio_test():
    # anyio's runner raises what asyncio only hands to its exception handler.
    test = (
        "async def fail():\n    raise ValueError\n\n"
        "async def start():\n    asyncio.ensure_future(fail())\n\n"
        "def test_f():\n    asyncio.run(start())\n"
    )
    migrated = run({"test_it.py": f"{HEAD}{PINNED}{THEIRS}{test}"})
    text = (migrated.results["test_it.py"] or b"").decode()
    assert "@pytest.mark.asyncio\nasync def test_f" in text


def test_a_fixture_that_becomes_async_is_not_set_up_by_anyio():
    fixture = "@pytest.fixture\ndef x():\n    return asyncio.run(f())\n\n"
    test = "def test_x(x):\n    assert asyncio.run(f()) == x\n"
    migrated = run({"test_it.py": f"{HEAD}{PINNED}{THEIRS}{fixture}{test}"})
    text = (migrated.results["test_it.py"] or b"").decode()
    assert "@pytest_asyncio.fixture\nasync def x" in text
    assert "@pytest.mark.asyncio\nasync def test_x" in text


def test_a_fixture_that_anyio_sets_up():
    fixture = "@pytest.fixture\nasync def x():\n    return await f()\n\n"
    test = "def test_x(x):\n    assert asyncio.run(f()) == 1\n"
    migrated = run({"test_it.py": f"{HEAD}{PINNED}{THEIRS}{fixture}{test}"})
    text = (migrated.results["test_it.py"] or b"").decode()
    assert fixture in text
    assert "@pytest.mark.anyio\nasync def test_x" in text


def test_a_sync_test_with_their_mark_stays():
    source = f"{HEAD}{PINNED}{THEIRS}@pytest.mark.anyio\n{DRIVING}"
    assert left(source) == ["anyio-or-trio"]
