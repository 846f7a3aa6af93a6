"""A `map` over several processes, for files that take long and much to rewrite.

What is worked on at one time is bounded by its size, a process that has done much
makes way for a fresh one, and one that dies costs what it was working on.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from awaitify import nesting


class Crashed:
    """What `spread` returns for an item on which the interpreter crashed."""


CRASHED = Crashed()

# Memory that was used for one item is not always there for the next.
_ENOUGH = 1_000_000

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def spread(
    work: Callable[[_Item], _Answer],
    items: Sequence[_Item],
    weights: Sequence[int],
    workers: int,
    budget: int,
    done: Callable[[int], None] = lambda count: None,
    got: Callable[[_Answer], None] = lambda answer: None,
) -> list[_Answer | Crashed]:
    """Return what `work` makes of each item, in their order.

    Args:
        work: a function that can be pickled; what it raises is raised here.
        items: what it is called with.
        weights: how heavy each of them is. The heaviest are begun first: with one
            of them begun when all else is done, the others would wait for it.
        workers: how many processes to use at a time.
        budget: how much may be worked on at a time; one item always may.
        done: called with the number of items that are done.
        got: called with each answer when it comes, in any order.

    """
    # Loaded here, it is there in every process that is forked.
    import libcst  # noqa: F401

    team = _Team(work, items, weights, workers, budget, got)
    try:
        while team.waiting or team.suspects or team.busy:
            team.begin()
            team.collect()
            done(len(team.answers))
    finally:
        team.dismiss()
    return [team.answers[n] for n in range(len(items))]


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    link: Connection
    item: int = -1
    alone: bool = False
    """Whether nothing else was worked on meanwhile."""
    carried: int = 0
    """The weight of all it was given."""


@dataclass(eq=False)
class _Team(Generic[_Item, _Answer]):
    work: Callable[[_Item], _Answer]
    items: Sequence[_Item]
    weights: Sequence[int]
    workers: int
    budget: int
    got: Callable[[_Answer], None] = lambda answer: None
    waiting: list[int] = field(default_factory=list)
    suspects: list[int] = field(default_factory=list)
    """Items whose process died; they are tried again, each on its own."""
    busy: list[_Worker] = field(default_factory=list)
    idle: list[_Worker] = field(default_factory=list)
    answers: dict[int, _Answer | Crashed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting = sorted(range(len(self.items)), key=lambda n: -self.weights[n])

    def begin(self) -> None:
        """Hand out as many items as may be worked on now."""
        if not self.waiting and not self.busy and self.suspects:
            # A death may be the fault of what went on beside it.
            self._hand_out(self.suspects.pop(0), alone=True)
        while len(self.busy) < self.workers:
            carried = sum(self.weights[each.item] for each in self.busy)
            free = self.budget - carried if self.busy else sys.maxsize
            fits = (n for n in self.waiting if self.weights[n] <= free)
            item = next(fits, None)
            if item is None or (self.busy and self.busy[0].alone):
                return
            self.waiting.remove(item)
            self._hand_out(item)

    def collect(self) -> None:
        """Wait for answers, at least for one."""
        links = {each.link: each for each in self.busy}
        for link in wait(list(links)):
            worker = links[link]  # type: ignore[index]
            self.busy.remove(worker)
            try:
                answer, error = worker.link.recv()
            except (EOFError, OSError):
                self._lose(worker)
                continue
            if worker.carried < _ENOUGH:
                self.idle.append(worker)
            else:
                _end(worker)
            if error is not None:
                raise error
            self.answers[worker.item] = answer
            self.got(answer)

    def dismiss(self) -> None:
        """End all processes, whatever they do."""
        for worker in (*self.busy, *self.idle):
            _end(worker)

    def _hand_out(self, item: int, *, alone: bool = False) -> None:
        worker = self._start() if alone or not self.idle else self.idle.pop()
        worker.item, worker.alone = item, alone
        worker.carried += self.weights[item]
        self.busy.append(worker)
        # One that is dead already is found out when its answer is waited for.
        with suppress(OSError):
            worker.link.send(self.items[item])

    def _start(self) -> _Worker:
        context = _context()
        ours, theirs = context.Pipe()
        # Forked, it has our ends of all links, and would keep them open.
        inherited = [each.link for each in (*self.busy, *self.idle)]
        forked = context.get_start_method() == "fork"
        arguments = (self.work, theirs, [*inherited, ours] if forked else [])
        process = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=arguments, daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _lose(self, worker: _Worker) -> None:
        _end(worker)
        if worker.alone:
            self.answers[worker.item] = CRASHED
        else:
            self.suspects.append(worker.item)


def _serve(
    work: Callable[[Any], Any], link: Connection, inherited: list[Connection]
) -> None:
    """Answer what comes over a link until it ends, with the process that made it."""
    nesting.allow()
    # Ctrl-C reaches every process of the terminal; ours ends them all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Which is done by this signal; a traceback would say nothing new.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for each in inherited:
        each.close()
    with suppress(EOFError, OSError):
        while True:
            item = link.recv()
            try:
                answer: tuple[Any, Exception | None] = work(item), None
            except Exception as error:
                answer = None, error
            link.send(answer)


def _end(worker: _Worker) -> None:
    worker.link.close()
    worker.process.terminate()
    worker.process.join()


def _context() -> BaseContext:
    # Forking is the fastest by far, but safe on Linux only, and with one thread.
    safe = sys.platform == "linux" and threading.active_count() == 1
    return get_context("fork" if safe else "spawn")
