"""The example in the README is real: what it shows is what the command prints."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.suite_runs import run_pytest

_ROOT = Path(__file__).parents[1]
_LEGACY = Path("examples", "legacy")
_PYTEST = [
    *("-q", "-p", "no:cacheprovider", "-W", "error"),
    # Other plugins of our environment would double the time of each run.
    *("--disable-plugin-autoload", "-p", "pytest_asyncio.plugin"),
]


def _awaitify(command: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "awaitify", *command.split(), _LEGACY.as_posix()],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _copy(folder: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(_ROOT / _LEGACY, folder / _LEGACY, ignore=ignore)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    _copy(folder)
    _awaitify("fix", folder)
    return folder


def test_the_suite_passes_before_and_after(tmp_path: Path, migrated: Path):
    before = run_pytest(_copy(tmp_path), _PYTEST, tmp_path / "before.json")
    after = run_pytest(migrated / _LEGACY, _PYTEST, tmp_path / "after.json")
    assert set(before.tests.values()) == {"passed"}, before.log
    assert after.tests == before.tests, after.log


def test_one_test_is_left(migrated: Path):
    found = _awaitify("check", migrated).partition("\n\n")[0].splitlines()
    assert [line for line in found if "(inner-loop)" not in line] == []
    assert len(found) == 1


def _left(root: Path) -> list[str]:
    found = _awaitify("check --exit-zero", root).splitlines()
    return [each for each in found if " left (" in each and each.startswith("examples")]


def test_beside_our_configuration_the_same_test_is_left(tmp_path: Path):
    _copy(tmp_path)
    shutil.copy(_ROOT / "pyproject.toml", tmp_path)
    assert len(_left(tmp_path)) == 1


@pytest.mark.slow
def test_in_a_clone_the_same_test_is_left():
    assert len(_left(_ROOT)) == 1


def test_the_readme_shows_the_real_diff(tmp_path: Path):
    _copy(tmp_path)
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- diff -->\n```diff\n(.*?)```", readme, re.DOTALL)
    assert shown
    assert shown[1] in _awaitify("diff --exit-zero", tmp_path)
