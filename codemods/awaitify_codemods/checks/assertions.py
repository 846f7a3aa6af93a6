"""Assertions: those of each function that stays are what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from awaitify_codemods.checks.edited import edits_of, inserted
from awaitify_codemods.checks.expectation import Expectation
from awaitify_codemods.facts.module import Module
from awaitify_codemods.plan import FilePlan


def check_assertions(
    before: Module, after: Module, plan: FilePlan
) -> Iterator[tuple[str, str]]:
    """Compare the assertions of each function, with the edits applied."""
    edits = edits_of(before, plan)
    expected = Expectation(edits).assertions(before)
    for _, module in inserted(edits):
        # The fixtures of our own may assert something, too.
        expected |= Expectation({}).assertions(module)
    found = Expectation({}).assertions(after)
    for name in expected.keys() | found.keys():
        was, now = expected.get(name, Counter()), found.get(name, Counter())
        if was != now:
            lost = list((was - now).elements())[:1]
            new = list((now - was).elements())[:1]
            yield "assertions", f"{name}: {lost} became {new}"
