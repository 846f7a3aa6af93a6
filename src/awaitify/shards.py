"""Divides the work on a tree among several runs, on one machine or on many."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from awaitify.config import UsageError


@dataclass(frozen=True)
class Shard:
    """One of several parts that are disjoint, and together are everything."""

    number: int
    """From 1."""
    of: int

    def takes(self, path: str) -> bool:
        """Whether what begins with a path is of this part, on whatever machine."""
        name = path.encode("utf-8", "surrogateescape")
        return int(hashlib.sha256(name).hexdigest(), 16) % self.of == self.number - 1

    def __str__(self) -> str:
        """Return what `parse` reads."""
        return f"{self.number}/{self.of}"


def parse(text: str) -> Shard:
    """Return what ``--shard`` says.

    Raises:
        UsageError: it is no part of anything.

    """
    found = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of:
        raise UsageError(f"--shard {text}: a part and how many there are, such as 1/4")
    return Shard(number, of)


def first(paths: Iterable[str]) -> str:
    """Return the path by which files that belong together are dealt out."""
    return min(paths)
