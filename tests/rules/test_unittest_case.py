"""AW351: what the examples in the rule itself are too plain to show."""

import pytest

from awaitify_codemods.plan import MIGRATE
from tests.support import check, check_unchanged

TEST = "    async def test_f(self):\n        self.assertEqual(await f(), 1)\n"
SYNC = "    def test_g(self):\n        self.assertTrue(f)\n"


@pytest.mark.parametrize(
    "source",
    [
        f"class FTests(AsyncTestCase):\n{TEST}",
        f"import asynctest.case\n\n\nclass FTests(asynctest.ClockedTestCase):\n{TEST}",
        f"from asynctest import *\n\n\nclass FTests(TestCase):\n{TEST}",
        f"import asynctest\n\n\nclass FTests(asynctest.FunctionTestCase):\n{TEST}",
        f"import aiounittest\n\n\nclass FTests(aiounittest.Other):\n{TEST}",
    ],
    ids=["unknown", "clocked", "star", "function", "other"],
)
def test_other_bases(source):
    check_unchanged(f"from app import f\n\n{source}")


@pytest.mark.parametrize(
    ("head", "base", "new_head", "new_base"),
    [
        (
            "import asynctest as at\n",
            "at.TestCase",
            "import unittest\n",
            "unittest.IsolatedAsyncioTestCase",
        ),
        (
            "from asynctest import case\n",
            "case.TestCase",
            "import unittest\n",
            "unittest.IsolatedAsyncioTestCase",
        ),
        (
            "from asynctest import TestCase as Case\n",
            "Case",
            "from unittest import IsolatedAsyncioTestCase\n",
            "IsolatedAsyncioTestCase",
        ),
        (
            "import unittest as ut\n\nimport aiounittest\n",
            "aiounittest.AsyncTestCase, ut.SkipTest",
            "import unittest as ut\n",
            "ut.IsolatedAsyncioTestCase, ut.SkipTest",
        ),
        (
            "from aiounittest.case import AsyncTestCase\n",
            "AsyncTestCase",
            "from unittest import IsolatedAsyncioTestCase\n",
            "IsolatedAsyncioTestCase",
        ),
    ],
)
def test_bases_are_spelled_as_the_module_does(head, base, new_head, new_base):
    if "SkipTest" in base:
        base, new_base = base.partition(",")[0], new_base.partition(",")[0]
        head, new_head = f"{head}\nS = ut.SkipTest\n", f"{new_head}\nS = ut.SkipTest\n"
    rest = f"\nfrom app import f\n\n\nclass FTests({{}}):\n{TEST}"
    check(f"{head}{rest.format(base)}", f"{new_head}{rest.format(new_base)}")


def test_sync_classes_change_too():
    check(
        f"import asynctest\n\nfrom app import f\n\n\n"
        f"class FTests(asynctest.TestCase):\n{SYNC}",
        f"import unittest\n\nfrom app import f\n\n\n"
        f"class FTests(unittest.IsolatedAsyncioTestCase):\n{SYNC}",
    )


def test_drives_in_the_class_are_awaited_at_once():
    head = "import asyncio\n{}\nfrom app import f\n\n\n"
    drive = "    {}def test_h(self):\n        self.assertTrue({}f(){})\n"
    check(
        head.format("\nimport asynctest\n")
        + "class FTests(asynctest.TestCase):\n"
        + drive.format("", "asyncio.run(", ")")
        + f"\n{TEST}",
        head.format("").replace("asyncio", "unittest")
        + "class FTests(unittest.IsolatedAsyncioTestCase):\n"
        + drive.format("async ", "await ", "")
        + f"\n{TEST}",
    )


def test_what_goes_is_told():
    found = check(
        f"import asynctest\n\nfrom app import f\n\n\n@asynctest.strict\n"
        f"class FTests(asynctest.TestCase):\n    # Never.\n"
        f"    forbid_get_event_loop = True\n\n"
        f"    @asynctest.fail_on(unused_loop=False)\n{TEST}",
        f"import unittest\n\nfrom app import f\n\n\n"
        f"class FTests(unittest.IsolatedAsyncioTestCase):\n    # Never.\n\n{TEST}",
    ).findings
    told = [each.message for each in found if each.status == MIGRATE]
    assert "nothing checks the loop any more: @asynctest.strict" in told
    assert (
        "nothing checks the loop any more: @asynctest.fail_on(unused_loop=False)"
        in told
    )


def test_what_is_named_otherwise_stays():
    code = "import asynctest\n\n\ndef f(error):\n    return asynctest.SkipTest, error\n"
    check_unchanged(code)
