"""Traps of unittest classes: what is rebased, and that every test then runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.traps.support import cases, left, result, run, texts

HEAD = """
import asyncio
import unittest

from app import boom, f

"""
APP = """
import asyncio

async def f(x=1):
    await asyncio.sleep(0)
    return x

async def boom():
    raise ValueError("boom")
"""

CHANGED = {
    "object is the last base": """
class Base(unittest.TestCase):
    pass
class S(Base):
    def test_s(self):
        pass
class A(Base, object):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    "init through super": """
class Base(unittest.TestCase):
    def __init__(self, *args):
        super(Base, self).__init__(*args)
        self.x = 1
class A(Base):
    def __init__(self, *args):
        super(Base, self).__init__(*args)
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    "setUp of a base by name": """
class A(unittest.TestCase):
    def setUp(self):
        unittest.TestCase.setUp(self)
        self.x = 1
    def test_f(self):
        self.assertEqual(asyncio.run(f()), self.x)
""",
    "a class of the project has the new name": """
from unittest import TestCase
class IsolatedAsyncioTestCase(TestCase):
    def helper(self):
        return 1
class A(IsolatedAsyncioTestCase):
    def test_s(self):
        self.assertEqual(self.helper(), 1)
class B(TestCase):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    "type() of a class that is one": """
class Case(unittest.TestCase):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
Concrete = type("Concrete", (Case,), {})
""",
    "a mixin of both kinds of classes": """
class Mixin:
    def test_f(self):
        assert asyncio.run(f()) == 1
class UT(Mixin, unittest.TestCase):
    pass
class TestPlain(Mixin):
    pass
""",
    "a mixin that pytest collects": """
class TestMixin:
    def test_f(self):
        assert asyncio.run(f()) == 1
class UT(TestMixin, unittest.TestCase):
    pass
""",
    "generic base": """
from typing import Generic, TypeVar
X = TypeVar("X")
class Base(unittest.TestCase, Generic[X]):
    kind: X
class S(Base[int]):
    def test_s(self):
        pass
class A(Base[str]):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    "an alias of TestCase": """
TestCase = unittest.TestCase
class A(TestCase):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    "diamonds": """
class Base(unittest.TestCase):
    pass
class Left(Base):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
class Right(Base):
    def test_r(self):
        pass
class Bottom(Left, Right):
    def test_b(self):
        pass
class Other(Right, Left):
    pass
""",
    "TestCase behind a base": """
class Base(unittest.TestCase):
    pass
class S(Base):
    def test_s(self): pass
class A(Base, unittest.TestCase):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
class C(A, unittest.TestCase):
    pass
""",
    "a test that runs tests": """
class Sample(unittest.TestCase):
    def test_x(self):
        self.assertEqual(asyncio.run(f()), 1)
class Outer(unittest.TestCase):
    def test_inner(self):
        result = unittest.TestResult()
        Sample("test_x").run(result)
        self.assertTrue(result.wasSuccessful())
        self.assertEqual(asyncio.run(f()), 1)
""",
    "a test that calls a test": """
class Sample(unittest.TestCase):
    def test_x(self):
        self.assertEqual(asyncio.run(f()), 1)
class Outer(unittest.TestCase):
    def test_inner(self):
        case = Sample("test_x")
        case.test_x()
    def test_unbound(self):
        Sample.test_x(self)
""",
    "runTest": """
class Sample(unittest.TestCase):
    def runTest(self):
        self.assertEqual(asyncio.run(f()), 1)
class Other(unittest.TestCase):
    def runTest(self):
        self.check()
    def check(self):
        self.assertEqual(asyncio.run(f()), 1)
    def test_a(self):
        self.check()
""",
    "subTest expectedFailure skip": """
class Sample(unittest.TestCase):
    def test_sub(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertEqual(asyncio.run(f(n)), n)
    @unittest.expectedFailure
    def test_fail(self):
        self.assertEqual(asyncio.run(f()), 2)
    @unittest.skipIf(False, "no")
    def test_skipif(self):
        self.assertEqual(asyncio.run(f()), 1)
    @unittest.skip("yes")
    def test_skip(self):
        self.assertEqual(asyncio.run(f()), 1)
    def test_skips(self):
        asyncio.run(f())
        self.skipTest("x")
@unittest.skipUnless(True, "x")
class B(unittest.TestCase):
    def test_x(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    "patch on a class": """
