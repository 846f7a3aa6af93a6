"""Tests that hang for real: with a time-out they fail, each at its own await."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.suite_runs import Run, run_pytest

pytestmark = pytest.mark.slow

_HANGING = Path(__file__).parent / "cases" / "hanging"
_PACKAGES = ("pytest==9.0.2", "pytest-asyncio==1.3.0")
_FLAGS = {
    "wait_for": ["--timeout", "0.3"],
    "every": ["--timeout", "0.3", "--timeout-all"],
    "timeout": ["--timeout", "0.3", "--timeout-style", "timeout"],
}


def _interpreter(version: str) -> str:
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    places = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for found in (shutil.which(f"python{version}"), *map(str, places)):
        if found and subprocess.run([found, "-c", "import ensurepip"]).returncode == 0:
            return found
    pytest.skip(f"Python {version} is not here")


@pytest.fixture(scope="module", params=["3.10", "3.13"])
def python(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return an interpreter with pytest and its plugins."""
    home = tmp_path_factory.mktemp(f"python{request.param}")
    subprocess.run([_interpreter(request.param), "-m", "venv", home], check=True)
    found = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [found, "-m", "pip", "install", "--quiet", *_PACKAGES]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return found


def _run(project: Path, python: Path, folder: Path, *more: str, limit: float) -> Run:
    arguments = ["-q", "--tb=short", "-p", "no:cacheprovider", *more]
    record = folder / "run.json"
    return run_pytest(project, arguments, record, python=python, timeout=limit)


def test_they_hang(python: Path, tmp_path: Path):
    names = _run(_HANGING, python, tmp_path, "--collect-only", limit=60).tests

    def hangs(number: int, name: str) -> bool:
        folder = tmp_path / str(number)
        folder.mkdir()
        run = _run(_HANGING, python, folder, name, limit=8)
        return run.log.endswith("stopped after 8 s\n")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(hangs, range(len(names)), names))
    assert len(names) > 30
    assert all(found), [
        name for name, hung in zip(names, found, strict=True) if not hung
    ]


@pytest.mark.parametrize("flags", _FLAGS.values(), ids=list(_FLAGS))
def test_they_fail_by_the_time_out(python: Path, flags: list[str], tmp_path: Path):
    project = tmp_path / "hanging"
    shutil.copytree(_HANGING, project)
    done = subprocess.run(
        [sys.executable, "-m", "awaitify", "fix", ".", "--python", python, *flags],
        cwd=project,
        env={**os.environ, "NO_COLOR": "1", "AWAITIFY_STATE_DIR": str(tmp_path / "s")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    run = _run(project, python, tmp_path, limit=120)
    assert {*run.tests.values()} == {"failed"}, run.log
    errors = [line for line in run.log.split("\n") if line.startswith("FAILED")]
    assert all("TimeoutError" in line for line in errors), errors
    # The traceback shows the await and its bound.
    assert "0.3)" in run.log
