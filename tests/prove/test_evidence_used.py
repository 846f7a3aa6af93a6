"""Refusals that a run of the suite shows to be needless, and those that it confirms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awaitify.prove.evidence import gathered
from awaitify.prove.outcome import SuiteRun
from awaitify_codemods.evidence import DEPENDENCY, Evidence
from tests.command import run
from tests.prove.suites import outcomes, ran, write

_CORE = """
    import asyncio
    import concurrent.futures

    async def f(x=1):
        await asyncio.sleep(0)
        return x

    def load(now=False):
        if now:
            return asyncio.run(f())
        return 1

    class Plain:
        def fetch(self):
            return 1

    class Driving:
        name = "driving"

        def fetch(self):
            return asyncio.run(f())

        @property
        def status(self):
            return asyncio.run(f())

    def pooled():
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: drive()).result()

    def drive():
        return asyncio.run(f())
"""
_COMMANDS = """
    from app.core import drive

    def do_run():
        return drive()

    def do_show():
        return 1

    def main(name):
        return globals()["do_" + name]()

    def serve():
        return start() + 1

    def start():
        return drive()
"""
_CONFTEST = """
    import pytest
    from app import core

    @pytest.fixture
    def clients():
        return {"plain": core.Plain(), "driving": core.Driving()}
"""
_TESTS = """
    import asyncio

    import pytest
    from app import commands, core
    from app.core import f

    def test_flag_off():
        assert asyncio.run(f()) == 1
        assert core.load() == 1

    def test_other_class(clients):
        assert asyncio.run(f()) == 1
        assert clients["plain"].fetch() == 1

    def test_other_attribute():
        assert asyncio.run(f()) == 1
        assert core.Driving().name == "driving"

    def test_other_command():
        assert asyncio.run(f()) == 1
        assert getattr(commands, "do_" + "show")() == 1

    def test_replaced(monkeypatch):
        monkeypatch.setattr(commands, "start", lambda: 1)
        assert asyncio.run(f()) == 1
        assert commands.serve() == 2

    def test_in_a_thread():
        assert asyncio.run(f()) == 1
        assert core.pooled() == 1

    def test_flag_on():
        assert asyncio.run(f(2)) == 2
        assert core.load(now=True) == 1

    def test_class(clients):
        assert asyncio.run(f(2)) == 2
        assert clients["driving"].fetch() == 1

    def test_command():
        assert asyncio.run(f(2)) == 2
        assert getattr(commands, "do_" + "run")() == 1

    def test_behind_two_calls():
        assert asyncio.run(f(2)) == 2
        assert commands.serve() == 2
"""
NEEDLESS = {
    "test_flag_off",
    "test_other_class",
    "test_other_attribute",
    "test_other_command",
    "test_replaced",
    "test_in_a_thread",
}
NEEDED = {"test_flag_on", "test_class", "test_command", "test_behind_two_calls"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project of which ten tests may start loops in loops, and four do."""
    root = write(
        tmp_path / "p",
        app__core=_CORE,
        app__commands=_COMMANDS,
        conftest=_CONFTEST,
        test_it=_TESTS,
    )
    (root / "app" / "__init__.py").touch()
    (root / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\npythonpath = '.'\n"
    )
    return root


def _left(root: Path, *arguments: str) -> dict[str, tuple[str, str]]:
    """Return what is left, with reason and message, by test."""
    told = run(root, "check", "--format", "json", "--no-cache", *arguments).stdout
    return {
        each["test"]: (each["reason"], each["message"])
        for each in json.loads(told)["findings"]
        if each["status"] == "left"
    }


def _evidence(root: Path, result: SuiteRun) -> Evidence:
    paths = sorted(root.rglob("*.py"))
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    return gathered(result, files)


def test_six_of_ten_refusals_are_lifted(root: Path):
    before = _left(root)
    assert {reason for reason, _ in before.values()} == {"inner-loop"}
    assert before.keys() == NEEDLESS | NEEDED

    result = ran(root)
    assert set(outcomes(result).values()) == {"passed"}, result.output
    seen = root.parent / "seen.json"
    seen.write_text(json.dumps(_evidence(root, result).as_json()))

    left = _left(root, "--evidence", str(seen))
    assert left.keys() == NEEDED
    for reason, message in left.values():
        assert reason == "inner-loop"
        assert message.endswith(", seen in the baseline run")
    assert run(root, "fix", "--evidence", str(seen)).returncode == 0
    text = (root / "test_it.py").read_text()
    assert all(f"async def {name}(" in text for name in NEEDLESS)
    assert all(f"\ndef {name}(" in text for name in NEEDED)
    after = ran(root)
    assert outcomes(after) == outcomes(result), after.output


def test_what_is_installed_is_named(tmp_path: Path):
    """anyio drives for a test: it is known by its package."""
    source = """
        import anyio

        async def f():
            return 1

        def test_it():
            assert anyio.run(f) == 1
    """
    root = write(tmp_path, test_it=source)
    [drive] = _evidence(root, ran(root)).drives
    assert (drive.by, drive.package) == (DEPENDENCY, "anyio")
