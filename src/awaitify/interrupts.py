"""Ctrl-C, and the signals that ask a process to end, while files are written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)


def end_on_signals() -> None:
    """Let every signal that asks for the end do what Ctrl-C does."""
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def deferred() -> Iterator[Callable[[], None]]:
    """Put interrupts off, so that they meet no file half way.

    Yields:
        A function for the moments between two files: it raises KeyboardInterrupt
        if one was asked for. What is still put off at the end is raised there.

    """
    if threading.current_thread() is not threading.main_thread():
        # Signals are only ever handled in the main thread.
        yield lambda: None
        return
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    def pause() -> None:
        if asked:
            asked.clear()
            raise KeyboardInterrupt

    # What is ignored stays so (nohup), and None was not set by Python.
    ours = [n for n in _ENDING if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, note) for number in ours}
    try:
        yield pause
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    pause()
