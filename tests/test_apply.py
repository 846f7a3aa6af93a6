"""Writing: real files, real failures."""

from __future__ import annotations

import itertools
import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from awaitify import apply
from awaitify.apply import Change, Failure

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")


def make(path: Path, source: bytes = b"old\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source)
    return path


def leftovers(directory: Path) -> list[str]:
    return [path.name for path in directory.rglob(".awaitify-*")]


def test_bytes_are_written_as_they_are(tmp_path: Path):
    file = make(tmp_path / "a.py")
    after = b"\xef\xbb\xbfx\r\n\x0c\xff"
    assert apply.apply([Change(file, b"old\n", after)], tmp_path) == ()
    assert file.read_bytes() == after
    assert not leftovers(tmp_path)


def test_file_is_removed(tmp_path: Path):
    file = make(tmp_path / "a.py")
    assert apply.apply([Change(file, b"old\n", None)], tmp_path) == ()
    assert not file.exists()


@posix
@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o664])
def test_mode_stays(tmp_path: Path, mode: int):
    file = make(tmp_path / "a.py")
    file.chmod(mode)
    apply.apply([Change(file, b"old\n", b"new\n")], tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == mode


@posix
def test_the_old_file_is_never_written_to(tmp_path: Path):
    file = make(tmp_path / "a.py")
    with file.open("rb") as reader:
        apply.apply([Change(file, b"old\n", b"new\n")], tmp_path)
        assert reader.read() == b"old\n"


def test_file_that_changed_meanwhile_is_left(tmp_path: Path):
    file = make(tmp_path / "a.py", b"newer\n")
    [failure] = apply.apply([Change(file, b"old\n", b"new\n")], tmp_path)
    assert failure == Failure(file, "changed since it was read")
    assert file.read_bytes() == b"newer\n"


def test_file_that_is_gone_is_not_made_again(tmp_path: Path):
    file = tmp_path / "a.py"
    [failure] = apply.apply([Change(file, b"old\n", b"new\n")], tmp_path)
    assert "No such file" in failure.message
    assert not file.exists()


def test_one_failure_leaves_all_files_as_they_were(tmp_path: Path):
    good, gone, other = make(tmp_path / "a.py"), tmp_path / "b.py", make(tmp_path / "c")
    changes = [
        Change(good, b"old\n", b"new\n"),
        Change(gone, b"old\n", b"new\n"),
        Change(other, b"old\n", None),
    ]
    assert [failure.path for failure in apply.apply(changes, tmp_path)] == [gone]
    assert good.read_bytes() == other.read_bytes() == b"old\n"
    assert not leftovers(tmp_path)


def test_every_failure_is_told(tmp_path: Path):
    changes = [Change(tmp_path / name, b"", b"new\n") for name in ("a.py", "b.py")]
    assert len(apply.apply(changes, tmp_path)) == 2


def meanwhile(step: int, act: Callable[[], object]) -> Callable[[], None]:
    """Do something before a step; there are two for each file, one after the other."""
    steps = itertools.count()

    def pause() -> None:
        if next(steps) == step:
            act()

    return pause


def test_failure_half_way_is_rolled_back(tmp_path: Path):
    first, second = make(tmp_path / "a.py"), make(tmp_path / "b.py")
    first.chmod(0o640)

    def replace() -> None:
        second.unlink()
        second.mkdir()

    changes = [Change(first, b"old\n", b"new\n"), Change(second, b"old\n", None)]
    [failure] = apply.apply(changes, tmp_path, meanwhile(3, replace))
    assert failure == Failure(second, "no longer a file")
    assert first.read_bytes() == b"old\n"
    assert stat.S_IMODE(first.stat().st_mode) == 0o640
    assert not leftovers(tmp_path)


def test_file_that_changes_at_the_last_moment_is_left(tmp_path: Path):
    first, second = make(tmp_path / "a.py"), make(tmp_path / "b.py")
    changes = [Change(path, b"old\n", b"new\n") for path in (first, second)]
    change = meanwhile(3, lambda: second.write_bytes(b"mine"))
    [failure] = apply.apply(changes, tmp_path, change)
    assert failure == Failure(second, "changed since it was read")
    assert (first.read_bytes(), second.read_bytes()) == (b"old\n", b"mine")


def test_roll_back_leaves_what_others_have_written(tmp_path: Path):
    first, second = make(tmp_path / "a.py"), make(tmp_path / "b.py")
    changes = [Change(path, b"old\n", b"new\n") for path in (first, second)]

    def write() -> None:
        first.write_bytes(b"mine")
        second.unlink()

    failures = apply.apply(changes, tmp_path, meanwhile(3, write))
    assert [failure.path for failure in failures] == [second, first]
    assert failures[1].message.startswith("not restored: changed by somebody else")
    assert first.read_bytes() == b"mine"


@pytest.mark.parametrize("step", range(6))
def test_interrupt_between_two_files_is_rolled_back(tmp_path: Path, step: int):
    files = [make(tmp_path / name) for name in ("a.py", "b.py", "c.py")]
    changes = [
        Change(file, b"old\n", after)
        for file, after in zip(files, (b"new\n", None, b"newer\n"), strict=True)
    ]

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply.apply(changes, tmp_path, meanwhile(step, interrupt))
    assert [file.read_bytes() for file in files] == [b"old\n"] * 3
    assert not leftovers(tmp_path)


def test_file_is_made(tmp_path: Path):
    file = tmp_path / "a.py"
    assert apply.apply([Change(file, None, b"new\n", 0o600)], tmp_path) == ()
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"new\n", 0o600)
    [failure] = apply.apply([Change(file, None, b"newer\n")], tmp_path)
    assert failure == Failure(file, "made by somebody else meanwhile")
    assert file.read_bytes() == b"new\n"


