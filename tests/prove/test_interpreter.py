from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from awaitify import project
from awaitify.config import Options, UsageError
from awaitify.prove import interpreter
from awaitify.prove.run import run


def _project(root: Path, python: str | None = None) -> project.Project:
    (root / "test_it.py").write_text("def test_it():\n    pass\n")
    return project.load(project.locate([root]), python=python)


def _venv(home: Path, *, with_pytest: bool) -> Path:
    """Make an environment that has what this one has, or nothing."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(home)]
    subprocess.run(command, check=True)
    if with_pytest:
        [site] = home.glob("lib/python*/site-packages")
        (site / "more.pth").write_text(
            os.path.dirname(os.path.dirname(pytest.__file__))
        )
    return home


@pytest.mark.parametrize("given", ["bin/python", ""])
def test_the_named_interpreter(tmp_path: Path, given: str):
    home = _venv(tmp_path / "env", with_pytest=True)
    python = str(home / given)
    found = interpreter.suite(Options(python=python), _project(tmp_path, python))
    # A link that is followed would leave the environment.
    assert found.command == (str(home / "bin" / "python"), "-m", "pytest")
    assert found.root == tmp_path


def test_the_nearest_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    home = _venv(tmp_path / ".venv", with_pytest=True)
    monkeypatch.chdir(tmp_path)
    options = Options(pytest_arguments=("-k", "it"))
    suite = interpreter.suite(options, _project(tmp_path))
    assert suite.command[0] == str(home / "bin" / "python")
    assert suite.arguments == ("-k", "it")
    assert list(run(suite, deadline=60).results) == ["test_it.py::test_it"]


def test_no_environment_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    with pytest.raises(UsageError, match="no interpreter of the project was found"):
        interpreter.suite(Options(), _project(tmp_path))


def test_no_pytest_is_an_error(tmp_path: Path):
    python = str(_venv(tmp_path / "env", with_pytest=False))
    found = _project(tmp_path, python)
    with pytest.raises(UsageError, match="has no pytest"):
        interpreter.suite(Options(python=python), found)


def test_a_command(tmp_path: Path):
    found = _project(tmp_path)
    (tmp_path / "in here").mkdir()
    script = tmp_path / "in here" / "tests"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pytest "$@"\n')
    script.chmod(0o755)
    suite = interpreter.suite(Options(command="'in here/tests' -q"), found)
    assert suite.command == (str(script), "-q")
    result = run(replace(suite, cwd=tmp_path), deadline=60)
    assert list(result.results) == ["test_it.py::test_it"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("", "names no command"),
        ("uv run 'pytest", "No closing quotation"),
    ],
)
def test_a_command_that_is_none(tmp_path: Path, command: str, message: str):
    with pytest.raises(UsageError, match=message):
        interpreter.suite(Options(command=command), _project(tmp_path))
