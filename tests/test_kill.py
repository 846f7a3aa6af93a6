"""Killed at any moment: whole files, and a run that can be undone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import environment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
_TOP = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "stride", [11, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_at_steps_of_writing_and_undoing(tmp_path: Path, stride: int):
    _run("tests.kill.steps", str(tmp_path), str(stride))


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
