"""Rewrites files: finds those that were rewritten before, spreads the others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from awaitify import fingerprint
from awaitify.cache import Cache
from awaitify.progress import Tell, nothing

if TYPE_CHECKING:
    from awaitify.cluster import Cluster
    from awaitify_codemods.pipeline import Job, Transformed

# Below this much source a pool costs more than it saves: starting it takes about
# as long as rewriting this many bytes in one process.
_WORTH_A_POOL = 200_000
_CRASHED = "the process that rewrote it crashed"


@dataclass(eq=False)
class Rewriter:
    """What `awaitify_codemods.migrate` calls to have files rewritten.

    Args:
        processes: how many to use at most; None for as many as there are processors,
            0 for none but this one.
        cache: where results are kept.
        tool: the digest of the code that makes them.
        tell: called with what is being done.
        cluster: what rewrites in the place of processes, if anything does.

    """

    processes: int | None = None
    cache: Cache | None = None
    tool: str = ""
    tell: Tell = nothing
    cluster: Cluster | None = None
    unlucky: bool = field(default=False, init=False)
    """Whether a process died or had no memory: another time may be better."""

    def __call__(self, jobs: Sequence[Job]) -> Iterable[Transformed]:
        """Return the new bytes of each file, or what went wrong."""
        if self.cache is None:
            return self._rewrite(jobs)
        keys = [fingerprint.of("file", self.tool, job) for job in jobs]
        known = [self.cache.get(key) for key in keys]
        missing = [n for n, found in enumerate(known) if found is None]
        answers: list[Transformed | None] = [*known]
        for n, answer in zip(
            missing, self._rewrite([jobs[n] for n in missing]), strict=True
        ):
            answers[n] = answer
            if isinstance(answer, bytes):
                self.cache.put(keys[n], answer)
        return [answer for answer in answers if answer is not None]

    def _rewrite(self, jobs: Sequence[Job]) -> Sequence[Transformed]:
        if self.cluster is None or not jobs:
            return self._rewrite_here(jobs)
        answers = self.cluster.rewritten(
            jobs, lambda count: self._count(count, len(jobs))
        )
        left = [n for n, answer in enumerate(answers) if answer is None]
        here = self._rewrite_here([jobs[n] for n in left])
        for n, answer in zip(left, here, strict=True):
            answers[n] = answer
        return [answer for answer in answers if answer is not None]

    def _rewrite_here(self, jobs: Sequence[Job]) -> Sequence[Transformed]:
        from awaitify import memory, pool
        from awaitify_codemods.pipeline import transform_one
        from awaitify_codemods.transform import NO_MEMORY

        weights = [len(job.source) for job in jobs]
        if jobs:
            self._count(0, len(jobs))
        if sum(weights) < _WORTH_A_POOL or self.processes == 0:
            answers: list[Transformed] = []
            for job in jobs:
                answers.append(transform_one(job))
                self._count(len(answers), len(jobs))
        else:
            # One file, too: where LibCST gets no memory, it ends its process.
            workers = min(self.processes or os.cpu_count() or 1, len(jobs))
            spread = pool.spread(
                transform_one,
                jobs,
                weights,
                workers,
                memory.budget(memory.free()),
                lambda count: self._count(count, len(jobs)),
            )
            answers = [_CRASHED if isinstance(a, pool.Crashed) else a for a in spread]
        self.unlucky |= not {_CRASHED, NO_MEMORY}.isdisjoint(answers)
        return answers

    def _count(self, count: int, total: int) -> None:
        rewriting = f"Rewriting: {count} of {total} files"
        self.tell(rewriting if count < total else "Checking the results")
