"""A command with its time, its memory, and an end that leaves nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify.prove import group

if TYPE_CHECKING:
    import psutil

_OFTEN = 0.5


class Stopped(Exception):
    """The batch was asked to end."""


@dataclass(frozen=True)
class Limits:
    """What a command may use."""

    seconds: float | None
    memory: int | None
    """Bytes of all its processes; what they share counts for each."""
    stop: threading.Event


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    over: str
    """What it had used up: "time" or "memory"; or empty."""
    said: str
    """The last that it printed."""


def run(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    limits: Limits,
) -> Ended:
    """Run a command in a process group of its own.

    Raises:
        OSError: it cannot be started.
        Stopped: the batch was asked to end, and so was the command.

    """
    watch = _Watch(limits)
    try:
        done = group.run(command, cwd, environment, limits.seconds, watch.is_to_end)
    finally:
        watch.end_the_rest()
    if limits.stop.is_set():
        raise Stopped
    over = "time" if not done.in_time else "memory" if watch.too_large else ""
    return Ended(done.status, over, done.output)


@dataclass(eq=False)
class _Watch:
    """Looks at what a command has started, wherever that has gone."""

    limits: Limits
    too_large: bool = False
    _seen: list[psutil.Process] = field(default_factory=list)
    _next: float = 0.0

    def is_to_end(self, pid: int) -> bool:
        """Return whether the command has to end; asked again and again."""
        stop = self.limits.stop.is_set()
        if time.monotonic() < self._next and not stop:
            return False
        self._next = time.monotonic() + _OFTEN
        self._look(pid)
        if self.limits.memory is not None:
            self.too_large = self._used() > self.limits.memory
        return stop or self.too_large

    def _look(self, pid: int) -> None:
        import psutil

        with suppress(psutil.Error):
            leader = psutil.Process(pid)
            self._seen = [leader, *leader.children(recursive=True)]

    def _used(self) -> int:
        import psutil

        total = 0
        for process in self._seen:
            with suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    def end_the_rest(self) -> None:
        """End what has left the group of the command and was not ended with it."""
        import psutil

        # Each is known by the time of its start, too, not by its number alone.
        for process in self._seen:
            with suppress(psutil.Error):
                process.kill()
