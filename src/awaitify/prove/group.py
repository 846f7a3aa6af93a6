"""A command in a process group of its own: nothing of it is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LINES, _WIDTH, _CHUNK = 200, 2000, 1 << 16
# What a suite may take to end when it is asked to, and a reader to see its end.
_GRACE, _REST = 5.0, 2.0
_OFTEN = 0.1


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    """Negative for a signal."""
    in_time: bool
    cpu: float
    """Seconds of processor time of all its processes that were waited for."""
    output: str
    """The last lines that it printed."""


def run(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float | None,
    watch: Callable[[int], bool] | None = None,
) -> Ended:
    """Run a command to its end, or for some seconds.

    Args:
        command: what to run, word by word.
        cwd: where.
        environment: all of it.
        seconds: how long.
        watch: asked again and again, with the number of the process, whether it has
            to end now; asked a last time when its time is up.

    Raises:
        OSError: it cannot be started.
        KeyboardInterrupt: it was interrupted, and so was the command.

    """
    before = _cpu()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    tail = _Tail(process)
    try:
        in_time = _waited(process, seconds, watch)
    finally:
        # Whatever has ended the wait; and what a suite has left running.
        _end(process)
    return Ended(process.returncode, in_time, _cpu() - before, tail.text())


def _waited(
    process: subprocess.Popen[bytes],
    seconds: float | None,
    watch: Callable[[int], bool] | None,
) -> bool:
    if watch is None:
        return _ended_within(process, seconds)
    end = None if seconds is None else time.monotonic() + seconds
    while not _ended_within(process, _OFTEN):
        late = end is not None and time.monotonic() > end
        if watch(process.pid) or late:
            return not late
    return True


def _ended_within(process: subprocess.Popen[bytes], seconds: float | None) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        _signal(process, "SIGTERM")
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, "SIGKILL")
    process.wait()


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    if not hasattr(os, "killpg"):
        process.kill()
        return
    # Its number stays that of the group for as long as there is anyone in it.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, getattr(signal, name))


class _Tail:
    """The last of what a process prints, however much that is."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._last = b""
        self._reader = threading.Thread(target=self._read, args=[process], daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            while chunk := os.read(stream.fileno(), _CHUNK):
                *lines, last = (self._last + chunk).split(b"\n")
                self._lines.extend(line[:_WIDTH] for line in lines[-_LINES:])
                self._last = last[:_WIDTH]

    def text(self) -> str:
        """Return it; what a process outside of the group prints later is not heard."""
        self._reader.join(_REST)
        return b"\n".join([*self._lines, self._last]).decode("utf-8", "replace")


def _cpu() -> float:
    try:
        import resource
    except ImportError:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
