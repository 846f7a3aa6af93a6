"""Reviews in a terminal: a real one, with a process of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest

from tests.command import environment
from tests.review.support import FILES, project, read

pty = pytest.importorskip("pty")


class Screen:
    """The command behind a pseudo-terminal."""

    def __init__(self, root: Path, *arguments: str, **more: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "awaitify", "review", "--no-cache", *arguments],
            cwd=root,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment(TERM="xterm", NO_COLOR="1", **more),
            # Of its own session: Ctrl-C is for the foreground of its terminal.
            start_new_session=True,
            preexec_fn=lambda: _control(slave),
        )
        os.close(slave)
        self.text = ""

    def wait_for(self, words: str) -> str:
        """Read until some words are there; return what was read since the last."""
        end = time.monotonic() + 60
        seen = ""
        while words not in seen:
            assert time.monotonic() < end, self.text
            seen += self._read()
        return seen

    def _read(self) -> str:
        if not select.select([self.master], [], [], 1)[0]:
            return ""
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        assert data, self.text
        text = data.decode("utf-8", "replace")
        self.text += text
        return text

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.text += data.decode("utf-8", "replace")
        return self.process.wait(60)

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)


def _control(slave: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield project(tmp_path / "project")


def test_answers_are_typed_and_carried_out(root: Path) -> None:
    editor = root.parent / "edit.py"
    editor.write_text(
        "import sys, pathlib\np = pathlib.Path(sys.argv[1])\n"
        "text = p.read_text()\n"
        "p.write_text(text.replace('    assert', '    # By hand.\\n    assert'))"
    )
    with Screen(root, GIT_EDITOR=f"{sys.executable} {editor}") as screen:
        asked = screen.wait_for("(1/5) Take this change")
        assert (
            "+async def make():" in asked and "+    assert await make() == 1" in asked
        )
        screen.type("n\n")
        screen.wait_for("(2/5)")
        screen.type("e\n")
        screen.wait_for("(3/5)")
        screen.type("s\n")
        screen.wait_for("Why?")
        screen.type("of the loop\n")
        screen.wait_for("(4/5)")
        screen.type("y\ny\n")
        assert screen.end() == 0, screen.text
    assert "3 changes taken, 1 refused, 1 suppressed" in screen.text
    one, two = (read(root, f"tests/test_{name}.py") for name in ("one", "two"))
    assert "def make():\n    return asyncio.run(fetch())\n" in one
    assert "async def test_alone():\n    # By hand.\n    assert await fetch()" in one
    assert "def test_loop():  # awaitify: ignore[AW102] -- of the loop\n" in two
    assert "async def test_run" in two
    suite = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(suite, cwd=root, capture_output=True, text=True, check=False)
    assert "5 passed" in done.stdout, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\x03", "\x04"], ids=["ctrl-c", "end of file"])
def test_who_leaves_has_written_nothing_and_goes_on_later(root: Path, end: str) -> None:
    with Screen(root) as screen:
        screen.wait_for("(1/5)")
        screen.type("n\n")
        screen.wait_for("(2/5)")
        screen.type(end)
        assert screen.end() == 130, screen.text
    assert "nothing was written; what was answered is kept" in screen.text
    assert {name: read(root, name) for name in FILES} == FILES
    with Screen(root) as screen:
        assert "test_one.py::test_alone" in screen.wait_for("(1/4)")
        screen.type("q\n")
        assert screen.end() == 1
    assert {name: read(root, name) for name in FILES} == FILES


@pytest.mark.slow
def test_who_is_killed_goes_on_later(root: Path) -> None:
    with Screen(root) as screen:
        screen.wait_for("(1/5)")
        screen.type("n\n")
        screen.wait_for("(2/5)")
        screen.process.kill()
        screen.process.wait()
    assert {name: read(root, name) for name in FILES} == FILES
    with Screen(root) as screen:
        assert "test_one.py::test_alone" in screen.wait_for("(1/4)")


@pytest.mark.slow
def test_two_do_not_review_at_once(root: Path) -> None:
    with Screen(root) as one:
        one.wait_for("(1/5)")
        with Screen(root) as other:
            assert other.end() == 2
            assert "somebody else is reviewing" in other.text
