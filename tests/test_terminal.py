"""Names, code and messages on a terminal and in logs: shown, and never obeyed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awaitify.report.lines import written
from awaitify.terminal import shown
from tests.command import LEGACY, environment, git, run
from tests.hostile import NAMES, TEXTS, orders, workflow_commands

pty = pytest.importorskip("pty")

CODE = f"""{LEGACY}

def test_b(x="\x1b[2J\x9b\u202e ::set-output name=a::b"):
    import asyncio; loop = asyncio.new_event_loop(); loop.run_until_complete(f())
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository in which every name is hostile."""
    root = tmp_path / "\x1b[31mproject"
    for trap, name in NAMES.items():
        (root / trap).mkdir(parents=True)
        with open(os.fsencode(root / trap / f"test_{name}.py"), "w") as file:
            file.write(CODE)
        with open(os.fsencode(root / trap / f"{name}.py"), "w") as file:
            file.write("def (\n")
    (root / "::error::x").mkdir()
    (root / "::error::x/test_a.py").write_text(CODE)
    (root / "pytest.ini").write_text("[pytest]\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def clean(*said: str) -> None:
    for text in said:
        assert not orders(text)
        assert not workflow_commands(text)


def test_nothing_that_is_said_is_an_order(root: Path) -> None:
    for command in (
        ("check",),
        ("check", "-v"),
        ("check", "--format", "concise"),
        ("check", "--color", "never", "\x1b[2J\nb"),
        ("check", "--select", "\x1b[2J"),
        ("check", "--since", "\x1b[2J\n::error::"),
        ("fix", "-v"),
        ("check", "-v"),
        ("runs",),
        ("undo", "--dry-run"),
        ("undo", "\x1b[2J"),
    ):
        done = run(root, *command)
        assert done.returncode in (0, 1, 2, 3), (command, done.stderr)
        clean(done.stdout, done.stderr)


def test_beside_a_patch_nothing_is_an_order(root: Path) -> None:
    done = run(root, "diff", "-v")
    clean(done.stderr)
    # The patch is bytes for git, of which it has names in ASCII.
    names = [line for line in done.stdout.split("\n") if line.startswith("diff --git")]
    assert len(names) == len(NAMES) + 2
    clean(*names)
    git(root, "apply", "--check", stdin=done.stdout)
    coloured = run(root, "diff", "--color", "always").stdout
    for escape in ("\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[36m"):
        coloured = coloured.replace(escape, "")
    clean(coloured)


def test_on_a_terminal_a_patch_is_shown(root: Path) -> None:
    master, slave = pty.openpty()
    words = [sys.executable, "-m", "awaitify", "diff", "--color", "never"]
    with subprocess.Popen(
        [*words, "::error::x"],
        cwd=root,
        stdout=slave,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        os.close(slave)
        text = b""
        try:
            while data := os.read(master, 65536):
                text += data
        except OSError:
            pass
        os.close(master)
        process.communicate()
    assert b"async def test_b" in text
    assert not orders(text.decode().replace("\r\n", "\n"))


def test_lines_hold_no_order_of_the_table() -> None:
    for text in TEXTS.values():
        for colour in (False, True):
            line = ((text, "bold"), (text, ""))
            told = written([line], colour=colour).decode()
            for escape in ("\x1b[1m", "\x1b[0m"):
                told = told.replace(escape, "")
            clean(told)
            assert told.count("\n") == 1
        assert not orders(shown(text.encode("utf-8", "surrogatepass")).decode())
