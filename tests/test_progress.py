"""What a terminal shows while a run goes on, and what it shows afterwards."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import LEGACY, environment, make

pty = pytest.importorskip("pty")

ERASE = "\r\x1b[2K"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return make(tmp_path / "suite", test_a=LEGACY, test_b=LEGACY)


def watched(suite: Path, *arguments: str, **more: str) -> str:
    """Return what a run writes to a terminal as its standard error."""
    ours, theirs = pty.openpty()
    kept = {"TERM": "xterm", "COLUMNS": "60", "CI": "", **more}
    process = subprocess.Popen(
        [sys.executable, "-m", "awaitify", "check", "--no-cache", *arguments],
        cwd=suite,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment(**kept),
    )
    os.close(theirs)
    written = b""
    # Linux reports the end of a terminal as an error.
    try:
        while part := os.read(ours, 4096):
            written += part
    except OSError:
        pass
    os.close(ours)
    assert process.wait() == 1
    return written.decode()


def test_stages_are_shown_and_leave_nothing(suite: Path):
    written = watched(suite)
    stages = re.findall(r"[A-Z][a-z]+[^\x1b\r]*", written)
    assert stages == [
        "Analysing 3 files",
        "Rewriting: 0 of 2 files",
        "Rewriting: 1 of 2 files",
        "Checking the results",
    ]
    assert written.endswith(ERASE)
    assert "\n" not in written
    assert "\x1b[?25l" not in written, "the cursor stays"


def test_no_colours(suite: Path):
    assert re.search(r"\x1b\[[\d;]*3\dm", watched(suite, NO_COLOR="1")) is None


@pytest.mark.parametrize(
    "flags, more", [(["-q"], {}), ([], {"CI": "1"}), ([], {"TERM": "dumb"})]
)
def test_nothing_is_shown(suite: Path, flags: list[str], more: dict[str, str]):
    assert watched(suite, *flags, **more) == ""


def test_nothing_is_shown_in_a_pipe(suite: Path):
    code = (
        "import sys; from awaitify.cli import main\n"
        "sys.argv = ['awaitify', 'check', '--no-cache']\n"
        "try: main()\n"
        "finally: assert 'rich' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=suite, capture_output=True, env=environment()
    )
    assert (done.returncode, done.stderr) == (1, b"")
