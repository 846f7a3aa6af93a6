"""Which files are edited, by whatever way they were chosen; real git, real commands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.command import LEGACY, contents, git, make, run, start

DONE = """\
import pytest


async def f():
    return 1


@pytest.mark.asyncio
async def test_a():
    assert await f() == 1
"""
HELPERS = """\
import asyncio


async def fetch():
    return 1


def fetched():
    print()
    return asyncio.run(fetch())
"""
CHAIN = """\
import asyncio

from helpers import fetch, fetched


def test_chain():
    assert asyncio.run(fetch()) == fetched()
"""
AFTER = """\
import pytest

from helpers import fetch, fetched


@pytest.mark.asyncio
async def test_chain():
    assert await fetch() == await fetched()
"""


def put(root: Path, path: str, text: str = LEGACY) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a work tree; each test chooses what it changes there."""
    root = make(tmp_path / "repository", test_a=LEGACY)
    put(root, "tests/test_b.py")
    put(root, "tests/é x.py")
    put(root, "tests/helpers.py", HELPERS)
    put(root, "tests/test_chain.py", CHAIN)
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "core.autocrlf", "false")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "work")


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        with (root / path).open("ab") as file:
            file.write(b"# touched\n")


def changed(root: Path, *arguments: str, stdin: bytes = b"") -> list[str]:
    """Return the files that `check` lists sites of."""
    done = run(root, "check", *arguments, "--format", "concise", stdin=stdin)
    assert done.returncode in (0, 1), done.stderr
    found = re.findall(r"^(.+?):\d+:\d+: ", done.stdout, re.MULTILINE)
    return sorted(set(found))


