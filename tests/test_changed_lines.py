"""`check --changed-lines`: no new legacy site gets in, and old ones may stay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awaitify import repository
from tests.command import git, run
from tests.test_choosing import commit

OLD = """\
import asyncio

from helpers import f


def test_old():
    assert asyncio.run(f()) == 1


def test_other():
    assert f
"""
NEW = "\n\ndef test_new():\n    assert asyncio.run(f()) == 1\n"
HELPERS = "import asyncio\n\n\nasync def f():\n    return 1\n"
HELPER = "\n\ndef drive(what):\n    return asyncio.run(what)\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    (root / "tests/test_a.py").write_text(OLD)
    (root / "tests/helpers.py").write_text(HELPERS + HELPER)
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def told(root: Path, *arguments: str) -> tuple[int, list[str]]:
    since = ("--since", "main", "--changed-lines")
    done = run(root, "check", *since, "--format", "concise", "--no-cache", *arguments)
    assert not done.stderr, done.stderr
    return done.returncode, re.findall(r"^(.+?:\d+):\d+: ", done.stdout, re.MULTILINE)


def add(root: Path, name: str, text: str) -> None:
    with (root / name).open("a") as file:
        file.write(text)


def test_what_was_there_is_not_told(root: Path) -> None:
    assert told(root) == (0, [])
    add(root, "tests/test_a.py", "\n\n# touched\n")
    assert told(root) == (0, [])


def test_a_new_site_is_told(root: Path) -> None:
    add(root, "tests/test_a.py", NEW)
    assert told(root) == (1, ["tests/test_a.py:15"])
    git(root, "checkout", "-qb", "topic")
    commit(root)
    assert told(root) == (1, ["tests/test_a.py:15"])


def test_a_new_use_of_an_old_helper_is_told(root: Path) -> None:
    text = "\n\ndef test_new():\n    from helpers import drive\n\n    drive(f())\n"
    add(root, "tests/test_a.py", text)
    assert told(root) == (1, ["tests/test_a.py:17"])


def test_new_files_are_told_of_and_moved_ones_are_not(root: Path) -> None:
    git(root, "mv", "tests/test_a.py", "tests/test_moved.py")
    (root / "tests/test é +.py").write_text(OLD.replace("old", "fresh"))
    assert told(root) == (1, ["tests/test é +.py:7"])
    git(root, "add", "-A")
    assert told(root) == (1, ["tests/test é +.py:7"])


def test_strict_counts_new_sites_that_are_left(root: Path) -> None:
    add(root, "tests/test_a.py", f"{NEW[:-1]}  # awaitify: ignore -- so\n")
    add(root, "tests/test_a.py", "\n\ndef test_x(x=asyncio.run):\n    assert x(f())\n")
    assert told(root)[0] == 0
    assert told(root, "--strict")[0] == 1


def test_with_a_list_of_files_and_a_baseline(root: Path, tmp_path: Path) -> None:
    add(root, "tests/test_a.py", NEW)
    (root / "tests/test_b.py").write_text(OLD)
    (tmp_path / "list").write_text("tests/test_b.py\n")
    listed = ("--files-from", str(tmp_path / "list"))
    assert told(root, *listed) == (1, ["tests/test_b.py:7"])
    kept = str(tmp_path / "known.json")
    run(root, "check", "--format", "json", "--output", kept, "--exit-zero")
    assert told(root, "--baseline", kept) == (0, [])


def test_a_file_that_cannot_be_read_counts_if_it_changed(root: Path) -> None:
    (root / "tests/test_b.py").write_text("import asyncio\nasyncio.run(\n")
    commit(root)
    since = ("check", "--since", "main", "--changed-lines", "--no-cache")
    assert run(root, *since).returncode == 0
    add(root, "tests/test_b.py", "x = 1\n")
    assert run(root, *since).returncode == 3


def test_it_needs_to_know_since_when(root: Path) -> None:
    done = run(root, "check", "--changed-lines")
    assert done.returncode == 2 and "needs --since" in done.stderr
    done = run(root, "check", "--changed-lines", "--since", "nope")
    assert done.returncode == 2 and "no revision 'nope'" in done.stderr
    done = run(root, "diff", "--changed-lines", "--since", "main")
    assert done.returncode == 2


def test_the_lines_of_odd_files(root: Path) -> None:
    git(root, "config", "diff.noprefix", "true")
    git(root, "config", "diff.mnemonicPrefix", "true")
    git(root, "config", "color.ui", "always")
    names = ['a"b', "a\tb", "a\nb", "é", " a ", "-x", "b"]
    for name in names:
        (root / f"{name}.py").write_text("1\n2\n3\n")
    commit(root)
    for name in names:
        # What looks like the head of a patch is code all the same.
        text = "1\n++ b/other.py\n@@ -1 +9,9 @@\ndiff --git a/x b/x\n3\r\r\n"
        (root / f"{name}.py").write_bytes(text.encode())
    (root / "b.py").write_text("1\n3\n")
    found = repository.lines_since(root, "main")
    expected = {f"{name}.py": (range(2, 6),) for name in names[:-1]}
    assert {k: v for k, v in found.items() if k != "b.py"} == expected
    assert not any(found["b.py"][0])
    (root / "b.py").unlink()
    assert "b.py" not in repository.lines_since(root, "main")
