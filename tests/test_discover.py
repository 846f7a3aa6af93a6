"""Which files are found, which are chosen; real directories and real git."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from awaitify.discover import Patterns, choose, explore, is_ignored, read


def tree(root: Path, *paths: str, **texts: str) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")
    for path, text in texts.items():
        (root / path.replace("__", "/")).write_text(text, encoding="utf-8")


def ignore(root: Path, directory: str, *lines: str) -> None:
    (root / directory).mkdir(parents=True, exist_ok=True)
    (root / directory / ".gitignore").write_text("\n".join(lines), encoding="utf-8")


def found(root: Path, *named: str) -> list[str]:
    return sorted(explore(root, named or ("",)).files)


def chosen(root: Path, *named: str, **patterns: tuple[str, ...]) -> list[str]:
    named = named or ("",)
    return sorted(choose(root, explore(root, named), named, Patterns(**patterns)))


def test_only_python_files(tmp_path: Path):
    tree(tmp_path, "a.py", "pkg/b.py", "pkg/c.txt", "d.pyc")
    assert found(tmp_path) == ["a.py", "pkg/b.py"]


def test_names_that_are_never_entered(tmp_path: Path):
    tree(tmp_path, ".git/x.py", "node_modules/x.py", "__pycache__/x.py", ".tox/x.py")
    tree(tmp_path, "a.py")
    assert found(tmp_path) == ["a.py"]


def test_virtual_environment_by_whatever_name(tmp_path: Path):
    tree(tmp_path, "a.py", "myenv/pyvenv.cfg", "myenv/lib/x.py")
    assert found(tmp_path) == ["a.py"]


def test_gitignore(tmp_path: Path):
    tree(tmp_path, "a.py", "gen.py", "build/x.py", "src/build/x.py", "dist/y.py")
    ignore(tmp_path, "", "gen.py", "/build/", "# a comment", "dist")
    assert found(tmp_path) == ["a.py", "src/build/x.py"]


def test_nested_gitignore_overrules_the_outer_one(tmp_path: Path):
    tree(tmp_path, "gen_a.py", "pkg/gen_b.py", "pkg/gen_c.py", "pkg/sub/own.py")
    ignore(tmp_path, "", "gen_*.py")
    ignore(tmp_path, "pkg", "!gen_b.py", "/sub/own.py")
    assert found(tmp_path) == ["pkg/gen_b.py"]


def test_nothing_comes_back_from_an_ignored_directory(tmp_path: Path):
    tree(tmp_path, "out/a.py")
    ignore(tmp_path, "", "out/")
    ignore(tmp_path, "out", "!a.py")
    assert found(tmp_path) == []


def test_gitignore_with_crlf_bom_and_a_broken_line(tmp_path: Path):
    tree(tmp_path, "a.py", "b.py", "c.py")
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbfa.py\r\n!\r\nb.py\r\n")
    assert found(tmp_path) == ["c.py"]


def test_agrees_with_git(tmp_path: Path):
    tree(tmp_path, "a.py", "b/a.py", "b/c/a.py", "b/c/keep.py", "d/e/f.py", "d/g.py")
    tree(tmp_path, "x y.py", "t/test_1.py", "t/test_[.py", "t/é.py")
    ignore(tmp_path, "", "a.py", "!/a.py", "d/**/f.py", "x\\ y.py", "t/test_\\[.py")
    ignore(tmp_path, "b", "c/*", "!c/keep.py")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard", "*.py"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    ).stdout
    assert found(tmp_path) == sorted(map(os.fsdecode, listed.split(b"\0")[:-1]))


PATTERNS = """
    a.py /a.py b/ /b/ b !a.py !b/ *.py !*.py a/* !a/b.py **/c.py a/** a/**/c.py gen*
    !gen.py /* !/a !/a/ * !*/ [ab].py \\!a.py #a.py a.py\\  b/a.py /b/* !/b/gen.py b/c/
    c/**/ !c ?.py ** /**/b b/** [a-c].py []a].py [!a-b].py [^t]*.py t\\[* [--0].py
    [z-a].py [[:alpha:]].py [![:alpha:]]* x\\ y.py [a-c]*/ t[[]1].py [\\]a]b* ab[]].py
    [ a[ \\ [[:foo:]] **a a** b**/c.py /** **/ a//b / // z* é.py /[!a]*/*.py
""".split()


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_git_on_whatever_patterns(tmp_path: Path, seed: int):
    draw = random.Random(seed)
    folders = ["", "a", "b", "c", "a/b", "a/c", "b/b", "b/c", "c/b", "c/c"]
    names = ["a", "b", "c", "gen", "test_x", "-", "x y", "t[1]", "ab]", "é", "z "]
    for folder in folders:
        tree(tmp_path, *(f"{folder}/{n}.py" for n in names if draw.random() < 0.8))
        if not folder or draw.random() < 0.3:
            ignore(tmp_path, folder, *draw.choices(PATTERNS, k=draw.randint(1, 4)))
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    for file in ("exclude", "everywhere"):
        place = tmp_path / ".git/info" / file
        place.write_text(f"{draw.choice(PATTERNS)}\n", encoding="utf-8")
    subprocess.run([*git, "config", "core.excludesFile", str(place)], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "-zco", "--exclude-standard", "*.py"],
        check=True,
        capture_output=True,
    ).stdout
    assert found(tmp_path) == sorted(map(os.fsdecode, listed.split(b"\0")[:-1]))


def test_a_whitelist(tmp_path: Path):
    tree(tmp_path, "a.py", "src/b.py", "src/gen/c.py", "src/d.txt")
    ignore(tmp_path, "", "*", "!*/", "!b.py", "!c.py", "gen/")
    assert found(tmp_path) == ["src/b.py"]


def test_info_exclude(tmp_path: Path):
    tree(tmp_path, "a.py", "b.py")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".git/info/exclude").write_text("a.py\n", encoding="utf-8")
    assert found(tmp_path) == ["b.py"]


def test_a_repository_inside_the_repository_is_apart(tmp_path: Path):
    tree(tmp_path, "a.py", "vendored/b.py", "vendored/.git")
    assert found(tmp_path) == ["a.py", "vendored/b.py"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert found(tmp_path) == ["a.py"]
    assert found(tmp_path, "vendored") == ["a.py", "vendored/b.py"]


def test_named_file_is_taken_though_ignored(tmp_path: Path):
    tree(tmp_path, "gen.py", "out/test_x.py", "out/helper.py")
    ignore(tmp_path, "", "gen.py", "out")
    assert chosen(tmp_path, "gen.py", "out/test_x.py") == ["gen.py", "out/test_x.py"]


def test_what_lies_beside_a_named_file_is_read(tmp_path: Path):
    tree(tmp_path, "out/test_x.py", "out/helper.py")
    ignore(tmp_path, "", "out")
    assert found(tmp_path, "out/test_x.py") == ["out/helper.py", "out/test_x.py"]


def test_named_file_is_taken_though_excluded_or_without_suffix(tmp_path: Path):
    tree(tmp_path, "a.py", "script")
    named = ("a.py", "script")
    assert chosen(tmp_path, *named, exclude=("a.py",)) == ["a.py", "script"]


def test_named_directory_is_taken_though_ignored(tmp_path: Path):
    tree(tmp_path, "out/a.py", "out/deep/b.py", "out/deep/c.py", "d.py")
    ignore(tmp_path, "", "out")
    ignore(tmp_path, "out/deep", "c.py")
    assert chosen(tmp_path, "out") == ["out/a.py", "out/deep/b.py"]


def test_what_is_not_named_is_read_but_not_chosen(tmp_path: Path):
    tree(tmp_path, "a/x.py", "ab/y.py")
    assert chosen(tmp_path, "a") == ["a/x.py"]
    assert found(tmp_path, "a") == ["a/x.py", "ab/y.py"]


def test_include_and_exclude(tmp_path: Path):
    tree(tmp_path, "t/a.py", "t/b.py", "u/a.py", "u/v/a.py")
    assert chosen(tmp_path, include=("t/",)) == ["t/a.py", "t/b.py"]
    assert chosen(tmp_path, exclude=("a.py",)) == ["t/b.py"]
    assert chosen(tmp_path, include=("a.py",), exclude=("/u/*", "!/u/v")) == [
        "t/a.py",
        "u/v/a.py",
    ]


def test_patterns_start_at_their_base():
    patterns = Patterns(include=("/t/*.py",), base="pkg")
    assert list(patterns.admit(["pkg/t/a.py", "pkg/u/a.py"])) == ["pkg/t/a.py"]


def test_exclude_does_not_limit_what_is_read(tmp_path: Path):
    tree(tmp_path, "a.py", "b.py")
    assert chosen(tmp_path, exclude=("a.py",)) == ["b.py"]
    assert found(tmp_path) == ["a.py", "b.py"]


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_links_are_read_but_not_chosen(tmp_path: Path):
    tree(tmp_path, "a.py", "d/x.py")
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "e").symlink_to("d")
    assert found(tmp_path) == ["a.py", "d/x.py", "link.py"]
    assert chosen(tmp_path) == ["a.py", "d/x.py"]


def test_settings_and_directories(tmp_path: Path):
    tree(tmp_path, "pyproject.toml", "a/pytest.ini", "a/b/c.py", "a/other.ini")
    result = explore(tmp_path)
    assert sorted(result.settings) == ["a/pytest.ini", "pyproject.toml"]
    assert sorted(result.directories) == ["", "a", "a/b"]


def test_is_ignored(tmp_path: Path):
    tree(tmp_path, "a/b/c.py", "a/d/e.py")
    ignore(tmp_path, "a", "b/")
    assert is_ignored(tmp_path, "a/b")
    assert not is_ignored(tmp_path, "a/d")
    assert not is_ignored(tmp_path, "")


def test_bytes_are_read_as_they_are(tmp_path: Path):
    source = b"\xef\xbb\xbfx = '\xff'\r\n\x0c"
    (tmp_path / "a.py").write_bytes(source)
    assert read(tmp_path, ["a.py"]) == ({"a.py": source}, [])


def test_unreadable_file_is_reported(tmp_path: Path):
    sources, [failure] = read(tmp_path, ["gone.py"])
    assert not sources
    assert failure.path == "gone.py"
    assert "No such file" in failure.message


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes there")
def test_names_that_are_not_utf8(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9.py")
    (tmp_path / name).write_bytes(b"")
    assert found(tmp_path) == [name]
    assert read(tmp_path, [name]) == ({name: b""}, [])