from unittest import mock
import app
@mock.patch("app.f", return_value=5)
class Sample(unittest.TestCase):
    def test_x(self, m):
        self.assertEqual(asyncio.run(app.f()), 5)
        m.assert_called_once()
""",
    "sync siblings": """
class Sample(unittest.TestCase):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
    def test_thread(self):
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.call_later(0.01, loop.stop)
        loop.run_forever()
        loop.close()
    def test_current(self):
        loop = asyncio.get_event_loop_policy()
        self.assertTrue(loop)
""",
    "load_tests": """
class Sample(unittest.TestCase):
    def __init__(self, name, n=1):
        super().__init__(name)
        self.n = n
    def test_x(self):
        self.assertEqual(asyncio.run(f(self.n)), self.n)
def load_tests(loader, tests, pattern):
    suite = unittest.TestSuite()
    for n in range(3):
        suite.addTest(Sample("test_x", n))
    return suite
if __name__ == "__main__":
    unittest.main()
""",
    "two classes of one name": """
class Sample(unittest.TestCase):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
class Sample(Sample):
    def test_g(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    "helper of a setUp": """
class Sample(unittest.TestCase):
    def setUp(self):
        self.x = self.get()
    def get(self):
        return asyncio.run(f())
    def test_b(self):
        self.assertEqual(self.get(), self.x)
""",
}

LEFT = {
    "init by name": (
        "foreign-base",
        """
class A(unittest.TestCase):
    def __init__(self, *args):
        unittest.TestCase.__init__(self, *args)
        self.x = 1
    def test_f(self):
        self.assertEqual(asyncio.run(f()), self.x)
""",
    ),
    "init by name in a shared base": (
        "foreign-base",
        """
class Base(unittest.TestCase):
    def __init__(self, *args):
        unittest.TestCase.__init__(self, *args)
        self.x = 1
class S(Base):
    def test_s(self):
        pass
class A(Base):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    ),
    "type() of a mixin": (
        "dynamic-call",
        """
class Mixin:
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
Concrete = type("Concrete", (Mixin, unittest.TestCase), {})
""",
    ),
    "a base that is a parameter": (
        "foreign-base",
        """
class Mixin:
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
def make(base):
    class Concrete(Mixin, base):
        pass
    return Concrete
ConcreteTests = make(unittest.TestCase)
""",
    ),
    "no legal order of bases": (
        "foreign-base",
        """
class Base(unittest.TestCase):
    pass
class S(Base):
    def test_s(self): pass
class A(Base):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
class B(unittest.IsolatedAsyncioTestCase, Base):
    async def test_b(self): pass
class C(A, B):
    pass
""",
    ),
    "keywords of a class": (
        "foreign-base",
        """
class Base(unittest.TestCase):
    def __init_subclass__(cls, flag=False):
        cls.flag = flag
class Sample(Base, flag=True):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    ),
    "starred bases": (
        "foreign-base",
        """
BASES = (unittest.TestCase,)
class Sample(*BASES):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    ),
    "init_subclass wraps": (
        "injecting-decorator",
        """
class Base(unittest.TestCase):
    def __init_subclass__(cls):
        for name in list(vars(cls)):
            if name.startswith("test"):
                old = getattr(cls, name)
                setattr(cls, name, lambda self, old=old: old(self))
class Sample(Base):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    ),
    "getattribute wraps": (
        "injecting-decorator",
        """
import functools
class Base(unittest.TestCase):
    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if name.startswith("test"):
            return lambda: value()
        return value
class Sample(Base):
    def test_f(self):
        self.assertEqual(asyncio.run(f()), 1)
""",
    ),
    "setUp wraps": (
        "injecting-decorator",
        """
class Sample(unittest.TestCase):
    def setUp(self):
        method = getattr(self, self._testMethodName)
        def wrapped():
            self.before = 1
            method()
        setattr(self, self._testMethodName, wrapped)
    def test_f(self):
        self.assertEqual(asyncio.run(f()), self.before)
""",
    ),
    "an alias of a test": (
        "helper-escapes",
        """
def check(self):
    self.assertEqual(asyncio.run(f()), 1)
class Sample(unittest.TestCase):
    def test_x(self):
        self.assertEqual(asyncio.run(f()), 1)
    test_y = test_x
    test_z = check
""",
    ),
    "tests made by setattr": (
        "helper-escapes",
        """
class Sample(unittest.TestCase):
    def check(self, n):
        self.assertEqual(asyncio.run(f(n)), n)
def make(n):
    def test(self):
        self.check(n)
    return test
for n in range(3):
    setattr(Sample, f"test_{n}", make(n))
""",
    ),
}


