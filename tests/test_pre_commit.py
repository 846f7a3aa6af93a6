"""The hooks, as pre-commit runs them: from a repository, on what is to be committed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.command import LEGACY, environment, git, make, run

TREE = Path(__file__).parent.parent
HOOKS = {
    hook["id"]: hook
    for hook in yaml.safe_load((TREE / ".pre-commit-hooks.yaml").read_bytes())
}


def words(hook: str) -> list[str]:
    """Return what pre-commit runs, but for the names of files."""
    command = HOOKS[hook]["entry"].split()
    assert command.pop(0) == "awaitify"
    return [*command, *HOOKS[hook]["args"]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make(tmp_path / "project", test_a=LEGACY, **{"--output=x": LEGACY})
    git(root, "init", "-q")
    git(root, "add", ".")
    return root


def test_names_of_files_are_no_flags(root: Path) -> None:
    done = run(root, *words("awaitify-check"), "--output=x.py", "test_a.py")
    assert done.returncode == 1, done.stderr
    assert "test_a.py:9:" in done.stdout and "--output=x.py:9:" in done.stdout
    assert {path.name for path in root.glob("*.py")} == {
        "--output=x.py",
        "setup.py",
        "test_a.py",
    }


def test_what_is_to_be_committed_is_rewritten(root: Path) -> None:
    assert run(root, *words("awaitify-fix"), "test_a.py").returncode == 0
    assert "async def test_a" in (root / "test_a.py").read_text()
    assert run(root, *words("awaitify-check"), "test_a.py").returncode == 0


def test_what_the_readme_says_works(root: Path) -> None:
    text = (
        (TREE / "README.md").read_text().partition("<!-- pre-commit -->\n```yaml\n")[2]
    )
    [repository] = yaml.safe_load(text.partition("```")[0])["repos"]
    for hook in repository["hooks"]:
        command = HOOKS[hook["id"]]["entry"].split()[1:]
        assert run(root, *command, *hook["args"], "test_a.py").returncode in (0, 1)


@pytest.mark.slow
def test_pre_commit_runs_the_hooks(root: Path, tmp_path: Path) -> None:
    origin = tmp_path / "awaitify"
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "tests", "__pycache__", ".*_cache"
    )
    shutil.copytree(TREE, origin, ignore=ignored)
    git(origin, "init", "-q")
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "first")
    head = git(origin, "rev-parse", "HEAD").strip()
    hooks = "".join(f"      - id: {hook}\n" for hook in HOOKS)
    (root / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {origin}\n    rev: {head}\n    hooks:\n{hooks}"
    )
    git(root, "add", ".")
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    validated = started(root, "validate-manifest", str(TREE / ".pre-commit-hooks.yaml"))
    assert validated.returncode == 0, validated.stdout

    done = started(root, "run", "awaitify-check", **home)
    assert done.returncode == 1, done.stdout
    assert "test_a.py:9:" in done.stdout and "AW101" in done.stdout
    done = started(root, "run", "awaitify-fix", **home)
    assert done.returncode == 1 and "files were modified by this hook" in done.stdout
    assert "async def test_a" in (root / "test_a.py").read_text()
    git(root, "add", ".")
    done = started(root, "run", **home)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 2


def started(root: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *words],
        cwd=root,
        env={**environment(**more), "PYTHONPATH": "", "GIT_AUTHOR_NAME": "t"},
        capture_output=True,
        text=True,
        check=False,
    )
