"""Patches: git applies them, unidiff reads them back."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unidiff import PatchSet

from awaitify import patch

CHANGES = {
    "plain": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "no final newline before": (b"a\nb", b"a\nc\n"),
    "no final newline after": (b"a\nb\n", b"a\nc"),
    "no final newline at all": (b"a\nb", b"c\nb"),
    "crlf": (b"a\r\nb\r\n", b"a\r\nc\r\n"),
    "mixed line ends": (b"a\r\nb\nc\r", b"a\r\nx\nc\r"),
    "lone carriage return": (b"a\rb\rc\n", b"a\rx\rc\n"),
    "form feed and vertical tab": (b"a\x0cb\n\x0bc\nd\n", b"a\x0cb\n\x0bc\nx\n"),
    "U+2028 and U+0085": (
        "a\u2028b\n\x85c\nd\n".encode(),
        "a\u2028b\n\x85c\n".encode(),
    ),
    "separators of latin-1": (b"a\x85b\x1cc\nd\n", b"a\x85b\x1cc\ne\n"),
    "byte order mark": (b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfa\nc\n"),
    "not utf-8": (b"# coding: latin-1\ns = '\xe9\xff'\n", b"s = '\xe9\xff'\n"),
    "becomes empty": (b"a\n", b""),
    "was empty": (b"", b"a\n"),
    "lines that look like headers": (b"-- a\n++ b\nc\n", b"-- x\n++ b\n@@ -1 +1 @@\n"),
    "two hunks": (b"a\n" + b"-\n" * 20 + b"b\n", b"x\n" + b"-\n" * 20 + b"y\n"),
    "removed": (b"a\nb\n", None),
    "removed without final newline": (b"a", None),
    "removed when empty": (b"", None),
}
NAMES = [
    "test_a.py",
    "tests/deep/test_a.py",
    "with space/test a.py",
    "ümlaut/täst.py",
    'quote".py',
    "back\\slash.py",
    "tab\t.py",
    "line\nbreak.py",
    "日本.py",
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    # What a user may have set must not matter, nor may git mend what we wrote.
    git(tmp_path, "config", "core.autocrlf", "false")
    return tmp_path


def git(cwd: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def check(repository: Path, name: str, before: bytes, after: bytes | None) -> bytes:
    """Assert that git turns one into the other, and back."""
    file = repository / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    text = patch.unified(name, before, after)
    git(repository, "apply", "--check", "-", stdin=text)
    git(repository, "apply", "--whitespace=nowarn", "-", stdin=text)
    assert (file.read_bytes() if file.exists() else None) == after
    git(repository, "apply", "--whitespace=nowarn", "-R", "-", stdin=text)
    assert file.read_bytes() == before
    return text


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_git_applies_it(repository: Path, change: tuple[bytes, bytes | None]):
    check(repository, "test_a.py", *change)


@pytest.mark.skipif(os.name == "nt", reason="such names are impossible there")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("after", [b"a\nc\n", None], ids=["changed", "removed"])
def test_names(repository: Path, name: str, after: bytes | None):
    check(repository, name, b"a\nb\n", after)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes there")
def test_name_that_is_not_utf8(repository: Path):
    check(repository, os.fsdecode(b"caf\xe9.py"), b"a\n", b"b\n")


@pytest.mark.skipif(os.name == "nt", reason="such names are impossible there")
@pytest.mark.parametrize("name", NAMES)
def test_names_are_quoted_as_git_does(repository: Path, name: str):
    file = repository / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"a\nb\n")
    git(repository, "add", "-A")
    file.write_bytes(b"a\nc\n")
    ours = patch.unified(name, b"a\nb\n", b"a\nc\n").split(b"\n")
    theirs = git(repository, "diff").split(b"\n")
    assert ours == [line for line in theirs if not line.startswith(b"index ")]


def test_several_files_in_one_patch(repository: Path):
    for name in ("a.py", "b.py", "c.py"):
        (repository / name).write_bytes(b"1\n2")
    results = {"a.py": b"2", "b.py": None, "c.py": b"1\n2\n3\n"}
    text = b"".join(patch.unified(n, b"1\n2", after) for n, after in results.items())
    git(repository, "apply", "-", stdin=text)
    assert {
        name: (repository / name).read_bytes() if (repository / name).exists() else None
        for name in results
    } == results


def test_removed_executable(repository: Path):
    file = repository / "run.py"
    file.write_bytes(b"a\n")
    file.chmod(0o755)
    git(repository, "add", "-A")
    text = patch.unified("run.py", b"a\n", None, executable=True)
    assert b"deleted file mode 100755\n" in text
    git(repository, "apply", "--index", "-", stdin=text)
    assert not file.exists()


def test_nothing_changed_is_no_patch():
    assert patch.unified("a.py", b"a\n", b"a\n") == b""
    assert patch.unified("a.py", b"", b"") == b""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_unidiff_reads_it_back(change: tuple[bytes, bytes | None]):
    before, after = change
    text = patch.unified("tests/test_a.py", before, after)
    [file] = PatchSet(io.StringIO(text.decode("latin-1"), newline="\n"))
    assert file.path == "tests/test_a.py"
    # To unidiff a file that became empty is one that was removed.
    assert file.is_removed_file == (not after)
    assert read_back(file, before) == (after or b"")


def read_back(file: object, before: bytes) -> bytes:
    """Carry out what unidiff understood."""
    source = before.decode("latin-1").split("\n")
    result, position = [], 0
    for hunk in file:
        start = max(hunk.source_start - 1, 0) if hunk.source_length else 0
        result += [f"{line}\n" for line in source[position:start]]
        position = start + hunk.source_length
        new = [line for line in hunk if line.is_added or line.is_context]
        result += [line.value for line in new]
    rest = "\n".join(source[position:])
    text = "".join(result) + rest
    last = list(file[-1]) if len(file) else []
    ends_open = any(
        following.line_type == "\\" and line.line_type != "-"
        for line, following in pairwise(last)
    )
    return text.removesuffix("\n" if ends_open else "").encode("latin-1")


def test_colours_change_nothing_else():
    text = patch.unified("a.py", b"a\nb", b"a\nc\n")
    coloured = patch.coloured(text)
    assert b"\x1b[32m+c\x1b[0m" in coloured
    for code in (b"0", b"1", b"31", b"32", b"36"):
        coloured = coloured.replace(b"\x1b[" + code + b"m", b"")
    assert coloured == text


LINES = st.lists(
    st.sampled_from([b"a", b"b", b"", b"\x0c", b"\r", b"-- x", b"\xe9", b"\\ No"]),
    max_size=12,
).map(b"\n".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=LINES, after=LINES)
def test_any_change(repository: Path, before: bytes, after: bytes):
    if before != after:
        check(repository, "a.py", before, after)
