"""A `map` over several processes, for files that take long to rewrite."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from typing import TypeVar


class Crashed:
    """What `spread` returns for an item on which the interpreter crashed."""


CRASHED = Crashed()

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def spread(
    work: Callable[[_Item], _Answer],
    items: Sequence[_Item],
    workers: int,
    heaviest: Iterable[int],
) -> list[_Answer | Crashed]:
    """Return what `work` makes of each item, in their order.

    Args:
        work: a function that can be pickled; what it raises is raised here.
        items: what it is called with.
        workers: how many processes to start.
        heaviest: the positions of the items in the order in which to begin them;
            with the longest first none of them is begun when all else is done.

    """
    # Loaded here, it is there in every process that is forked.
    import libcst  # noqa: F401

    pool = ProcessPoolExecutor(workers, _context(), _leave_interrupts)
    try:
        futures = {n: pool.submit(work, items[n]) for n in heaviest}
        answers: list[_Answer | Crashed] = []
        for n, item in enumerate(items):
            answer = _answer(futures[n], work, item)
            answers.append(answer)
        return answers
    finally:
        pool.shutdown(cancel_futures=True)


def _answer(
    future: Future[_Answer], work: Callable[[_Item], _Answer], item: _Item
) -> _Answer | Crashed:
    try:
        return future.result()
    except BrokenProcessPool:
        # A death breaks the pool for all: only who dies alone is to blame.
        with ProcessPoolExecutor(1, _context(), _leave_interrupts) as alone:
            try:
                return alone.submit(work, item).result()
            except BrokenProcessPool:
                return CRASHED


def _leave_interrupts() -> None:
    # Ctrl-C reaches every process of the terminal; ours ends them all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Which is done by this signal; a traceback would say nothing new.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _context() -> BaseContext:
    # Forking is the fastest by far, but safe on Linux only, and with one thread.
    safe = sys.platform == "linux" and threading.active_count() == 1
    return get_context("fork" if safe else "spawn")
