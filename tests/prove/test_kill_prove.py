"""A proof that is killed at any moment leaves a tree that `undo` restores."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import contents, environment, run, start
from tests.prove import projects
from tests.prove.test_prove import passes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL"),
]

_MOMENTS = 50
_PROVE = ("prove", "--python", sys.executable, "--rounds", "6", "-q")


def make(root: Path) -> Path:
    """A project whose proof has several rounds, in several files."""
    other = {
        name.replace("test_api", "test_api_too"): text
        for name, text in projects.REFUSING.items()
        if name == "tests/test_api.py"
    }
    return projects.make(root, {**projects.ORDERED, **projects.REFUSING, **other})


def seconds_of_a_whole_proof(root: Path) -> float:
    begin = time.monotonic()
    assert start(root, *_PROVE).returncode == 4
    return time.monotonic() - begin


def kill_after(root: Path, seconds: float) -> bool:
    """Kill a proof after so long; whether it was still at work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "awaitify", *_PROVE],
        cwd=root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def test_undo_restores_the_tree_whenever_a_proof_is_killed(tmp_path: Path) -> None:
    long = seconds_of_a_whole_proof(make(tmp_path / "first"))
    chance = random.Random(8)
    root = make(tmp_path / "project")
    before = contents(root)
    killed = changed = 0
    for _ in range(_MOMENTS):
        killed += kill_after(root, chance.uniform(0.1, 1.1) * long)
        was_changed = contents(root) != before
        changed += was_changed
        done = run(root, "undo")
        assert contents(root) == before, done.stderr
        assert done.returncode == 0 or not was_changed
    assert killed > _MOMENTS / 2
    assert changed > _MOMENTS / 5


def test_a_killed_proof_is_resumed(tmp_path: Path) -> None:
    root = make(tmp_path)
    long = seconds_of_a_whole_proof(make(tmp_path / "first"))
    assert kill_after(root, 0.6 * long)
    done = start(root, *_PROVE, "--resume")
    assert done.returncode == 4, done.stderr
    assert passes(root)
