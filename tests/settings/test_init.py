"""`awaitify init`, and what `fix` does with configuration: the real command."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.command import run
from tests.settings.support import MARKED, SYNC, UNMARKED, WIDE, begin, text, write

TOML = text(
    """
    [project]
    name = "x"
    version = "1"

    [dependency-groups]
    test = ["pytest>=8.4"]
    """
)
TABLE = "\n" + text(
    """
    [tool.pytest.ini_options]
    asyncio_mode = "strict"
    asyncio_default_fixture_loop_scope = "function"
    """
)


def awaitify(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(
        root,
        *arguments,
        NO_COLOR="1",
        VIRTUAL_ENV=str(root / ".venv"),
        XDG_STATE_HOME=str(root.parent / "state"),
    )


# What init writes.


def test_a_table_in_pyproject(tmp_path: Path):
    done = begin(tmp_path, {"pyproject.toml": TOML, "test_a.py": SYNC})
    new = TOML.replace('"pytest>=8.4"', '"pytest>=8.4", "pytest-asyncio>=1.1"')
    assert done.text("pyproject.toml") == new + TABLE


def test_a_file_of_its_own_without_pyproject(tmp_path: Path):
    done = begin(tmp_path, {"test_a.py": SYNC, "setup.cfg": "[metadata]\n"})
    assert done.changed == {"pytest.ini"}
    assert done.settlement.before == {"pytest.ini": None}
    assert done.text("pytest.ini").startswith("[pytest]\nasyncio_mode = strict\n")


def test_the_file_that_is_there(tmp_path: Path):
    files = {"pyproject.toml": TOML, "tox.ini": "[pytest]\n", "test_a.py": SYNC}
    done = begin(tmp_path, files)
    assert done.changed == {"pyproject.toml", "tox.ini"}
    assert "ini_options" not in done.text("pyproject.toml")


def test_auto_where_something_is_unmarked(tmp_path: Path):
    conftest = WIDE.replace("pytest_asyncio", "pytest")
    done = begin(tmp_path, {"test_a.py": UNMARKED, "conftest.py": conftest})
    assert done.text("pytest.ini") == text(
        """
        [pytest]
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = fixture-scope
        """
    )


def test_what_is_set_stays(tmp_path: Path):
    ini = "[pytest]\naddopts = --asyncio-mode=auto\nasyncio_default_fixture_loop_scope = session\n"
    assert not begin(tmp_path, {"pytest.ini": ini, "test_a.py": UNMARKED}).changed


def test_nothing_for_a_project_without_tests(tmp_path: Path):
    assert not begin(tmp_path, {"app.py": "x = 1\n", "pyproject.toml": TOML}).changed


def test_init_shows_and_writes_nothing_without_a_terminal(tmp_path: Path):
    write(tmp_path, {"pyproject.toml": TOML, "test_a.py": SYNC})
    done = awaitify(tmp_path, "init")
    assert done.returncode == 1
    assert "+asyncio_mode = " in done.stdout
    assert "use --yes" in done.stderr
    assert (tmp_path / "pyproject.toml").read_text() == TOML


def test_init_writes_what_it_shows(tmp_path: Path):
    write(tmp_path, {"test_a.py": MARKED})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text(".venv\n")
    shown = awaitify(tmp_path, "init")
    assert "new file mode 100644" in shown.stdout
    done = awaitify(tmp_path, "init", "--yes", "--allow-dirty")
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "pytest.ini").read_bytes()
    again = awaitify(tmp_path, "init", "--yes", "--allow-dirty")
    assert again.returncode == 0
    assert "nothing to do" in again.stderr
    (tmp_path / "pytest.ini").unlink()
    subprocess.run(
        ["git", "apply"], cwd=tmp_path, input=shown.stdout.encode(), check=True
    )
    assert (tmp_path / "pytest.ini").read_bytes() == written


def test_init_takes_a_mode(tmp_path: Path):
    write(tmp_path, {"test_a.py": MARKED})
    assert "+asyncio_mode = auto" in awaitify(tmp_path, "init", "--mode", "auto").stdout


def test_init_refuses_a_dirty_tree(tmp_path: Path):
    write(tmp_path, {"test_a.py": MARKED})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "test_a.py"], cwd=tmp_path, check=True)
    done = awaitify(tmp_path, "init", "--yes")
    assert done.returncode == 2
    assert not (tmp_path / "pytest.ini").exists()


# Code and configuration change together.


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    requirements = "pytest\npytest-cov\n"
    ini = "[pytest]\nasyncio_mode = legacy\n"
    files = {"tox.ini": ini, "requirements.txt": requirements, "test_a.py": SYNC}
    write(root, files)
    return root


def content(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in root.iterdir() if p.is_file()}


def test_fix_writes_all(legacy: Path):
    patch = awaitify(legacy, "diff")
    assert patch.returncode == 1
    done = awaitify(legacy, "fix")
    assert done.returncode == 0, done.stderr
    assert "3 files changed" in done.stdout
    assert "pytest-asyncio>=1.1" in (legacy / "requirements.txt").read_text()
    assert patch.stdout.count("diff --git") == 3
    check = awaitify(legacy, "check")
    assert check.returncode == 0, check.stdout


def test_check_tells_of_configuration(legacy: Path):
    done = awaitify(legacy, "check", "--format", "json")
    report = json.loads(done.stdout)
    told = {(f["path"], f["line"], f["rule"]) for f in report["findings"]}
    assert {("tox.ini", 2, "AW341"), ("requirements.txt", 1, "AW342")} <= told
    assert {f["path"] for f in report["files"]} == {
        "requirements.txt",
        "test_a.py",
        "tox.ini",
    }


def test_a_plan_has_the_configuration(legacy: Path):
    plan = legacy.parent / "plan.json"
    awaitify(legacy, "check", "--plan", str(plan))
    before = content(legacy)
    expected = awaitify(legacy, "diff").stdout
    assert awaitify(legacy, "diff", "--from-plan", str(plan)).stdout == expected
    (legacy / "tox.ini").write_text("[pytest]\n")
    done = awaitify(legacy, "fix", "--from-plan", str(plan))
    assert done.returncode == 2
    assert "tox.ini: changed since the plan was made" in done.stderr
    (legacy / "tox.ini").write_bytes(before["tox.ini"])
    assert awaitify(legacy, "fix", "--from-plan", str(plan)).returncode == 0
    assert content(legacy).keys() == before.keys()
    assert b"loop_scope = function" in (legacy / "tox.ini").read_bytes()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_what_cannot_be_written_stays_alone(legacy: Path):
    (legacy / "tox.ini").chmod(0o444)
    before = content(legacy)
    done = awaitify(legacy, "fix")
    assert done.returncode == 3
    assert "tox.ini:1: error: not writable" in done.stderr
    after = content(legacy)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"test_a.py", "requirements.txt"}


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        (["--ignore", "AW34"], {"test_a.py"}),
        (["--ignore", "test-requirements"], {"test_a.py", "tox.ini"}),
        (["--select", "AW341"], set()),
        (["--exclude", "tox.ini"], {"test_a.py", "requirements.txt"}),
        (
            ["--target-pytest-asyncio", "0.23"],
            {"test_a.py", "requirements.txt", "tox.ini"},
        ),
    ],
)
def test_flags(legacy: Path, flags: list[str], changed: set[str]):
    before = content(legacy)
    awaitify(legacy, "fix", *flags)
    after = content(legacy)
    assert {name for name in after if after[name] != before[name]} == changed


def test_a_version_that_is_none(legacy: Path):
    done = awaitify(legacy, "fix", "--target-python", "three")
    assert done.returncode == 2
    assert "--target-python: 'three' is no version" in done.stderr


def test_rules_and_explain():
    listing = awaitify(Path.cwd(), "rules").stdout
    assert "AW341" in listing
    explained = awaitify(Path.cwd(), "explain", "pytest-settings").stdout
    assert explained.startswith("## AW341 pytest-settings")
    assert "```ini" in explained