@pytest.mark.parametrize(("reason", "source"), cases(LEFT))
def test_classes_that_stay(reason, source):
    found = left(HEAD + source)
    assert found
    assert set(found) == {reason}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Run all that changes, before and after, with unittest and with pytest."""
    sides = []
    for side in ("before", "after"):
        folder = tmp_path_factory.mktemp(side)
        (folder / "app.py").write_text(APP, encoding="utf-8")
        for number, source in enumerate(CHANGED.values()):
            files = texts(HEAD + source)
            if side == "after":
                migrated = run(files)
                assert migrated.results
                files = result(files, migrated)
            (folder / f"case_{number}").mkdir()
            (folder / f"case_{number}" / "__init__.py").touch()
            path = folder / f"case_{number}" / "test_it.py"
            path.write_text(str(files["test_it.py"]), encoding="utf-8")
        sides.append([*_unittest(folder), *_pytest(folder)])
    return sides


def _unittest(folder: Path) -> list[str]:
    log = _output(["-m", "unittest", "-v"], folder)
    return sorted(re.findall(r"\((case_.*?\) \.\.\. .*)$", log, re.MULTILINE))


def _pytest(folder: Path) -> list[str]:
    plugins = ["--disable-plugin-autoload", "-p", "pytest_asyncio.plugin"]
    plugins += ["-p", "no:cacheprovider"]
    log = _output(["-m", "pytest", "-q", "-rA", *plugins], folder)
    # Lines of skipped tests move when an import goes.
    return sorted(re.findall(r"^[A-Z]+ (?:\[\d+\] )?case_[^\s:]+(?:::\w+)*", log, re.M))


def _output(arguments: list[str], folder: Path) -> str:
    paths = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **paths},
        capture_output=True,
        encoding="utf-8",
    )
    log = done.stdout + done.stderr
    assert "never awaited" not in log
    return log


@pytest.mark.parametrize(
    "number", cases(dict(zip(CHANGED, range(len(CHANGED)), strict=True)))
)
def test_classes_that_change_keep_their_outcomes(number, outcomes):
    before, after = (
        [
            each
            for each in side
            if f"case_{number}." in each or f"case_{number}/" in each
        ]
        for side in outcomes
    )
    assert before
    assert after == before
    assert not re.search(r"^(FAILED|ERROR) |\.\.\. (FAIL|ERROR)", "\n".join(before))


def test_a_class_that_runs_a_mixin_and_is_not_selected():
    files = {
        "mixin_test.py": "import asyncio\nfrom app import f\n\n\nclass Mixin:\n"
        "    def test_f(self):\n        assert asyncio.run(f()) == 1\n",
        "test_it.py": "import unittest\nfrom mixin_test import Mixin\n\n\n"
        "class FTests(Mixin, unittest.TestCase):\n    pass\n",
    }
    assert left(files, selected=frozenset({"mixin_test.py"})) == ["outside-selection"]
