"""AW201: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

DRIVE = "        assert asyncio.run(f()) == 1\n"
AWAIT = "        assert await f() == 1\n"


def module(head: str, classes: str) -> str:
    """Return a test module."""
    return f"{head}\nfrom app import f\n\n\n{classes}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("unittest.TestCase", "unittest.IsolatedAsyncioTestCase"),
        ("Mixin, unittest.TestCase", "Mixin, unittest.IsolatedAsyncioTestCase"),
        ("unittest.TestCase, Mixin", "unittest.IsolatedAsyncioTestCase, Mixin"),
    ],
)
def test_the_place_among_the_bases_is_kept(before, after):
    mixin = "class Mixin:\n    value = 1\n\n\n"
    check(
        module(
            "import asyncio\nimport unittest\n",
            f"{mixin}class FTests({before}):\n    def test_f(self):\n{DRIVE}",
        ),
        module(
            "import unittest\n",
            f"{mixin}class FTests({after}):\n    async def test_f(self):\n{AWAIT}",
        ),
    )


def test_a_name_is_imported_as_the_old_one_was():
    check(
        module(
            "import asyncio\nfrom unittest import TestCase, mock\n",
            f"M = mock\n\n\nclass FTests(TestCase):\n    def test_f(self):\n{DRIVE}",
        ),
        module(
            "from unittest import IsolatedAsyncioTestCase, mock\n",
            "M = mock\n\n\nclass FTests(IsolatedAsyncioTestCase):\n"
            f"    async def test_f(self):\n{AWAIT}",
        ),
    )


def test_an_alias_of_the_module_is_used():
    check(
        module(
            "import asyncio\nimport unittest as ut\n",
            f"class FTests(ut.TestCase):\n    def test_f(self):\n{DRIVE}",
        ),
        module(
            "import unittest as ut\n",
            "class FTests(ut.IsolatedAsyncioTestCase):\n"
            f"    async def test_f(self):\n{AWAIT}",
        ),
    )


def test_a_base_whose_subclasses_are_all_async_gets_it():
    base = "class Base({}):\n    def helper(self):\n        return 1\n\n\n"
    rest = "class {}Tests(Base):\n    {}test_f(self):\n{}"
    check(
        module(
            "import asyncio\nimport unittest\n",
            base.format("unittest.TestCase")
            + rest.format("One", "def ", DRIVE)
            + "\n\n"
            + rest.format("Two", "def ", DRIVE),
        ),
        module(
            "import unittest\n",
            base.format("unittest.IsolatedAsyncioTestCase")
            + rest.format("One", "async def ", AWAIT)
            + "\n\n"
            + rest.format("Two", "async def ", AWAIT),
        ),
    )


def test_tests_of_a_mixin_are_awaited_by_the_classes_that_have_it():
    mixin = "class Mixin:\n    {}test_f(self):\n{}\n\n"
    user = "class FTests(Mixin, unittest.{}):\n    pass\n"
    check(
        module(
            "import asyncio\nimport unittest\n",
            mixin.format("def ", DRIVE) + user.format("TestCase"),
        ),
        module(
            "import unittest\n",
            mixin.format("async def ", AWAIT) + user.format("IsolatedAsyncioTestCase"),
        ),
    )


@pytest.mark.parametrize(
    "method",
    [
        "def run(self, result=None):\n        super().run(result)",
        "def __call__(self, *args):\n        super().__call__(*args)",
    ],
)
def test_a_class_that_runs_itself_stays(method):
    source = module(
        "import asyncio\nimport unittest\n",
        f"class FTests(unittest.TestCase):\n    {method}\n\n"
        f"    def test_f(self):\n{DRIVE}",
    )
    assert set(check_unchanged(source)) == {"foreign-base"}


def test_a_warning_that_debug_mode_words_otherwise():
    source = module(
        "import asyncio\nimport unittest\n",
        "class FTests(unittest.TestCase):\n    def test_f(self):\n"
        '        with self.assertWarnsRegex(RuntimeWarning, "never awaited$"):\n'
        f"            f()\n{DRIVE}",
    )
    assert set(check_unchanged(source)) == {"loop-asserted"}


def test_what_is_reported():
    source = module(
        "import asyncio\nimport unittest\n",
        f"class FTests(unittest.TestCase):\n    def test_f(self):\n{DRIVE}",
    )
    assert reported(source) == ["7:1 AW201 migrate", "9:16 AW101 migrate"]
    check_taken(source, "AW101", "AW109", "AW201")


def test_a_base_of_the_standard_library_needs_no_fall_back():
    case = (
        "class Base(Case):\n    pass\n\n\nclass FTests(Base):\n    {}test_f(self):\n{}"
    )
    head = (
        "try:\n    from unittest import IsolatedAsyncioTestCase as Case\n"
        "except ImportError:\n    from asynctest import TestCase as Case\n"
    )
    check(
        module(f"import asyncio\n{head}", case.format("def ", DRIVE)),
        module(head, case.format("async def ", AWAIT)),
    )


DDT = """\
import unittest

from ddt import data, ddt


@ddt
class FTests(unittest.TestCase):
    {}def test_f(self):
        pass
"""


@pytest.mark.parametrize("decorator", ["", "@data(1, 2)\n    "])
def test_ddt_wraps_only_what_it_feeds(decorator):
    source = DDT.format(decorator).replace(
        "import unittest", "import asyncio\nimport unittest"
    )
    source = source.replace("        pass\n", "        asyncio.run(f())\n")
    source = source.replace("\n\n\n@ddt", "\n\nfrom app import f\n\n\n@ddt")
    if decorator:
        assert set(check_unchanged(source)) == {"injecting-decorator"}
    else:
        assert "AW201" in " ".join(reported(source))
