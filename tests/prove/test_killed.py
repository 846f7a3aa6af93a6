"""A proof that is killed at any moment leaves a tree that `undo` restores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.command import start
from tests.prove.killed import PROVE, kill_after, killed, make, seconds_of_a_whole_proof
from tests.prove.test_prove import passes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL"),
]
_MOMENTS = 10


def test_undo_restores_the_tree(tmp_path: Path) -> None:
    """At a few moments; `python -m tests.prove.killed DIRECTORY` has 50."""
    found = killed(tmp_path, _MOMENTS, seed=9)
    assert found["restored"] == _MOMENTS
    assert found["killed"] > _MOMENTS / 2
    assert found["changed"] > 1


def test_what_was_killed_is_resumed(tmp_path: Path) -> None:
    root = make(tmp_path / "project")
    assert kill_after(root, 0.6 * seconds_of_a_whole_proof(tmp_path / "first"))
    done = start(root, *PROVE, "--resume")
    assert done.returncode == 4, done.stderr
    assert passes(root)
