"""The command as scripts and people use it, in a process of its own and in this."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from awaitify import cli

LEGACY = """\
import asyncio


async def f():
    return 1


def test_a():
    assert asyncio.run(f()) == 1
"""

# What the tests import, the commands that they start elsewhere import, too.
PATH = os.pathsep.join(
    os.path.abspath(entry)
    for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if entry
)


_DROPPED = ("VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    return {**kept, "PYTHONPATH": PATH, **more}


def run(
    cwd: Path, *arguments: str, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, as `start` does in one of its own."""
    given, told, said = (
        io.TextIOWrapper(io.BytesIO(b), "utf-8") for b in (stdin, b"", b"")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for name in _DROPPED:
            patch.delenv(name, raising=False)
        for name, value in more.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["awaitify", *arguments])
        for name, stream in (("stdin", given), ("stdout", told), ("stderr", said)):
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as left:
            cli.main()
    return subprocess.CompletedProcess(
        arguments, left.value.code, _text(told), _text(said)
    )


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode()


def start(
    cwd: Path, *arguments: str, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "awaitify", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env=environment(**more),
        check=False,
    )
    # Not text=True: it would hide carriage returns.
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def git(cwd: Path, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments],
        cwd=cwd,
        input=stdin.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def make(root: Path, **files: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "setup.py").write_bytes(b"")
    for name, text in files.items():
        (root / f"{name}.py").write_bytes(text.encode())
    return root


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in files
        if ".git" not in path.parts
    }
