"""What the execution of single tests found, joined, and kept for the next plan."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.mocks.facts import Findings, Hop, Node, Site

_JOINED = (Findings, Site, Node, Hop)


@dataclass(frozen=True, eq=False)
class Executed:
    """One test, executed: what it found, and the files by which it did."""

    findings: Findings
    modules: frozenset[Module]

    def holds(self, index: Index) -> bool:
        """Whether all that was read is as it was."""
        return all(
            index.modules.get(each.path) is each
            for each in self.modules
            if not each.path.startswith("<")
        )


def join(whole: Any, part: Any) -> Any:
    """Return what is known once a part is known, too; the part stays as it is."""
    if isinstance(whole, _JOINED):
        for each in fields(whole):
            name = each.name
            setattr(whole, name, join(getattr(whole, name), getattr(part, name)))
        return whole
    if isinstance(whole, dict):
        for key, value in part.items():
            known = key in whole
            whole[key] = join(whole[key], value) if known else _copied(value)
        return whole
    if isinstance(whole, set):
        return whole | part
    if isinstance(whole, list):
        return whole + [each for each in part if each not in whole]
    if isinstance(whole, bool):
        return whole or part
    return whole


def _copied(value: Any) -> Any:
    if isinstance(value, _JOINED):
        copies = {e.name: _copied(getattr(value, e.name)) for e in fields(value)}
        return type(value)(**copies)
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, (set, list)):
        return type(value)(value)
    return value
