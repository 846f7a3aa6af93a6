"""Libraries around tests that mind a running loop, and tests called in odd ways."""

import pytest

from tests.traps.support import cases, check, left

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
DONE = "import pytest\n\nfrom app import f\n\n"
DRIVE = "    assert asyncio.run(f()) == 1\n"

# Django's ORM refuses to work where a loop runs.
ORM = {
    "mark": "@pytest.mark.django_db\ndef test_f():\n    User.objects.create()\n",
    "mark with arguments": "@pytest.mark.django_db(transaction=True)\n"
    "def test_f():\n    User.objects.create()\n",
    "fixture": "def test_f(db):\n    User.objects.create()\n",
    "transactional": "def test_f(transactional_db):\n    User.objects.create()\n",
    "client": "def test_f(admin_client):\n    admin_client.get('/')\n",
}
MARKED = "pytestmark = pytest.mark.django_db\n\ndef test_f():\n    User.objects.get()\n"


@pytest.mark.parametrize(
    "test",
    cases(ORM | {"module": MARKED}),
)
def test_a_test_with_a_database_of_django_stays(test):
    imports = HEAD.replace("from app", "from shop.models import User\n\nfrom app")
    assert left(imports + test + DRIVE) == ["orm-in-test"]


STARTERS = {
    "playwright": ("playwright.sync_api", "sync_playwright", "sync_playwright()"),
    "uvicorn": ("uvicorn", "run", "run(f)"),
    "run_app": ("aiohttp.web", "run_app", "run_app(f)"),
}


@pytest.mark.parametrize(
    ("module", "name", "call"),
    cases(STARTERS),
)
def test_a_library_that_starts_a_loop(module, name, call):
    imports = HEAD.replace("from app", f"from {module} import {name}\n\nfrom app")
    assert left(f"{imports}def test_f():\n    {call}\n{DRIVE}") == ["inner-loop"]


@pytest.mark.parametrize(
    "definition",
    cases(
        {
            "alias": "go = async_to_sync(f)\n",
            "own loop": "go = async_to_sync(f, force_new_loop=True)\n",
            "lambda": "go = lambda: async_to_sync(f)()\n",
        }
    ),
)
def test_what_async_to_sync_makes_starts_a_loop(definition):
    imports = "from asgiref.sync import async_to_sync\n\nfrom app"
    source = HEAD.replace("from app", imports)
    test = f"{definition}\ndef test_f():\n    assert go() == 1\n{DRIVE}"
    assert left(source + test)[-1] == "inner-loop"


SYNC = (
    "import functools\n\n"
    "def sync(fn):\n    @functools.wraps(fn)\n    def inner(*args):\n"
    "        print(fn)\n        return asyncio.run(fn(*args))\n    return inner\n\n"
)


@pytest.mark.parametrize(
    "made",
    cases(
        {
            "decorator": "@sync\nasync def go():\n    return 1\n",
            "alias": "go = sync(f)\n",
        }
    ),
)
def test_a_helper_that_a_decorator_of_the_tests_drives(made):
    test = f"{SYNC}{made}\ndef test_f():\n    assert go() == 1\n{DRIVE}"
    assert left(HEAD + test)


# Tests that are called by name

NAMED = {
    "getattr": 'getattr(sys.modules[__name__], "test_f")()',
    "globals": 'globals()["test_f"]()',
    "vars": 'vars(sys.modules[__name__])["test_f"]()',
}


@pytest.mark.parametrize(
    "call",
    cases(NAMED),
)
def test_a_test_that_is_called_by_its_name_stays(call):
    assert left(
        f"import sys\n{HEAD}def test_f():\n{DRIVE}\ndef test_g():\n    {call}\n"
    )


def test_a_test_that_is_imported_elsewhere_is_a_test_there_too():
    elsewhere = {
        "tests/test_two.py": "from test_it import *\n",
        "tests/test_three.py": "from test_it import test_f as test_g\n",
    }
    check(
        {"tests/test_it.py": f"{HEAD}def test_f():\n{DRIVE}", **elsewhere},
        {
            "tests/test_it.py": f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
            "    assert await f() == 1\n"
        },
    )


def test_a_test_that_a_testcase_of_another_module_calls_is_awaited_there():
    case = (
        "import unittest\n\nfrom test_it import test_f\n\n"
        "class TestG(unittest.TestCase):\n    def test_g(self):\n        test_f()\n"
    )
    check(
        {
            "tests/test_it.py": f"{HEAD}def test_f():\n{DRIVE}",
            "tests/test_two.py": case,
        },
        {
            "tests/test_it.py": f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
            "    assert await f() == 1\n",
            "tests/test_two.py": case.replace("TestCase", "IsolatedAsyncioTestCase")
            .replace("def test_g", "async def test_g")
            .replace("        test_f()", "        await test_f()"),
        },
    )


# Bodies within bodies


@pytest.mark.parametrize("position", ["above", "below"])
def test_a_test_with_a_class_whose_body_drives_stays(position):
    body = "    class Config:\n        value = asyncio.run(f(4))\n"
    test = f"{body}{DRIVE}" if position == "above" else f"{DRIVE}{body}"
    assert set(left(f"{HEAD}def test_f():\n{test}")) == {"drive-at-import"}


@pytest.mark.parametrize(
    "method",
    cases(
        {
            "init": "def __init__(self):\n            self.x = asyncio.run(f())",
            "method": "def go(self):\n            return asyncio.run(f())",
            "property": "@property\n        def go(self):\n"
            "            return asyncio.run(f())",
        }
    ),
)
def test_a_test_with_a_class_whose_methods_drive_stays(method):
    test = f"    class Local:\n        {method}\n\n    use(Local)\n{DRIVE}"
    found = left(f"{HEAD}def test_f(use):\n{test}")
    assert found


@pytest.mark.parametrize("default", ["x=asyncio.run(f())", "*, x=asyncio.run(f())"])
def test_a_default_of_a_lambda_is_the_tests_own(default):
    after = default.replace("asyncio.run(f())", "await f()")
    check(
        f"{HEAD}def test_f():\n    go = lambda {default}: x\n    assert go() == 1\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    go = lambda {after}: x\n"
        "    assert go() == 1\n",
    )


def test_an_augmented_assignment_reads_its_target_first():
    # x += run(go()) reads x before go() changes it; so does an await.
    body = "    x = [1]\n    async def go():\n        x[0] += 10\n        return 1\n"
    check(
        f"{HEAD}def test_f():\n{body}    x[0] += asyncio.run(go())\n    assert x\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n{body}"
        "    x[0] += await go()\n    assert x\n",
    )
