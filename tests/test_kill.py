"""Killed at any moment: whole files, and a run that can be undone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import LEGACY, environment, make
from tests.test_journal import HELPED, HELPER

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
_TOP = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "stride", [11, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_at_steps_of_writing_and_undoing(tmp_path: Path, stride: int):
    _run("tests.kill.steps", str(tmp_path), str(stride))


@pytest.mark.slow
def test_at_random_moments(tmp_path: Path):
    """A few; `python -m tests.kill DIRECTORY` takes any suite and 200."""
    root = tmp_path / "project"
    make(root, **{f"test_{n}": LEGACY for n in range(8)})
    make(root / "tests", helper=HELPER, test_c=HELPED)
    said = _run("tests.kill", str(root), "--count", "6")
    assert "restored by undo: 6 of 6 killed" in said


@pytest.mark.slow
def test_rounds_at_random_moments(tmp_path: Path):
    """Half of them on a full disk; `python -m tests.kill.rounds` does it 100 times."""
    said = _run("tests.kill.rounds", str(tmp_path), "20")
    assert "restored by undo: 20 of 20" in said


def _run(module: str, *arguments: str) -> str:
    """Run a module of the tests in a process with one thread, which may fork."""
    path = os.pathsep.join([str(_TOP), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment(PYTHONPATH=path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
