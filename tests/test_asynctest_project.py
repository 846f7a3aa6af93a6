"""A project of asynctest's and aiounittest's cases, migrated, and run on both sides."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

PROJECT = {
    "app.py": """
        import asyncio


        class Server:
            def __init__(self, loop=None):
                self.loop = loop or asyncio.get_event_loop()
                self.running = False

            async def start(self):
                await asyncio.sleep(0)
                self.running = True

            async def stop(self):
                await asyncio.sleep(0)
                self.running = False

            def later(self, value):
                future = self.loop.create_future()
                self.loop.call_later(0.01, future.set_result, value)
                return future
        """,
    "requirements-dev.txt": """
        pytest
        asynctest
        aiounittest>=1.3  # for the tests of aiounittest
        """,
    "tests/__init__.py": "",
    "tests/base.py": """
        import asynctest

        from app import Server


        class ServerCase(asynctest.TestCase):
            def make(self):
                return Server(loop=self.loop)

            async def setUp(self):
                self.server = self.make()
                await self.server.start()

            async def tearDown(self):
                await self.server.stop()
                super().tearDown()


        class Mixin:
            async def setUp(self):
                await super().setUp()
                self.mixed = True
        """,
    "tests/test_server.py": """
        import asyncio
        from unittest import mock

        import asynctest
        from asynctest import skipIf as skip_if

        from tests.base import Mixin, ServerCase

        EVENTS = []


        class ServerTests(ServerCase):
            async def setUp(self):
                await super().setUp()
                self.addCleanup(self.clean, "awaited")
                self.addCleanup(EVENTS.append, "called")

            async def clean(self, word):
                await asyncio.sleep(0)
                EVENTS.append(word)

            async def test_later(self):
                self.assertEqual(await self.server.later(3), 3)
                self.assertIs(self.server.loop, self.loop)

            @asynctest.skip("never")
            async def test_skipped(self):
                raise AssertionError

            @skip_if(False, "why")
            async def test_not_skipped(self):
                self.assertTrue(self.server.running)

            @asynctest.expectedFailure
            async def test_failure(self):
                self.assertTrue(False)

            @mock.patch("app.asyncio.sleep")
            async def test_patched(self, sleep):
                with self.assertRaises(ValueError):
                    raise ValueError

            def test_sync(self):
                self.assertTrue(self.server.running)
                self.assertIs(self.server.loop, asyncio.get_event_loop())

            def test_driving(self):
                self.assertEqual(asyncio.run(asyncio.sleep(0, 2)), 2)

            async def test_inner_coroutine(self):
                async def inner():
                    return self.loop

                self.assertIs(await inner(), self.loop)

            async def test_z_events(self):
                self.assertEqual(EVENTS[:2], ["called", "awaited"])


        class MixedTests(Mixin, ServerCase):
            async def test_mixed(self):
                self.assertTrue(self.mixed and self.server.running)


        @asynctest.strict
        class FutureTests(asynctest.TestCase):
            use_default_loop = False
            forbid_get_event_loop = False

            def setUp(self):
                super().setUp()
                self.future = self.loop.create_future()

            def tearDown(self):
                self.assertTrue(self.future.done())

            @asynctest.fail_on(unused_loop=True)
            async def test_future(self):
                self.loop.call_soon(self.future.set_result, 5)
                self.assertEqual(await self.future, 5)
        """,
    "tests/test_numbers.py": """
        import asyncio

        import aiounittest


        class NumberTests(aiounittest.AsyncTestCase):
            def get_event_loop(self):
                return None

            def setUp(self):
                self.numbers = [1, 2]

            async def test_sleep(self):
                self.assertEqual(await asyncio.sleep(0, self.numbers), [1, 2])

            def test_sync(self):
                self.assertEqual(self.numbers, [1, 2])
        """,
}


def _python(version: str) -> str | None:
    """Return an interpreter of a version, if one is installed."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python")]
    for each in filter(None, found):
        done = subprocess.run([each, "-c", "import venv"], capture_output=True)
        if done.returncode == 0:
            return str(each)
    return None


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the project before and after."""
    folder = tmp_path_factory.mktemp("asynctest")
    for side in ("before", "after"):
        for name, text in PROJECT.items():
            path = folder / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "awaitify", "fix", ".", "--allow-dirty"],
        cwd=folder / "after",
        env={**os.environ, "AWAITIFY_STATE_DIR": str(folder / "state")},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_nothing_is_said_of_the_libraries_any_more(project: Path):
    for path in (project / "after").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search("asynctest|aiounittest", text), path


def test_the_result_runs_where_neither_is_installed(project: Path):
    outcomes = _outcomes(sys.executable, project / "after")
    assert set(outcomes.values()) == {"ok", "skipped", "expected"}
    assert len(outcomes) == 13


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10"])
def test_every_test_keeps_its_outcome(project: Path, version: str, tmp_path: Path):
    python = _python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    environment = tmp_path / "environment"
    subprocess.run([python, "-m", "venv", environment], check=True)
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    install = [scripts / "python", "-m", "pip", "install", "-q"]
    subprocess.run([*install, "asynctest", "aiounittest"], check=True)
    before = _outcomes(str(scripts / "python"), project / "before")
    assert len(before) == 13
    assert _outcomes(str(scripts / "python"), project / "after") == before


def _outcomes(python: str, folder: Path) -> dict[str, str]:
    """Return the outcome of each test, by its id."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-m", "unittest", "-v"],
        cwd=folder,
        env={k: v for k, v in environment.items() if k != "PYTHONPATH"},
        capture_output=True,
        encoding="utf-8",
    )
    line = r"^(\w+ \(.*?\)) \.\.\. (\w+)"
    found = re.findall(line, done.stderr, re.MULTILINE)
    assert found, done.stderr
    return dict(found)
