"""Writing: real files, real failures."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
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
    assert apply.apply([Change(file, b"old\n", after)]) == ()
    assert file.read_bytes() == after
    assert not leftovers(tmp_path)


def test_file_is_removed(tmp_path: Path):
    file = make(tmp_path / "a.py")
    assert apply.apply([Change(file, b"old\n", None)]) == ()
    assert not file.exists()


@posix
@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o664])
def test_mode_stays(tmp_path: Path, mode: int):
    file = make(tmp_path / "a.py")
    file.chmod(mode)
    apply.apply([Change(file, b"old\n", b"new\n")])
    assert stat.S_IMODE(file.stat().st_mode) == mode


@posix
def test_the_old_file_is_never_written_to(tmp_path: Path):
    file = make(tmp_path / "a.py")
    with file.open("rb") as reader:
        apply.apply([Change(file, b"old\n", b"new\n")])
        assert reader.read() == b"old\n"


def test_file_that_changed_meanwhile_is_left(tmp_path: Path):
    file = make(tmp_path / "a.py", b"newer\n")
    [failure] = apply.apply([Change(file, b"old\n", b"new\n")])
    assert failure == Failure(file, "changed since it was read")
    assert file.read_bytes() == b"newer\n"


def test_file_that_is_gone_is_not_made_again(tmp_path: Path):
    file = tmp_path / "a.py"
    [failure] = apply.apply([Change(file, b"old\n", b"new\n")])
    assert "No such file" in failure.message
    assert not file.exists()


def test_one_failure_leaves_all_files_as_they_were(tmp_path: Path):
    good, gone, other = make(tmp_path / "a.py"), tmp_path / "b.py", make(tmp_path / "c")
    changes = [
        Change(good, b"old\n", b"new\n"),
        Change(gone, b"old\n", b"new\n"),
        Change(other, b"old\n", None),
    ]
    assert [failure.path for failure in apply.apply(changes)] == [gone]
    assert good.read_bytes() == other.read_bytes() == b"old\n"
    assert not leftovers(tmp_path)


def test_every_failure_is_told(tmp_path: Path):
    changes = [Change(tmp_path / name, b"", b"new\n") for name in ("a.py", "b.py")]
    assert len(apply.apply(changes)) == 2


def test_failure_half_way_is_rolled_back(tmp_path: Path):
    first, second = make(tmp_path / "a.py"), make(tmp_path / "b.py")
    # Only the last step fails: a directory took the file's place in between.
    prepared = [
        (Change(first, b"old\n", b"new\n"), make(tmp_path / ".awaitify-1", b"new\n")),
        (Change(second, b"old\n", None), None),
    ]
    second.unlink()
    second.mkdir()
    [failure] = apply._commit(prepared)
    assert failure.path == second
    assert first.read_bytes() == b"old\n"


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
                [failure] = apply([Change(Path(path), b"old\\n", after)])
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
