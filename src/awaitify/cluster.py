"""Rewrites files on a Dask cluster; what it cannot do is done here.

What is sent are the bytes of files and their edits, what comes back are bytes: nothing
of the tree has to be on a worker, only the same awaitify.
"""

from __future__ import annotations

import platform
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from awaitify import installed_version
from awaitify.config import UsageError

if TYPE_CHECKING:
    from awaitify_codemods.pipeline import Job, Transformed

LOCAL = "local"
_ADDRESS = re.compile(r"dask://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})")
_ANSWER = 10
"""Seconds in which a scheduler has to answer."""
_TRIES = 3
"""How often a file is tried on other workers, where one that has it dies."""
_PATIENCE = 30
"""Seconds without any worker after which the rest is done here."""
_LOCK = threading.Lock()


@dataclass(eq=False)
class Cluster:
    """A cluster that answers, and whose workers have the same awaitify."""

    client: Any
    given_up: bool = False
    """Whether no worker was left at some time."""

    def rewritten(
        self, jobs: Sequence[Job], done: Callable[[int], None]
    ) -> list[Transformed | None]:
        """Return the new bytes of each file, or why not; None where nobody knows.

        Args:
            jobs: the files.
            done: called with the number of those that are done.

        """
        answers: list[Transformed | None] = [None] * len(jobs)
        if self.given_up:
            return answers
        executor = self.client.get_executor(retries=_TRIES, pure=False)
        numbers = {executor.submit(transform, job): n for n, job in enumerate(jobs)}
        waiting, idle = set(numbers), 0
        while waiting and not self.given_up:
            ended, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
            for each in ended:
                answers[numbers[each]] = _answer(each)
            done(len(jobs) - len(waiting))
            idle = 0 if ended or self._has_workers() else idle + 1
            self.given_up = idle >= _PATIENCE
        for each in waiting:
            each.cancel()
        return answers

    def _has_workers(self) -> bool:
        try:
            return bool(self.client.nthreads())
        except Exception:
            # Whatever it is that a lost connection raises, nobody is there.
            return False


def _answer(future: Future[Transformed]) -> Transformed | None:
    """Return what a worker answered, unless that may be the worker's fault."""
    from awaitify_codemods.transform import NO_MEMORY

    if future.cancelled() or future.exception() is not None:
        return None
    answer = future.result()
    return None if answer == NO_MEMORY else answer


def transform(job: Job) -> Transformed:
    """Rewrite a file on a worker, one at a time: its threads share all they have."""
    from awaitify import nesting
    from awaitify_codemods.pipeline import transform_one

    with _LOCK:
        nesting.allow()
        return transform_one(job)


def versions() -> dict[str, str]:
    """Return the versions of what makes a result, where this is called."""
    return {
        "awaitify": installed_version(),
        "libcst": metadata.version("libcst"),
        "Python": ".".join(platform.python_version_tuple()[:2]),
    }


def address(executor: str) -> str | None:
    """Return the address that ``--executor`` means; None for this machine.

    Raises:
        UsageError: it means none.

    """
    if executor == LOCAL:
        return None
    found = _ADDRESS.fullmatch(executor)
    if found is None or not 0 < int(found[2]) < 65536:
        raise UsageError(f"--executor {executor}: 'local' or dask://HOST:PORT")
    return f"tcp://{found[1]}:{found[2]}"


def named(executor: str) -> Cluster | None:
    """Return the cluster that ``--executor`` names; None for this machine.

    Raises:
        UsageError: it cannot be used.

    """
    where = address(executor)
    return None if where is None else _opened(where)


@cache
def _opened(where: str) -> Cluster:
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise UsageError(
            "--executor dask://...: install awaitify[dask] for that"
        ) from error
    import logging

    # What is lost is told by us, and done here.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(where, timeout=_ANSWER, set_as_default=False)
    except Exception as error:
        # OSError, TimeoutError, or what another protocol at that port makes of it.
        raise UsageError(f"--executor: no Dask scheduler answers at {where}") from error
    try:
        found = client.run(versions, on_error="return")
    except Exception as error:
        client.close()
        raise UsageError(f"--executor: {where} does not answer: {error}") from error
    if complaint := _complaint(where, found, versions()):
        client.close()
        raise UsageError(f"--executor: {complaint}")
    return Cluster(client)


def _complaint(where: str, found: Mapping[str, Any], here: Mapping[str, str]) -> str:
    """Return why workers cannot be used; "" if they can."""
    if not found:
        return f"{where} has no workers"
    for worker, has in sorted(found.items()):
        if not isinstance(has, dict):
            return f"the worker {worker} has no awaitify: {has}"
        for name, version in here.items():
            if has.get(name) != version:
                theirs = has.get(name, "none")
                return f"the worker {worker} has {name} {theirs}, this is {version}"
    return ""
