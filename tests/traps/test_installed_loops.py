"""P38: an autouse fixture makes a loop the current one, and tests run on that."""

import pytest

from tests.traps.support import cases, check, left

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
DRIVE = (
    "def test_f():\n    assert asyncio.get_event_loop().run_until_complete(f()) == 1\n"
)
ASYNC = "async def test_f():\n    assert await f() == 1\n"
INSTALLED = (
    "@pytest.fixture(autouse=True{scope})\ndef installed():\n"
    "    loop = asyncio.new_event_loop()\n    asyncio.set_event_loop(loop)\n"
    "    yield\n    loop.close()\n"
)
CONFTEST = "import asyncio\n\nimport pytest\n\n"


def project(scope: str = "", test: str = DRIVE, fixture: str = INSTALLED):
    """Return a conftest with such a fixture, and one module."""
    said = f', scope="{scope}"' if scope else ""
    return {
        "app.py": "async def f():\n    return 1\n",
        "conftest.py": CONFTEST + fixture.replace("{scope}", said),
        "test_it.py": HEAD + test,
    }


@pytest.mark.parametrize("scope", ["session", "package", "module", "class"])
def test_all_that_shared_the_loop_share_one(scope):
    mark = f'pytestmark = pytest.mark.asyncio(loop_scope="{scope}")\n'
    after = f"import pytest\n\nfrom app import f\n\n{mark}\n\n{ASYNC}"
    check(project(scope), {"conftest.py": None, "test_it.py": after})


def test_a_loop_for_each_test_is_what_async_tests_have():
    after = f"import pytest\n\nfrom app import f\n\n@pytest.mark.asyncio\n{ASYNC}"
    check(project(), {"conftest.py": None, "test_it.py": after})


def test_a_test_that_made_its_own_loop_keeps_one():
    test = DRIVE.replace("asyncio.get_event_loop().run_until_complete", "asyncio.run")
    after = f"import pytest\n\nfrom app import f\n\n@pytest.mark.asyncio\n{ASYNC}"
    check(project("session", test), {"conftest.py": None, "test_it.py": after})


def test_what_stays_sync_keeps_a_loop_for_each_test():
    files = project()
    stays = "def test_g(benchmark):\n    asyncio.get_event_loop()\n"
    files["test_other.py"] = HEAD + stays
    after = f"import pytest\n\nfrom app import f\n\n@pytest.mark.asyncio\n{ASYNC}"
    check(files, {"test_it.py": after})


STAYS = {
    "what stays needs the session's": (
        "session",
        DRIVE + "\ndef test_g(benchmark):\n    asyncio.get_event_loop()\n",
        INSTALLED,
    ),
    "a test of unittest": (
        "session",
        "import unittest\n\nclass TestF(unittest.TestCase):\n    def test_f(self):\n"
        "        asyncio.get_event_loop().run_until_complete(f())\n",
        INSTALLED,
    ),
    "a test asks for it": (
        "session",
        DRIVE.replace("test_f()", "test_f(installed)"),
        INSTALLED.replace("yield", "yield loop"),
    ),
    "it does more": (
        "session",
        DRIVE,
        INSTALLED.replace(
            "    yield", "    loop.set_debug(True)\n    print()\n    yield"
        ),
    ),
    "its scope is not known": (
        "session",
        DRIVE,
        "SCOPE = 'session'\n\n" + INSTALLED.replace("{scope}", ", scope=SCOPE"),
    ),
}


@pytest.mark.parametrize("scope, test, fixture", cases(STAYS))
def test_what_cannot_share_a_loop_stays(scope, test, fixture):
    assert "multi-loop" in left(project(scope, test, fixture))