class TestSince:
    def test_what_is_not_committed_counts(self, repository: Path):
        assert changed(repository, "--since", "HEAD") == []
        touch(repository, "test_a.py")
        assert changed(repository, "--since", "HEAD") == ["test_a.py"]
        git(repository, "add", "-A")
        assert changed(repository, "--since", "HEAD") == ["test_a.py"]

    def test_what_others_have_done_meanwhile_does_not(self, repository: Path):
        git(repository, "checkout", "-qb", "topic")
        touch(repository, "test_a.py")
        commit(repository)
        git(repository, "checkout", "-q", "main")
        touch(repository, "tests/test_b.py")
        commit(repository)
        git(repository, "checkout", "-q", "topic")
        assert changed(repository, "--since", "main") == ["test_a.py"]

    def test_new_files_that_git_does_not_ignore(self, repository: Path):
        put(repository, "tests/new é.py")
        put(repository, "tests/gen.py")
        put(repository, ".gitignore", "gen.py\n")
        assert changed(repository, "--since", "HEAD") == ["tests/new é.py"]

    def test_moved_and_removed_files(self, repository: Path):
        git(repository, "mv", "test_a.py", "test_moved.py")
        git(repository, "rm", "-q", "tests/test_b.py")
        assert changed(repository, "--since", "HEAD") == ["test_moved.py"]

    def test_within_the_paths(self, repository: Path):
        touch(repository, "test_a.py", "tests/test_b.py", "tests/é x.py")
        since = ("--since", "HEAD")
        assert changed(repository, *since, "tests") == [
            "tests/test_b.py",
            "tests/é x.py",
        ]
        assert changed(repository, *since, "test_a.py") == ["test_a.py"]
        assert changed(repository / "tests", *since) == ["test_b.py", "é x.py"]
        assert changed(repository, *since, "--exclude", "tests/") == ["test_a.py"]

    def test_revisions_that_are_none(self, repository: Path):
        for word in ("nope", "--all", "HEAD:test_a.py", "a..b"):
            done = run(repository, "check", f"--since={word}")
            assert (done.returncode, done.stdout) == (2, "")
            assert f"error: --since: git knows no revision {word!r}" in done.stderr

    def test_histories_apart(self, repository: Path):
        git(repository, "checkout", "-q", "--orphan", "other")
        touch(repository, "test_a.py")
        commit(repository)
        done = run(repository, "check", "--since", "main")
        assert done.returncode == 2
        assert "'main' and HEAD have no common ancestor" in done.stderr

    def test_without_a_commit(self, tmp_path: Path):
        root = make(tmp_path / "empty", test_a=LEGACY)
        git(root, "init", "-q")
        assert run(root, "check", "--since", "HEAD").returncode == 2

    def test_without_git(self, repository: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PATH", str(repository))
        done = run(repository, "check", "--since", "HEAD")
        assert (done.returncode, done.stdout) == (2, "")
        assert "--since: git cannot be asked" in done.stderr
        assert "test_a.py" in changed(repository)

    def test_what_git_ignores_has_no_revisions(self, repository: Path):
        put(repository, ".gitignore", "out/\n")
        make(repository / "out", test_a=LEGACY)
        done = run(repository / "out", "check", "--since", "HEAD")
        assert (done.returncode, done.stdout) == (2, "")
        assert "--since needs a git work tree" in done.stderr


class TestFilesFrom:
    def test_one_a_line(self, repository: Path):
        stdin = "test_a.py\r\n\ntests/é x.py\n".encode()
        found = changed(repository, "--files-from", "-", stdin=stdin)
        assert found == ["test_a.py", "tests/é x.py"]

    def test_after_nul_each(self, repository: Path):
        stdin = "test_a.py\0tests/é x.py\0".encode()
        found = changed(repository, "--files-from", "-", stdin=stdin)
        assert found == ["test_a.py", "tests/é x.py"]

    def test_as_git_prints_them(self, repository: Path):
        touch(repository, "tests/é x.py", "test_a.py")
        stdin = git(repository, "diff", "--name-only").encode()
        assert b'"tests/\\303\\251 x.py"' in stdin
        found = changed(repository, "--files-from", "-", stdin=stdin)
        assert found == ["test_a.py", "tests/é x.py"]

    def test_a_file_with_paths_from_the_working_directory(
        self, repository: Path, tmp_path: Path
    ):
        (tmp_path / "list").write_bytes(b"test_b.py\n../test_a.py\n")
        found = changed(repository / "tests", "--files-from", str(tmp_path / "list"))
        assert len(found) == 2

    def test_an_empty_list_is_nothing_to_do(self, repository: Path):
        for stdin in (b"", b"\n\n", b"README.md\nsetup.cfg\n"):
            put(repository, "README.md", "not Python")
            put(repository, "setup.cfg", "")
            done = run(
                repository, "fix", "--files-from", "-", "--allow-dirty", stdin=stdin
            )
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith("0 sites found")
        assert git(repository, "diff", "--name-only") == ""

    def test_a_path_that_is_gone_costs_itself_alone(self, repository: Path):
        stdin = b"tests/gone.py\ntest_a.py\n"
        done = run(repository, "fix", "--files-from", "-", stdin=stdin)
        assert done.returncode == 3
        assert "tests/gone.py:1: error: does not exist\n" in done.stderr
        assert git(repository, "diff", "--name-only") == "test_a.py\n"
        done = run(repository, "check", "--files-from", "-", stdin=b"gone.py\n")
        assert done.returncode == 3
        assert done.stdout.startswith("0 sites found")

    def test_directories(self, repository: Path):
        found = changed(repository, "--files-from", "-", stdin=b"tests\n")
        assert "tests/test_b.py" in found
        assert "test_a.py" not in found

    def test_what_is_ignored_is_taken(self, repository: Path):
        put(repository, ".gitignore", "gen.py\n")
        put(repository, "gen.py")
        assert changed(repository, "--files-from", "-", stdin=b"gen.py\n") == ["gen.py"]

    def test_with_since(self, repository: Path):
        touch(repository, "test_a.py")
        stdin = b"test_a.py\ntests/test_b.py\n"
        found = changed(repository, "--files-from", "-", "--since", "HEAD", stdin=stdin)
        assert found == ["test_a.py"]


def test_a_path_that_is_gone_beside_others(repository: Path):
    done = run(repository, "check", "gone", "test_a.py")
    assert done.returncode == 3
    assert "gone:1: error: does not exist\n" in done.stderr
    assert done.stdout.startswith("test_a.py:9")


class TestStandardInput:
    def test_alone(self, tmp_path: Path):
        stdin = LEGACY.encode()
        done = run(tmp_path, "check", "-", stdin=stdin)
        assert done.returncode == 1
        assert done.stdout.startswith("<stdin>:9:12: AW101 ")
        done = run(tmp_path, "diff", "-", stdin=stdin)
        assert done.returncode == 1
        assert "+    assert await f() == 1\n" in done.stdout
        assert not contents(tmp_path)

    def test_fix_prints_the_new_source_alone(self, tmp_path: Path):
        done = start(tmp_path, "fix", "-", stdin=LEGACY.encode())
        assert (done.returncode, done.stdout) == (0, DONE)
        assert "1 site found: 1 migrated, 0 left." in done.stderr
        assert not contents(tmp_path)

    @pytest.mark.parametrize(
        "text", ["", "x = 1", "x = '\ufeffé'\r\n", f"{LEGACY}\n(:\n", "\f\n"]
    )
    def test_what_does_not_change_comes_out_as_it_was(self, tmp_path: Path, text: str):
        done = run(tmp_path, "fix", "-", stdin=text.encode())
        assert done.returncode == (3 if "(:" in text else 0)
        assert done.stdout == text

    def test_line_ends_are_kept(self, tmp_path: Path):
        stdin = LEGACY.replace("\n", "\r\n").encode()
        done = start(tmp_path, "fix", "-", stdin=stdin)
        assert done.stdout == DONE.replace("\n", "\r\n")

    def test_configuration_of_the_working_directory(self, tmp_path: Path):
        put(
            tmp_path,
            "pyproject.toml",
            '[tool.awaitify]\nmode = "auto"\nformat = "json"',
        )
        (tmp_path / "below").mkdir()
        done = run(tmp_path / "below", "fix", "-", stdin=LEGACY.encode())
        assert done.stdout == DONE.replace("import pytest\n\n\n", "").replace(
            "@pytest.mark.asyncio\n", ""
        )
        put(
            tmp_path, "pyproject.toml", "[tool.pytest.ini_options]\nasyncio_mode='auto'"
        )
        assert "pytest" not in run(tmp_path, "fix", "-", stdin=LEGACY.encode()).stdout

    def test_configuration_of_a_package(self, repository: Path):
        put(repository, "awaitify.toml", 'ignore = ["ALL"]')
        put(repository, "p/awaitify.toml", 'mode = "strict"')
        put(repository, "p/pytest.ini", "[pytest]\nasyncio_mode = auto\n")
        put(repository, "q/pytest.ini", "[pytest\n")
        stdin = LEGACY.encode()
        assert run(repository, "fix", "-", stdin=stdin).stdout == LEGACY
        assert run(repository / "p", "fix", "-", stdin=stdin).stdout == DONE
        patch = run(repository / "p", "diff", "-", stdin=stdin).stdout
        assert patch.startswith("diff --git a/<stdin> b/<stdin>\n")
        done = run(repository / "q", "fix", "-", stdin=stdin)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: pytest.ini:1: ")

    def test_a_file_that_is_not_there_yet(self, repository: Path):
        before = contents(repository)
        name = ("--stdin-filename", "new/test_new.py")
        done = run(repository, "check", "-", *name, stdin=LEGACY.encode())
        assert (done.returncode, done.stdout[:20]) == (1, "new/test_new.py:9:12")
        done = run(repository, "fix", "-", *name, stdin=LEGACY.encode())
        assert done.stdout == DONE
        assert contents(repository) == before

    def test_dirt_does_not_matter_where_nothing_is_written(self, repository: Path):
        touch(repository, "test_a.py")
        name = ("--stdin-filename", "test_a.py")
        assert run(repository, "fix", "-", *name, stdin=LEGACY.encode()).returncode == 0

    def test_its_bytes_are_those_of_standard_input(self, repository: Path):
        name = ("--stdin-filename", "test_a.py")
        done = run(repository, "diff", "-", *name, stdin=b"x = 1\n")
        assert (done.returncode, done.stdout) == (0, "")
        two = LEGACY + LEGACY.split("\n\n\n")[-1].replace("test_a", "test_z")
        done = run(repository, "diff", "-", *name, stdin=two.encode())
        assert "+async def test_z():" in done.stdout
        assert done.stdout.startswith("diff --git a/test_a.py b/test_a.py\n")

    def test_what_it_uses_is_read(self, repository: Path):
        put(repository, "tests/helpers.py", HELPERS.replace("print()\n    ", ""))
        name = ("--stdin-filename", "tests/test_other.py")
        text = "from helpers import run\n\n\n" + LEGACY.replace("asyncio.run", "run")
        helper = "import asyncio\n\n\ndef run(c):\n    return asyncio.run(c)\n"
        put(repository, "tests/helpers.py", helper)
        done = run(repository, "fix", "-", *name, stdin=text.encode())
        assert "assert await f() == 1" in done.stdout
        assert (repository / "tests/helpers.py").read_text() == helper


class TestChainsThatLeaveTheSelection:
    """All or nothing, whatever way the files were chosen."""

    ONE = "tests/test_chain.py"

    @pytest.mark.parametrize(
        "arguments",
        [
            [ONE],
            ["--include", "test_*.py"],
            ["--exclude", "helpers.py"],
            ["--since", "HEAD"],
            ["--files-from", "list"],
        ],
        ids=lambda each: each[0],
    )
    def test_stay(self, repository: Path, arguments: list[str]):
        touch(repository, self.ONE)
        put(repository, "list", f"{self.ONE}\n")
        before = contents(repository)
        done = run(repository, "check", *arguments)
        said = "left (outside-selection): tests/helpers.py is not selected"
        assert said in done.stdout
        run(repository, "fix", "--allow-dirty", *arguments)
        for path in (self.ONE, "tests/helpers.py"):
            assert contents(repository)[path] == before[path]

    def test_stay_on_standard_input(self, repository: Path):
        name = ("--stdin-filename", self.ONE)
        done = run(repository, "fix", "-", *name, stdin=CHAIN.encode())
        assert done.stdout == CHAIN
        assert "left (outside-selection): tests/helpers.py is not" in done.stderr

    @pytest.mark.parametrize(
        "key",
        ['exclude = ["helpers.py"]', 'per-file-ignores = {"helpers.py" = ["AW108"]}'],
    )
    def test_stay_by_configuration(self, repository: Path, key: str):
        put(repository, "awaitify.toml", key)
        run(repository, "fix", "--allow-dirty")
        assert "tests/test_chain.py" not in git(repository, "diff", "--name-only")
        assert "tests/test_b.py" in git(repository, "diff", "--name-only")

    def test_go_where_all_of_it_was_chosen(self, repository: Path):
        stdin = b"tests/test_chain.py\ntests/helpers.py\n"
        done = run(repository, "fix", "--files-from", "-", stdin=stdin)
        assert done.returncode == 0
        assert (repository / self.ONE).read_text() == AFTER


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
class TestLinks:
    def test_a_named_link_is_the_file_it_leads_to(self, repository: Path):
        (repository / "link.py").symlink_to("test_a.py")
        assert changed(repository, "link.py") == ["test_a.py"]
        stdin = b"link.py\ntest_a.py\n"
        assert changed(repository, "--files-from", "-", stdin=stdin) == ["test_a.py"]
        name = ("--stdin-filename", "link.py")
        done = run(repository, "check", "-", *name, stdin=LEGACY.encode())
        assert done.stdout.startswith("test_a.py:9:12: ")

    def test_links_below_directories_are_not_chosen(self, repository: Path):
        (repository / "deep").mkdir()
        (repository / "deep/link.py").symlink_to("../test_a.py")
        assert changed(repository, "deep") == []
        assert changed(repository, "--since", "HEAD") == []


def test_ignored_by_the_users_own_configuration(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put(tmp_path, "config/git/ignore", "test_b.py\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert "tests/test_b.py" not in changed(repository)
    put(tmp_path, "elsewhere", "test_a.py\n")
    git(repository, "config", "core.excludesFile", str(tmp_path / "elsewhere"))
    found = changed(repository)
    assert "tests/test_b.py" in found
    assert "test_a.py" not in found


def test_ignored_in_a_linked_work_tree(repository: Path, tmp_path: Path):
    put(repository, ".git/info/exclude", "test_b.py\n")
    tree = tmp_path / "linked"
    subprocess.run(
        ["git", "-C", repository, "worktree", "add", "-q", "--detach", tree], check=True
    )
    found = changed(tree)
    assert "test_a.py" in found
    assert "tests/test_b.py" not in found
