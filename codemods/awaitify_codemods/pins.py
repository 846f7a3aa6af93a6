"""Definitions that directives leave as they are: where they stand, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from awaitify_codemods.facts.full_names import definitions
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
    reasons: Mapping[str, str], index: Index, selected: Collection[str]
) -> dict[str, list[Pin]]:
    """Return what is pinned in each selected file.

    Args:
        reasons: full name of a function or class -> why it stays.
        index: the project's files.
        selected: those that may be edited.

    """
    found: dict[str, list[Pin]] = {}
    for module, node, name in definitions(reasons, index):
        if module.path in selected:
            pin = Pin(*definition_lines(node), reasons[name])
            found.setdefault(module.path, []).append(pin)
    return found
