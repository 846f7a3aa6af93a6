"""Repositories to migrate, and a file that names them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.command import LEGACY, git, run

NOTHING = "def test_a():\n    assert True\n"
PYPROJECT = '[project]\nname = "shop"\nversion = "1"\n'


def repository(folder: Path, source: str = LEGACY, **files: str) -> Path:
    """Make a repository with one suite, and what else there is to be."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_bytes(PYPROJECT.encode())
    (folder / "test_x.py").write_bytes(source.encode())
    for name, text in files.items():
        (folder / f"{name}.py").write_bytes(text.encode())
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
        git(folder, "config", "user.name", "somebody")
        git(folder, "config", "user.email", "somebody@example.org")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "legacy")


def batch(
    folder: Path, text: str, *arguments: str, what: str = "run", **more: str
) -> subprocess.CompletedProcess[str]:
    """Write the file, and carry it out."""
    (folder / "batch.toml").write_bytes(text.encode())
    return again(folder, *arguments, what=what, **more)


def again(
    folder: Path, *arguments: str, what: str = "run", **more: str
) -> subprocess.CompletedProcess[str]:
    return run(folder, "batch", what, "batch.toml", *arguments, **more)


def statuses(folder: Path) -> dict[str, str]:
    told = json.loads(again(folder, "--format", "json", what="status").stdout)
    return {entry["name"]: entry["status"] for entry in told["entries"]}


def log(folder: Path, branch: str) -> list[str]:
    """Return the subjects of the commits that a branch has and main has not."""
    return git(folder, "log", "--format=%s", f"main..{branch}").splitlines()