@posix
def test_link_is_neither_followed_nor_replaced(tmp_path: Path):
    outside = make(tmp_path / "outside/a.py")
    root = tmp_path / "root"
    make(root / "real/b.py")
    (root / "a.py").symlink_to(outside)
    (root / "b.py").symlink_to("real/b.py")
    (root / "d").symlink_to(outside.parent)
    for name in ("a.py", "b.py", "d/a.py", "../outside/a.py"):
        for after in (b"new\n", None):
            [failure] = apply.apply([Change(root / name, b"old\n", after)], root)
            assert failure.message == "a link leads there"
    assert outside.read_bytes() == (root / "real/b.py").read_bytes() == b"old\n"
    assert (root / "a.py").is_symlink()
    assert (root / "b.py").is_symlink()


@posix
def test_link_that_appears_at_the_last_moment_is_left(tmp_path: Path):
    root, other = tmp_path / "root", make(tmp_path / "other/a.py")
    make(root / "d/a.py")

    def link() -> None:
        (root / "d").rename(root / "e")
        (root / "d").symlink_to(other.parent)

    changes = [Change(root / "d/a.py", b"old\n", b"new\n")]
    [failure] = apply.apply(changes, root, meanwhile(1, link))
    assert failure.message == "a link leads there"
    assert other.read_bytes() == (root / "e/a.py").read_bytes() == b"old\n"


@posix
def test_read_only_file_and_directory(tmp_path: Path):
    # Root may write everywhere, so the test runs without its privileges.
    make(tmp_path / "d/a.py")
    make(tmp_path / "e/b.py").chmod(0o444)
    code = """
        import os, sys
        from pathlib import Path
        from awaitify.apply import Change, apply
        if os.getuid() == 0:
            os.chown("e/b.py", 65534, 65534)
            os.chown("e", 65534, 65534)
            os.setgid(65534)
            os.setuid(65534)
        for path in ("d/a.py", "e/b.py"):
            for after in (b"new", None):
                change = Change(Path(path).absolute(), b"old\\n", after)
                [failure] = apply([change], Path.cwd())
                print(failure.message)
    """
    (tmp_path / "d").chmod(0o555)
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    (tmp_path / "d").chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4
    assert (tmp_path / "d/a.py").read_bytes() == b"old\n"
    assert (tmp_path / "e/b.py").read_bytes() == b"old\n"
