"""Rewrites files: finds those that were rewritten before, spreads the others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from awaitify import fingerprint
from awaitify.cache import Cache

if TYPE_CHECKING:
    from awaitify_codemods.pipeline import Job, Transformed

# Below this much source a pool costs more than it saves: starting it takes about
# as long as rewriting this many bytes in one process.
_WORTH_A_POOL = 200_000
_CRASHED = "the process that rewrote it crashed"


@dataclass(eq=False)
class Rewriter:
    """What `awaitify_codemods.migrate` calls to have files rewritten.

    Args:
        processes: how many to use at most; None for as many as there are processors.
        cache: where results are kept.
        tool: the digest of the code that makes them.

    """

    processes: int | None = None
    cache: Cache | None = None
    tool: str = ""
    crashed: bool = field(default=False, init=False)
    """Whether a process died: another time it may have more luck."""

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

    def _rewrite(self, jobs: Sequence[Job]) -> Iterable[Transformed]:
        from awaitify_codemods.pipeline import transform_each, transform_one

        weights = [len(job.source) for job in jobs]
        workers = min(self.processes or os.cpu_count() or 1, len(jobs))
        if workers < 2 or sum(weights) < _WORTH_A_POOL:
            return transform_each(jobs)
        from awaitify import pool

        heaviest = sorted(range(len(jobs)), key=lambda n: -weights[n])
        answers = pool.spread(transform_one, jobs, workers, heaviest)
        self.crashed |= any(isinstance(answer, pool.Crashed) for answer in answers)
        return [
            _CRASHED if isinstance(answer, pool.Crashed) else answer
            for answer in answers
        ]
