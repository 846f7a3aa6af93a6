"""Which families change in a plan, and why the others stay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class
from awaitify_codemods.foreign_cases.changes import Changes
from awaitify_codemods.foreign_cases.doubts import Doubts
from awaitify_codemods.foreign_cases.families import Families
from awaitify_codemods.foreign_cases.strays import stray


@dataclass(frozen=True, eq=False)
class Verdict:
    """A family, and what is decided about it."""

    changes: Changes
    refusal: Refusal | None = None
    """Why it stays; None if it changes."""


@dataclass(eq=False)
class Conversions:
    """Judges the families of a project, each once for all plans."""

    families: Families
    doubts: Doubts

    @cached_property
    def all(self) -> tuple[Verdict, ...]:
        """The families, and what their code says against a change."""
        read = map(self.doubts.reader.read, self.families.all)
        found = tuple(Verdict(each, self.doubts.about(each)) for each in read)
        refusal = stray(self.doubts.context) if found else None
        return staying(found, refusal) if refusal else found


def changing(verdicts: tuple[Verdict, ...]) -> frozenset[Class]:
    """Return the test cases that become unittest's own."""
    return frozenset(
        case
        for verdict in verdicts
        if verdict.refusal is None
        for case in verdict.changes.family.cases
    )


def looped(verdicts: tuple[Verdict, ...]) -> frozenset[Class]:
    """Return the test cases that have a loop of their own for each test."""
    return frozenset(
        case
        for verdict in verdicts
        if verdict.refusal is None or not verdict.changes.shares_loop
        for case in verdict.changes.family.cases
    )


def together(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Return the verdicts, where what stays needs the loop that others take away."""
    for each in verdicts:
        sharing = "asynctest" in each.changes.family.libraries
        if each.refusal and sharing and each.changes.shares_loop:
            name = each.changes.family.roots[0][0].node.name
            message = f"{name} stays, and needs the current loop"
            return staying(verdicts, Refusal("multi-loop", message))
    return verdicts


def staying(verdicts: tuple[Verdict, ...], refusal: Refusal) -> tuple[Verdict, ...]:
    """Return the verdicts where no family may change."""
    return tuple(
        each if each.refusal else replace(each, refusal=refusal) for each in verdicts
    )
