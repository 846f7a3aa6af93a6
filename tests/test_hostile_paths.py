"""Paths that lead out of the root: in plans, lists and configuration, and by links."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from awaitify_codemods.plan import digest
from tests.command import LEGACY, git, make, run

OUTSIDE = (
    "../outside.py",
    "tests/../../outside.py",
    "./../outside.py",
    "linked/outside.py",
    "link.py",
    "linked/new.py",
    "a\x00b.py",
    "..",
    "",
)
"""Names below the root, as a stored plan has them, of files that are not there."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with links to what is beside it."""
    root = make(tmp_path / "project", test_a=LEGACY)
    (tmp_path / "outside.py").write_text(LEGACY)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / "test_link.py").symlink_to(tmp_path / "outside.py")
    (root / "linked").symlink_to(tmp_path)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def beside(root: Path) -> dict[str, bytes]:
    """Return what is beside the root, and must stay as it is."""
    return {
        path.name: path.read_bytes() for path in root.parent.iterdir() if path.is_file()
    }


def plan(root: Path) -> dict[str, object]:
    done = run(root, "check", "--plan", "-", "--no-cache")
    found: dict[str, object] = json.loads(done.stdout)
    return found


def replay(root: Path, stored: object) -> int:
    before, ours = beside(root), (root / "test_a.py").read_bytes()
    done = run(
        root,
        *("fix", "--from-plan", "-", "--allow-dirty", "--no-cache"),
        stdin=json.dumps(stored).encode(),
    )
    assert done.returncode in (2, 3), (stored, done.stdout, done.stderr)
    assert beside(root) == before
    assert (root / "test_a.py").read_bytes() == ours
    assert sorted(os.listdir(root)) == sorted(
        ".git link.py linked pytest.ini setup.py test_a.py test_link.py".split()
    )
    return done.returncode


def test_a_plan_does_not_lead_out_of_the_root(root: Path) -> None:
    stored = plan(root)
    assert stored["files"] and stored["documents"]
    for path in (*OUTSIDE, str(root.parent / "outside.py")):
        [file] = stored["files"]  # type: ignore[misc]
        replay(root, {**stored, "files": [{**file, "path": path}]})


def test_a_plan_changes_no_configuration_outside(root: Path) -> None:
    stored = plan(root)
    outside = str(root.parent / "pyproject.toml")
    names = (*OUTSIDE, "../pyproject.toml", "linked/pyproject.toml", outside)
    for path in (*names, "made.toml", ".git/config", "test_a.py"):
        [document] = stored["documents"]  # type: ignore[misc]
        # One that is not there is as good as empty: a plan may not make it.
        lines = [{"start": 0, "stop": 0, "lines": ["x = 1\n"]}]
        for before in (document, {"digest": digest(b""), "changes": lines}):
            documents = [{**before, "path": path}]
            assert replay(root, {**stored, "files": [], "documents": documents}) == 2


def test_links_are_not_followed(root: Path) -> None:
    before = beside(root)
    for paths in ((".",), ("linked/../test_a.py", "."), ("test_a.py", "link.py")):
        done = run(root, "fix", *paths, "--no-cache")
        assert done.returncode in (0, 2, 3), done.stderr
        assert beside(root) == before
        git(root, "checkout", "-q", ".")


def test_a_list_of_files_does_not_lead_out(root: Path) -> None:
    before = beside(root)
    for name in ("../outside.py", "link.py", str(root.parent / "outside.py")):
        given = f"test_a.py\n{name}\n".encode()
        done = run(root, "fix", "--files-from", "-", "--no-cache", stdin=given)
        assert done.returncode == 2, done.stdout
        assert beside(root) == before
        assert git(root, "status", "--porcelain") == ""


def test_a_configuration_reads_and_writes_nothing_outside(root: Path) -> None:
    before = beside(root)
    for text in (
        'extend-exclude = ["../*"]\ninclude = ["../*.py", "/../*.py", "linked/*"]\n',
        'per-file-ignores = { "../outside.py" = ["AW101"] }\n',
    ):
        (root / "awaitify.toml").write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-qm", "next")
        assert run(root, "fix", "--no-cache").returncode in (0, 2)
        assert beside(root) == before
        git(root, "checkout", "-q", ".")
