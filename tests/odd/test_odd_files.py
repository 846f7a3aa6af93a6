"""Every odd file of the table, through the real command and a real repository.

All of them are one project: the command is run once to show the patch and once to
write, and git applies the patch to a copy.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.odd.table import READABLE, TABLE, Odd

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs names that it forbids")


@dataclass(frozen=True)
class Shown:
    """What became of all files."""

    patched: Path
    """A copy to which git applied the patch of ``diff``."""
    fixed: Path
    """A copy in which ``fix`` wrote."""
    said: str
    """On standard error, by ``fix``."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    place = tmp_path_factory.mktemp("odd")
    patched, fixed = place / "patched", place / "fixed"
    for root in (patched, fixed):
        for name, odd in READABLE.items():
            file = _path(root, name, odd)
            file.parent.mkdir(parents=True)
            file.write_bytes(odd.before)
            file.chmod(0o755 if odd.executable else 0o644)
        _run(root, "git", "init", "-q")
    patch = _awaitify(patched, "diff", code=3)
    _run(patched, "git", "apply", "-", stdin=patch.stdout)
    fixing = _awaitify(fixed, "fix", "--allow-dirty", code=3)
    return Shown(patched, fixed, fixing.stderr.decode("utf-8", "surrogateescape"))


def _awaitify(
    root: Path, *arguments: str, code: int
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "error", "-m", "awaitify", *arguments]
    done = _run(root, *command, "-q", code=code)
    assert b"Traceback" not in done.stderr and b"bug" not in done.stderr
    return done


def _run(
    root: Path, *command: str, stdin: bytes = b"", code: int = 0
) -> subprocess.CompletedProcess[bytes]:
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    done = subprocess.run(
        command,
        cwd=root,
        input=stdin,
        capture_output=True,
        check=False,
        # git finds no configuration of the user's, and no repository around.
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, paths))),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        },
    )
    assert done.returncode == code, done.stderr.decode("utf-8", "replace")
    return done


def _directory(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def _path(root: Path, name: str, odd: Odd) -> Path:
    return root / "tests" / _directory(name) / odd.name


def test_the_table_has_names_of_its_own():
    assert len({_directory(name) for name in TABLE}) == len(TABLE) >= 60


@pytest.mark.parametrize("name", READABLE)
def test_odd_file(name: str, shown: Shown):
    odd = READABLE[name]
    fixed = _path(shown.fixed, name, odd)
    expected = odd.before if odd.after is None else odd.after
    assert fixed.read_bytes() == expected
    assert _path(shown.patched, name, odd).read_bytes() == expected
    assert bool(fixed.stat().st_mode & 0o111) == odd.executable
    assert os.listdir(fixed.parent) == [odd.name]
    said = [line for line in shown.said.split("\n") if f"/{_directory(name)}/" in line]
    if odd.error:
        where = f"tests/{_directory(name)}/{odd.name}:"
        (message,) = said
        assert re.match(
            re.escape(where) + odd.error.replace(": ", ": error: ", 1), message
        )
    else:
        assert not said
