"""A project of unittest classes, migrated once and run by several Pythons."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

INSTALLED = {
    "vendor/__init__.py": "from vendor.testing import VendorCase\n",
    "vendor/testing.py": """
        import unittest


        class VendorCase(unittest.TestCase):
            def setUp(self):
                super().setUp()
                self.events = ["vendor"]
        """,
}
PROJECT = {
    "app.py": """
        import asyncio


        async def total(*numbers):
            await asyncio.sleep(0)
            return sum(numbers)


        class Conn:
            opened = False

            async def open(self):
                await asyncio.sleep(0)
                self.opened = True
                return self
        """,
    "tests/__init__.py": "",
    "tests/root.py": """
        import asyncio
        import unittest


        class RootCase(unittest.TestCase):
            def run_coro(self, coro):
                loop = asyncio.new_event_loop()
                try:
                    return loop.run_until_complete(coro)
                finally:
                    loop.close()
        """,
    "tests/base.py": """
        from tests.root import RootCase


        class BaseCase(RootCase):
            expected = 3
        """,
    "tests/mixins.py": """
        from app import Conn


        class ConnMixin:
            def setUp(self):
                super().setUp()
                self.conn = self.run_coro(Conn().open())
        """,
    "tests/test_base.py": """
        from app import total
        from tests.base import BaseCase
        from tests.mixins import ConnMixin


        class TotalTests(BaseCase):
            def test_total(self):
                self.assertEqual(self.run_coro(total(1, 2)), self.expected)

            def test_sync(self):
                self.assertEqual(self.expected, 3)


        class ConnTests(ConnMixin, BaseCase):
            def test_open(self):
                self.assertTrue(self.conn.opened)
        """,
    "tests/test_shared.py": """
        import asyncio
        import unittest

        from app import total


        class SharedCase(unittest.TestCase):
            value = 2


        class AsyncTests(SharedCase):
            def setUp(self):
                self.loop = asyncio.new_event_loop()
                asyncio.set_event_loop(self.loop)

            def tearDown(self):
                self.loop.close()
                asyncio.set_event_loop(None)

            def test_total(self):
                self.assertEqual(self.loop.run_until_complete(total(1, 1)), self.value)


        class SyncTests(SharedCase):
            def test_value(self):
                self.assertEqual(self.value, 2)
        """,
    "tests/test_vendor.py": """
        import asyncio

        from vendor import VendorCase

        from app import total


        class VendorTests(VendorCase):
            def setUp(self):
                super().setUp()
                self.events.append(asyncio.run(total(1, 1)))

            def test_order(self):
                self.events.append(asyncio.run(total(1)))
                self.assertEqual(self.events, ["vendor", 2, 1])
        """,
}
SHARED_AFTER = """\
import unittest

from app import total


class SharedCase(unittest.TestCase):
    value = 2


class AsyncTests(SharedCase, unittest.IsolatedAsyncioTestCase):
    async def test_total(self):
        self.assertEqual(await total(1, 1), self.value)


class SyncTests(SharedCase):
    def test_value(self):
        self.assertEqual(self.value, 2)
"""


def _python(version: str) -> str | None:
    """Return an interpreter of a version, if one is installed."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python")]
    for each in filter(None, found):
        done = subprocess.run([each, "-c", ""], capture_output=True)
        if done.returncode == 0:
            return str(each)
    return None


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the project before and after, and what is installed."""
    folder = tmp_path_factory.mktemp("unittest")
    site = folder / "venv" / "lib" / "python3.13" / "site-packages"
    _write(site, INSTALLED)
    _write(folder / "venv", {"pyvenv.cfg": "version = 3.13.0\n"})
    for side in ("before", "after"):
        _write(folder / side, PROJECT)
    command = [sys.executable, "-m", "awaitify", "fix", ".", "--allow-dirty"]
    done = subprocess.run(
        [*command, "--python", str(folder / "venv")],
        cwd=folder / "after",
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 left" in done.stderr or "left" not in done.stderr, done.stderr
    return folder


def _outcomes(python: str, project: Path, side: str) -> dict[str, str]:
    """Return the outcome of each test, by its id."""
    site = project / "venv" / "lib" / "python3.13" / "site-packages"
    done = subprocess.run(
        [python, "-W", "error::RuntimeWarning", "-m", "unittest", "-v"],
        cwd=project / side,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        encoding="utf-8",
    )
    found = re.findall(r"^(\w+ \(.*?\)) \.\.\. (\w+)$", done.stderr, re.MULTILINE)
    assert found, done.stderr
    return dict(found)


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_every_test_passes_before_and_after(project: Path, version: str):
    python = _python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    before = _outcomes(python, project, "before")
    assert len(before) == 6
    assert set(before.values()) == {"ok"}
    assert _outcomes(python, project, "after") == before


def test_nothing_drives_a_loop_any_more(project: Path):
    texts = [path.read_text() for path in (project / "after" / "tests").rglob("*.py")]
    assert not [text for text in texts if re.search(r"asyncio\.run|run_until", text)]


def test_a_base_is_not_forced_on_sync_classes(project: Path):
    assert (project / "after" / "tests" / "test_shared.py").read_text() == SHARED_AFTER
