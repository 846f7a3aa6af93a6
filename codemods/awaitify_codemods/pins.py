"""Definitions that directives leave as they are: where they stand, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from awaitify_codemods.directives import Directives
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.nodes import definition_lines


@dataclass(frozen=True)
class Pin:
    """The lines of a function or class that no rule may edit."""

    first: int
    last: int
    why: str

    def covers(self, line: int) -> bool:
        """Whether a line is among them."""
        return self.first <= line <= self.last


def pins(
    directives: Directives, index: Index, selected: Collection[str]
) -> dict[str, list[Pin]]:
    """Return what is pinned in each file; names that nothing has are passed over.

    A name that several definitions have, one for each system, say, stands for all.
    """
    found: dict[str, list[Pin]] = {}
    for path, names in directives.by_file().items():
        module = index.module(path) if path in selected else None
        for node in (*module.functions, *module.classes) if module else ():
            if module and (why := names.get(module.qualified(node))) is not None:
                found.setdefault(path, []).append(Pin(*definition_lines(node), why))
    return found
