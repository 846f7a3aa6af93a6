"""Configuration edits beside what else the command has: undo, cache, choices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awaitify import configuring, engine, project
from awaitify.project import Fault
from awaitify.settings import NAMES, stage
from awaitify.settings.rules import RULES
from awaitify_codemods import Settings
from awaitify_codemods.directives import Directives
from tests.command import contents, git, run
from tests.settings.support import SYNC, write

INI = "[pytest]\nasyncio_mode = legacy\n"
SET = "asyncio_default_fixture_loop_scope"


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    files = {"tox.ini": INI, "requirements.txt": "pytest\n", "test_a.py": SYNC}
    write(root, files)
    return root


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Two packages, each with a configuration and requirements of its own."""
    root = tmp_path / "project"
    for name in ("one", "two"):
        declared = f'[project]\nname = "{name}"\nversion = "1"\n'
        files = {
            "pyproject.toml": declared,
            "pytest.ini": INI,
            "requirements.txt": "pytest\nasynctest\n",
            "tests/test_a.py": SYNC,
        }
        write(root, {f"{name}/{path}": each for path, each in files.items()})
    write(root, {"setup.py": ""})
    return root


def changed(before: dict[str, bytes], root: Path) -> set[str]:
    after = contents(root)
    paths = before.keys() | after.keys()
    return {path for path in paths if before.get(path) != after.get(path)}


def test_codes_are_listed_without_loading_the_rules():
    assert list(NAMES.items()) == [(r.META.code, r.META.name) for r in RULES]


# The journal.


def test_undo_restores_configuration(legacy: Path):
    before = contents(legacy)
    assert run(legacy, "fix").returncode == 0
    assert changed(before, legacy) == {"tox.ini", "requirements.txt", "test_a.py"}
    done = run(legacy, "undo")
    assert done.returncode == 0, done.stderr
    assert contents(legacy) == before


def test_undo_takes_what_init_made(tmp_path: Path):
    root = tmp_path / "project"
    write(root, {"test_a.py": SYNC})
    before = contents(root)
    done = run(root, "init", "--yes")
    assert "undo with: awaitify undo" in done.stderr
    assert changed(before, root) == {"pytest.ini"}
    assert run(root, "undo").returncode == 0
    assert contents(root) == before


def test_what_was_not_writable_is_left_in_the_next_plan(legacy: Path):
    found = project.load(project.locate([legacy]), python=str(legacy / ".venv"))
    found = engine.without(found, [Fault("tox.ini", 1, "not writable")])
    run_ = engine.migrate(found, Settings(), engine.Means(1))
    assert run_.results.keys() == {"requirements.txt", "test_a.py"}
    assert not configuring.settable(configuring.given(found, Settings()))


def test_what_a_directive_names_stays(legacy: Path):
    found = project.load(project.locate([legacy]), python=str(legacy / ".venv"))
    directives = Directives(files={"tox.ini": "all tests failed", "gone.ini": "too"})
    run_ = engine.migrate(found, Settings(directives=directives), engine.Means(1))
    assert run_.results.keys() == {"requirements.txt", "test_a.py"}


# The cache.


def test_a_warm_run_gives_the_same(legacy: Path, tmp_path: Path):
    flags = ("--cache-dir", str(tmp_path / "cache"))
    cold = run(legacy, "diff", *flags)
    assert SET in cold.stdout
    assert run(legacy, "diff", *flags).stdout == cold.stdout


def test_a_warm_run_sees_another_configuration(legacy: Path, tmp_path: Path):
    flags = ("--cache-dir", str(tmp_path / "cache"))
    run(legacy, "diff", *flags)
    (legacy / "requirements.txt").write_text("pytest\npytest-asyncio>=1.1\n")
    warm = run(legacy, "diff", *flags).stdout
    assert "requirements.txt" not in warm
    assert warm == run(legacy, "diff", "--no-cache").stdout


# What is chosen.


