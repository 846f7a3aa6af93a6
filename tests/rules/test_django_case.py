"""AW356: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged
from tests.traps.support import cases
from tests.traps.support import check as check_project

HEAD = "import asyncio\n\nfrom django.test import {0}\n\nfrom app import f\n\n\n"
DONE = HEAD.removeprefix("import asyncio\n\n")
CLASS = "class Tests({0}):\n"
TEST = "    def test_f(self):\n"
ASYNC = "    async def test_f(self):\n"
DRIVE = "        self.assertEqual(asyncio.run(f()), 1)\n"
AWAIT = "        self.assertEqual(await f(), 1)\n"


def source(base: str, body: str) -> str:
    return (HEAD + CLASS).format(base) + body


ORM = {
    "manager": "        User.objects.create()\n",
    "manager below": "        def make():\n            User.objects.create()\n"
    "        make()\n",
    "argument": "        asyncio.run(f(User.objects.first()))\n",
    "model": "        self.user.save()\n",
    "factory": "        UserFactory()\n",
    "client": "        self.client.get('/')\n",
    "command": "        call_command('load')\n",
}


@pytest.mark.parametrize("line", cases(ORM))
@pytest.mark.parametrize("base", ["SimpleTestCase", "TestCase"])
def test_a_test_that_talks_to_django(base, line):
    code = source(base, TEST + line + DRIVE)
    imports = "from django.core.management import call_command\n"
    assert "orm-in-test" in check_unchanged(imports + code)


ABOUT = {
    "models": "from app.models import User\n",
    "factories": "from factories import UserFactory\n",
    "fixtures": "    fixtures = ['users.json']\n\n",
    "data": "    @classmethod\n    def setUpTestData(cls):\n        fill()\n\n",
    "another test": "    def test_g(self):\n        self.client.get('/')\n\n",
}


@pytest.mark.parametrize("what", cases(ABOUT))
@pytest.mark.parametrize("base", ["TransactionTestCase", "TestCase"])
def test_objects_of_a_database_that_may_be_about(base, what):
    # x.author.name may fetch the author.
    body = (
        f"{TEST}        x = asyncio.run(f())\n        self.assertTrue(x.author.name)\n"
    )
    if what.startswith(" "):
        code = source(base, what + body)
    else:
        code = what + source(base, body)
    assert check_unchanged(code) == ["orm-in-test"]


def test_what_it_calls_may_give_objects_of_a_database():
    app = "from django.db import models\n\n\nasync def f():\n    return models.User()\n"
    files = {"app.py": app, "test_it.py": source("TestCase", TEST + DRIVE)}
    check_project(files, files)


def test_a_set_up_that_drives():
    set_up = "    def setUp(self):\n        self.x = asyncio.run(f())\n\n"
    test = "    def test_x(self):\n        self.assertTrue(self.x)\n"
    assert check_unchanged(source("SimpleTestCase", set_up + test)) == ["foreign-base"]


def test_a_test_beside_a_set_up_that_stays():
    set_up = "    def setUp(self):\n        self.x = asyncio.run(f())\n\n"
    code = source("SimpleTestCase", set_up + TEST + DRIVE)
    check(code, code.replace(TEST + DRIVE, ASYNC + AWAIT))


def test_a_class_with_two_loops():
    code = f"import unittest\n{HEAD}class Tests(SimpleTestCase, "
    code = code.format("SimpleTestCase") + "unittest.IsolatedAsyncioTestCase):\n"
    assert check_unchanged(f"{code}{TEST}{DRIVE}") == ["foreign-base"]


def test_a_case_with_a_server_in_a_thread():
    assert check_unchanged(source("LiveServerTestCase", TEST + DRIVE)) == [
        "foreign-base"
    ]


OLD = {
    "django.test": "from django.test.testcases import SimpleTestCase\n",
    "django.test.testcases": "import unittest\n\n\n"
    "class SimpleTestCase(unittest.TestCase):\n    pass\n",
}
NEW = OLD | {
    "django.test.testcases": "import unittest\n\nfrom asgiref.sync import "
    "iscoroutinefunction\n\n\nclass SimpleTestCase(unittest.TestCase):\n"
    "    def __call__(self, result=None):\n        iscoroutinefunction(self)\n\n"
    "    def debug(self):\n        pass\n"
}


def test_a_django_that_awaits_nothing():
    code = source("SimpleTestCase", TEST + DRIVE)
    check_project(code, code, foreign=OLD)


@pytest.mark.parametrize(
    ("base", "foreign"),
    [("SimpleTestCase", NEW), ("SimpleTestCase", {}), ("TestCase", {})],
)
def test_a_test_that_only_awaits(base, foreign):
    check_project(
        source(base, TEST + DRIVE),
        (DONE + CLASS).format(base) + ASYNC + AWAIT,
        foreign=foreign,
    )


def test_a_case_of_the_rest_framework():
    head = (
        "from rest_framework.test import APISimpleTestCase\n\nfrom app import f\n\n\n"
    )
    code = head + CLASS.format("APISimpleTestCase")
    check(f"import asyncio\n\n{code}{TEST}{DRIVE}", code + ASYNC + AWAIT)


def test_a_base_of_the_project():
    base = "from django.test import SimpleTestCase\n\n\nclass Base(SimpleTestCase):\n"
    helper = "    def run_it(self, coro):\n        return asyncio.run(coro)\n"
    test = (
        "from base import Base\n\nfrom app import f\n\n\nclass Tests(Base):\n"
        "    def test_f(self):\n        self.assertEqual(self.run_it(f()), 1)\n"
    )
    files = {
        "tests/base.py": f"import asyncio\n\n{base}{helper}",
        "tests/test_it.py": test,
    }
    done = test.replace("def", "async def").replace("self.run_it(f())", "await f()")
    check_project(
        files, {"tests/test_it.py": done, "tests/base.py": f"{base}    pass\n"}
    )


@pytest.mark.parametrize(
    "decorator", ["override_settings(DEBUG=True)", "mock.patch('app.x')"]
)
def test_decorators_that_know_coroutine_functions(decorator):
    imports = "from unittest import mock\n\nfrom django.test import override_settings\n"
    body = f"    @{decorator}\n{TEST}{DRIVE}".replace(
        "(self)", "(self, x)" if "mock" in decorator else "(self)"
    )
    code = source("SimpleTestCase", body).removeprefix("import asyncio\n\n")
    done = code.replace("    def", "    async def").replace(DRIVE, AWAIT)
    check(f"import asyncio\n{imports}{code}", f"{imports}{done}")


def test_a_decorator_of_asgiref():
    head = "from asgiref.sync import async_to_sync\nfrom django.test import "
    rest = "SimpleTestCase\n\nfrom app import f\n\n\n" + CLASS.format("SimpleTestCase")
    check(
        f"{head}{rest}    @async_to_sync\n{ASYNC}{AWAIT}",
        f"from django.test import {rest}{ASYNC}{AWAIT}",
    )


def test_what_it_takes():
    check_taken(source("SimpleTestCase", TEST + DRIVE), "AW101", "AW356")
