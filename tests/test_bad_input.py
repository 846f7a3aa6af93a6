"""Bad input through the real command: a message with path and line, the rest done."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.test_cli import LEGACY, environment, posix, run, start

DONE = "    assert await f() == 1\n"
_VERSION = "{}.{}".format(*sys.version_info)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with a file that can be migrated, and a place for another."""
    (tmp_path / "test_good.py").write_text(LEGACY, encoding="utf-8")
    return tmp_path


def left_beside(tree: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    """Assert that each file costs itself alone; return the messages about them.

    All at once, in one process: none may take another with it.
    """
    for path, source in files.items():
        (tree / path).write_bytes(source)
    done = start(tree, "fix", "-q")
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr and "bug" not in done.stderr
    assert DONE in (tree / "test_good.py").read_text(encoding="utf-8")
    lines = [line for line in done.stderr.split("\n") if ": error: " in line]
    said = dict(line.split(":", 1) for line in lines)
    assert len(said) == len(lines) and said.keys() <= files.keys()
    for path in said:
        assert (tree / path).read_bytes() == files[path]
    return said


def legacy_with(text: str) -> bytes:
    return f"{LEGACY}\n{text}".encode("utf-8", "surrogateescape")


SYNTAX = {
    "x = = 1": f"11: error: invalid syntax (for Python {_VERSION}, which runs "
    "awaitify: a newer one may know more)",
    "x = '\0'": "11: error: holds a null byte",
    "# \udce9": "11: error: not utf-8: byte 0xe9",
    "return 1": "11: error: 'return' outside function",
    "await f()": "11: error: 'await' outside function",
}
PYTHON_2 = [
    "print 'x'",
    "exec 'x'",
    "try:\n    pass\nexcept OSError, error:\n    pass",
    "raise OSError, 'x'",
    "x = 0777",
    "x = 1L",
    "x = `1`",
    "x = 1 <> 2",
    "x = ur'x'",
]


class TestSyntax:
    def test_each_error_has_its_line_and_its_reason(self, tree: Path):
        files = {
            f"test_bad_{n}.py": legacy_with(code + "\n")
            for n, code in enumerate(SYNTAX)
        }
        said = left_beside(tree, files)
        assert said == dict(zip(files, SYNTAX.values(), strict=True))

    def test_python_2(self, tree: Path):
        files = {
            f"test_bad_{n}.py": legacy_with(code + "\n")
            for n, code in enumerate(PYTHON_2)
            if sys.version_info < (3, 14) or "except" not in code
        }
        said = left_beside(tree, files)
        assert said.keys() == files.keys()
        for message in said.values():
            assert re.match(r"1[13]: error: .* \(this looks like Python 2\)$", message)

    def test_code_under_test_may_be_broken(self, tree: Path):
        package = tree / "package"
        package.mkdir()
        (package / "__init__.py").write_text("asyncio.run(x = = 1)\n", "utf-8")
        test = "from package import f\n" + LEGACY.replace("async def f", "async def g")
        (tree / "test_good.py").write_text(test, "utf-8")
        done = start(tree, "fix", "test_good.py")
        assert "Traceback" not in done.stderr
        assert done.returncode == 0


def _nested(opening: str, inner: str, closing: str) -> str:
    return f"x = {opening * 5000}{inner}{closing * 5000}\n"


def _blocks(head: str) -> str:
    # Python itself takes a hundred; what is indented 5000 times has 12 MB.
    return "".join(f"{' ' * n}{head}\n" for n in range(500)) + " " * 500 + "pass\n"


NESTED = {
    "parentheses": _nested("(", "1", ")"),
    "lists": _nested("[", "1", "]"),
    "dictionaries": _nested("{1:", "1", "}"),
    "calls": _nested("f(", "1", ")"),
    "chain of calls": _nested("", "f", "()"),
    "chain of attributes": _nested("", "f", ".a"),
    "chain of methods": _nested("", "f", ".a()"),
    "chain of subscripts": _nested("", "f", "[0]"),
    "not": _nested("not ", "f", ""),
    "minus": _nested("-", "1", ""),
    "sum": _nested("1 + ", "1", ""),
    "power": _nested("1 ** ", "1", ""),
    "and": _nested("f and ", "f", ""),
    "and, or": _nested("f and (f or ", "f", ")"),
    "comparison": _nested("1 < ", "1", ""),
    "conditions": _nested("1 if f else ", "1", ""),
    "lambdas": _nested("lambda: ", "1", ""),
    "strings": "x = (" + "'a'\n" * 5000 + ")\n",
    "f-strings": _nested("f'{f}' ", "''", ""),
    "f-strings in f-strings": _nested("f'{", "1", "}'"),
    "comprehensions": _nested("[f for f in ", "[]", "]"),
    "loops of a comprehension": "x = [1" + " for f in f" * 5000 + "]\n",
    "assignments": "x = " * 5000 + "1\n",
    "annotations": f"x: {'list[' * 5000}int{']' * 5000}\n",
    "elif": "if f:\n    pass\n" + "elif f:\n    pass\n" * 5000,
    "ifs": _blocks("if f:"),
    "definitions": _blocks("def g():"),
    "classes": _blocks("class A:"),
    "patterns": f"match f:\n    case {'[' * 5000}{']' * 5000}:\n        pass\n",
    "decorators": "@f\n" * 5000 + "def g(): pass\n",
}


# Every kind takes its time.
SOME = [
    pytest.param(list(NESTED)[::4], id="some"),
    pytest.param(list(NESTED), id="all", marks=pytest.mark.slow),
]


class TestNesting:
    @pytest.mark.parametrize("kinds", SOME)
    def test_beside_a_site(self, tree: Path, kinds: list[str]):
        files = {
            f"test_{kind.replace(' ', '_')}.py": legacy_with(NESTED[kind])
            for kind in kinds
        }
        said = left_beside(tree, files)
        for path in files:
            if path not in said:
                assert DONE.encode() in (tree / path).read_bytes()
        flat = {"test_decorators.py", "test_assignments.py", "test_comparison.py"}
        assert said.keys() >= files.keys() - flat - {
            "test_strings.py",
            "test_f-strings.py",
        }

    @pytest.mark.parametrize("kinds", SOME)
    def test_in_what_is_only_read(self, tree: Path, kinds: list[str]):
        for n, kind in enumerate(kinds):
            helper = "import asyncio\n\n\nasync def f():\n    return 1\n\n\n"
            helper += NESTED[kind]
            (tree / f"helper_{n}.py").write_text(helper, "utf-8")
            test = LEGACY.replace(
                "import asyncio", f"import asyncio\nimport helper_{n}"
            )
            test = test.replace("run(f", f"run(helper_{n}.f")
            (tree / f"test_{n}.py").write_text(test, "utf-8")
        done = start(
            tree, "fix", "test_good.py", *map(str, tree.glob("test_[0-9]*.py"))
        )
        assert "bug" not in done.stderr and "internal" not in done.stderr
        assert done.returncode == 0, done.stderr
        for n in range(len(kinds)):
            test = (tree / f"test_{n}.py").read_text("utf-8")
            assert f"assert await helper_{n}.f() == 1" in test

    def test_what_real_code_does_is_not_too_deep(self, tree: Path):
        deep = f"x = {' + '.join('1' * 300)}\ny = f{'.a()' * 150}\n"
        deep += "if f: pass\n" + "elif f: pass\n" * 300
        (tree / "test_bad.py").write_bytes(legacy_with(deep))
        done = start(tree, "fix")
        assert done.returncode == 0, done.stderr
        assert DONE in (tree / "test_bad.py").read_text("utf-8")

    @pytest.mark.slow
    def test_a_file_of_50_000_lines(self, tree: Path):
        text = LEGACY + "".join(
            f"\n\ndef test_{n}():\n    x = {n}\n    assert x == {n}\n"
            for n in range(10_000)
        )
        assert text.count("\n") > 50_000
        (tree / "test_good.py").write_text(text, "utf-8")
        done = start(tree, "check")
        assert done.returncode == 1, done.stderr
        assert "1 site found: 1 can be migrated" in done.stdout


class TestPaths:
    def test_a_missing_path_beside_others(self, tree: Path):
        done = run(tree, "fix", "test_good.py", "gone.py", "no/where")
        assert done.returncode == 3
        assert "gone.py:1: error: does not exist" in done.stderr
        assert "no/where:1: error: does not exist" in done.stderr
        assert DONE in (tree / "test_good.py").read_text("utf-8")

    def test_nothing_but_missing_paths(self, tree: Path):
        done = run(tree, "fix", "gone.py", "nowhere")
        assert (done.returncode, done.stderr) == (2, "error: gone.py does not exist\n")

    def test_a_named_file_that_is_not_python(self, tree: Path):
        (tree / "notes.txt").write_text("asyncio.run(\n", "utf-8")
        done = run(tree, "check", "notes.txt", "test_good.py")
        assert done.returncode == 1
        assert "note: notes.txt is no Python file: passed over" in done.stderr

    def test_a_named_script_without_a_suffix(self, tree: Path):
        (tree / "script").write_text(f"#!/usr/bin/python3\n{LEGACY}", "utf-8")
        assert run(tree, "check", "script").returncode == 1

    @posix
    def test_links_that_lead_nowhere(self, tree: Path):
        (tree / "test_gone.py").symlink_to("gone.py")
        (tree / "test_loop.py").symlink_to("test_pool.py")
        (tree / "test_pool.py").symlink_to("test_loop.py")
        (tree / "above").symlink_to(".")
        done = run(tree, "fix")
        assert done.returncode == 3
        assert "test_gone.py:1: error: a link to nothing" in done.stderr
        for name in ("test_loop", "test_pool"):
            assert f"{name}.py:1: error: Too many levels of symbolic" in done.stderr
        assert DONE in (tree / "test_good.py").read_text("utf-8")
        done = run(tree, "check", "test_gone.py", "test_good.py")
        assert (done.returncode, done.stderr) == (
            3,
            "test_gone.py:1: error: a link to nothing\n",
        )

    @posix
    def test_what_is_no_file_though_it_has_the_name(self, tree: Path):
        os.mkfifo(tree / "test_pipe.py")
        os.mkfifo(tree / ".gitignore")
        (tree / "test_directory.py").mkdir()
        (tree / "test_directory.py" / "test_in.py").write_text(LEGACY, "utf-8")
        with socket.socket(socket.AF_UNIX) as server:
            here = os.open(".", os.O_RDONLY)
            os.chdir(tree)  # the name of a socket must be short
            try:
                server.bind("test_socket.py")
            finally:
                os.fchdir(here)
                os.close(here)
            done = run(tree, "check")
            assert (done.returncode, done.stderr) == (1, "")
            assert "2 sites found" in done.stdout
            done = run(tree, "check", "test_pipe.py", "test_socket.py", ".")
        assert done.returncode == 3
        for name in ("pipe", "socket"):
            expected = f"test_{name}.py:1: error: neither a file nor a directory"
            assert expected in done.stderr

    @posix
    def test_what_may_not_be_read(self, tree: Path):
        closed = tree / "closed"
        closed.mkdir()
        (closed / "test_in.py").write_text(LEGACY, "utf-8")
        secret = tree / "test_secret.py"
        secret.write_text(LEGACY, "utf-8")
        secret.chmod(0)
        closed.chmod(0)
        try:
            done = _without_privileges(tree, "fix")
        finally:
            closed.chmod(0o755)
            secret.chmod(0o644)
        assert done.returncode == 3
        said = done.stderr.decode()
        assert "closed:1: error: Permission denied" in said
        assert "test_secret.py:1: error: Permission denied" in said
        assert secret.read_text("utf-8") == LEGACY
        assert DONE in (tree / "test_good.py").read_text("utf-8")


def _without_privileges(
    tree: Path, *arguments: str
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "awaitify", *arguments]
    if os.getuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("root may read everything")
        what = "-dac_override,-dac_read_search"
        command = [setpriv, f"--inh-caps={what}", f"--bounding-set={what}", *command]
    return subprocess.run(
        command, cwd=tree, env=environment(), capture_output=True, check=False
    )


class TestMeanwhile:
    """Files that change or vanish between the reading and the writing."""

    @pytest.mark.parametrize("change", ["edited", "removed", "a directory"])
    def test_a_file_that_changes_during_the_run(self, tree: Path, change: str):
        other = tree / "test_other.py"
        other.write_text(LEGACY, "utf-8")
        plan = run(tree, "check", "--plan", "-").stdout
        with self._started(tree) as process:
            assert process.stdin and process.stderr
            # When it says so, everything is read; now it waits for the plan.
            while not process.stderr.readline().startswith(b"files: "):
                pass
            other.unlink()
            if change == "edited":
                other.write_text("# mine\n", "utf-8")
            elif change == "a directory":
                other.mkdir()
            _, said = process.communicate(plan.encode())
        assert process.returncode == 3
        assert re.search(rb"^test_other.py:1: error: ", said, re.MULTILINE)
        assert b"Traceback" not in said
        # A stored plan is carried out as a whole, or not at all.
        assert (tree / "test_good.py").read_text("utf-8") == LEGACY
        assert change != "edited" or other.read_text("utf-8") == "# mine\n"
        assert not [each for each in os.listdir(tree) if each.startswith(".awaitify")]

    def _started(self, tree: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "awaitify", "fix", "--from-plan", "-", "-v"],
            cwd=tree,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def test_warnings_about_users_code_are_nobodys(tree: Path):
    text = LEGACY.replace("== 1", "== 1, '\\d' if 1 is 1 else (1)(2)")
    (tree / "test_good.py").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "awaitify", "fix"],
        cwd=tree,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"Warning" not in done.stderr
    assert b"await f() == 1, '\\d'" in (tree / "test_good.py").read_bytes()


@posix
def test_the_mode_of_a_file_stays(tree: Path):
    (tree / "test_good.py").chmod(0o751)
    assert start(tree, "fix").returncode == 0
    assert stat.S_IMODE((tree / "test_good.py").stat().st_mode) == 0o751
