"""Small projects as a whole, on the pytest-asyncio they were written for and today's.

Nothing is edited by hand: what passed on the old one passes on the new one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.suite_runs import Run, run_pytest

pytestmark = pytest.mark.slow

_FOLDER = Path(__file__).parent / "cases" / "whole_projects"
_PROJECTS = sorted(path.name for path in _FOLDER.iterdir())
# What is written for these runs with the old pytest-asyncio, too.
_PORTABLE = {"narrow"}
_OLD = ("pytest<8", "pytest-asyncio==0.21.2")
_NEW = ("pytest>=9", "pytest-asyncio==1.5.0")
# The newest Pythons that the old ones know.
_OLD_PYTHONS = ("3.11", "3.10", "3.9")
_STRICT = (
    *("-W", "error::RuntimeWarning"),
    *("-W", "error::pytest.PytestUnraisableExceptionWarning"),
)

Environment = Callable[[tuple[str, ...]], Path]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return a function that makes an environment with some packages, once."""

    @cache
    def made(packages: tuple[str, ...]) -> Path:
        home = tmp_path_factory.mktemp("environment")
        base = _old_python() if packages == _OLD else sys.executable
        subprocess.run([base, "-m", "venv", home], check=True)
        python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
        command = [python, "-m", "pip", "install", "--quiet", *packages]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return python

    return made


def _old_python() -> str:
    """Return an interpreter for which the old pytest-asyncio was made."""
    for version in _OLD_PYTHONS:
        if sys.version_info[:2] == tuple(map(int, version.split("."))):
            return sys.executable
        places = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        for found in (shutil.which(f"python{version}"), *map(str, places)):
            if found and _works(found):
                return found
    pytest.skip(f"none of Python {', '.join(_OLD_PYTHONS)} is here")


def _works(python: str) -> bool:
    done = subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True)
    return done.returncode == 0


def _run(project: Path, python: Path, *options: str) -> Run:
    record = project.parent / "record.json"
    arguments = ["-q", "-p", "no:cacheprovider", *options]
    return run_pytest(project, arguments, record, python=python)


def _awaitify(project: Path, command: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "awaitify", command, ".", *options],
        cwd=project,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", _PROJECTS)
def test_what_passed_passes(name: str, environment: Environment, tmp_path: Path):
    project = tmp_path / name
    shutil.copytree(_FOLDER / name, project)
    old, new = environment(_OLD), environment(_NEW)
    before = _run(project, old)
    assert set(before.tests.values()) == {"passed"}, before.log

    report = _awaitify(project, "fix", "--allow-dirty")
    after = _run(project, new, *_STRICT)
    assert after.tests == before.tests, after.log
    assert "0 left" in report, report
    _awaitify(project, "check")
    if name in _PORTABLE:
        again = _run(project, old)
        assert again.tests == before.tests, again.log