def test_standard_input_changes_no_configuration(legacy: Path):
    before = contents(legacy)
    source = (legacy / "test_a.py").read_bytes()
    for flags in ((), ("--stdin-filename", "test_a.py")):
        done = run(legacy, "fix", "-", *flags, stdin=source)
        assert "async def test_go" in done.stdout
        assert "AW34" not in done.stdout + done.stderr
        assert "diff --git" not in run(legacy, "fix", "-", *flags, stdin=source).stdout
    assert contents(legacy) == before


def test_init_refuses_standard_input(legacy: Path):
    assert run(legacy, "init", "-").returncode == 2


@pytest.mark.parametrize("by", ["paths", "files-from", "since"])
def test_packages_without_chosen_files_stay(packages: Path, by: str):
    flags = {
        "paths": ("one",),
        "files-from": ("--files-from", "-"),
        "since": ("--since", "HEAD", "--allow-dirty"),
    }
    if by == "since":
        git(packages, "init", "-q")
        (packages / ".gitignore").write_text(".venv\n")
        git(packages, "add", ".")
        git(packages, "commit", "-qm", "x")
        with (packages / "one/tests/test_a.py").open("a") as test:
            test.write("\n")
    before = contents(packages)
    done = run(packages, "fix", *flags[by], stdin=b"one/tests/test_a.py\n")
    assert done.returncode == 0, done.stderr
    assert changed(before, packages) == {
        "one/pytest.ini",
        "one/requirements.txt",
        "one/tests/test_a.py",
    }


def test_a_requirement_goes_only_where_files_changed(packages: Path):
    found = project.load(project.locate([packages]))
    sources = {**found.files, "one/tests/test_a.py": b"import asynctest\n"}
    given = configuring.given(replace(found, files=sources), Settings())
    results = {"one/tests/test_a.py": b"x = 1\n"}
    settled = stage.settle(replace(given, results=results))
    assert settled.after == {"one/requirements.txt": b"pytest\n"}


def test_a_configuration_that_is_broken_forbids_edits(packages: Path):
    (packages / "two/awaitify.toml").write_text("nonsense = 1\n")
    before = contents(packages)
    done = run(packages, "fix")
    assert done.returncode == 3
    assert all(path.startswith("one/") for path in changed(before, packages))


def test_a_file_may_choose(packages: Path):
    (packages / "one/awaitify.toml").write_text('ignore = ["AW34"]\n')
    names = '[per-file-ignores]\n"pytest.ini" = ["pytest-settings"]\n'
    (packages / "two/awaitify.toml").write_text(names)
    before = contents(packages)
    assert run(packages, "fix").returncode == 0
    assert changed(before, packages) == {
        "one/tests/test_a.py",
        "two/tests/test_a.py",
        "two/requirements.txt",
    }


def test_versions_may_stand_in_a_file(legacy: Path):
    settings = legacy / "awaitify.toml"
    settings.write_text('target-pytest-asyncio = "1.2"\n')
    assert "+pytest-asyncio>=1.2" in run(legacy, "diff").stdout
    settings.write_text('strict = true\ntarget-python = "three"\n')
    done = run(legacy, "diff")
    assert done.returncode == 2
    assert "awaitify.toml:2: target-python: 'three' is no version" in done.stderr


def test_init_takes_the_mode_from_a_file(tmp_path: Path):
    write(tmp_path, {"test_a.py": SYNC, "awaitify.toml": 'mode = "auto"\n'})
    assert "+asyncio_mode = auto" in run(tmp_path, "init").stdout


def test_init_does_not_depend_on_the_rules_that_are_chosen(tmp_path: Path):
    write(tmp_path, {"test_a.py": SYNC, "awaitify.toml": 'select = ["AW1"]\n'})
    assert SET in run(tmp_path, "init").stdout


def test_comments_may_name_the_rules(legacy: Path):
    source = (legacy / "test_a.py").read_text()
    (legacy / "test_a.py").write_text(f"# awaitify: ignore[AW341]\n{source}")
    told = run(legacy, "check").stdout
    assert "unused-suppression" in told
    assert "invalid-suppression" not in told
