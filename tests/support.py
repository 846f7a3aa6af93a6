"""Shared by the tests of rules: source in, source and findings out."""

from __future__ import annotations

from textwrap import dedent

from awaitify_codemods import SUITE, Outcome, Rule, apply
from awaitify_codemods.plan import LEFT, MIGRATE


def source(text: str) -> str:
    """Return an indented literal as a file's text."""
    return dedent(text).lstrip("\n")


def check(before: str, after: str) -> Outcome:
    """Assert that all rules together turn `before` into `after`, and are then done."""
    outcome = apply(SUITE, source(before).encode())
    assert outcome.source.decode() == source(after)
    again = apply(SUITE, outcome.source)
    assert again.source == outcome.source
    assert not codes(again, MIGRATE)
    return outcome


def check_unchanged(code: str) -> list[str]:
    """Assert that `code` is left alone; return the reasons, in source order."""
    outcome = check(code, code)
    return [found.reason for found in outcome.findings if found.status == LEFT]


def check_example(rule: type[Rule], before: str, after: str) -> None:
    """Assert the same as `check`, and that it is `rule` that sees to it."""
    migrated = codes(check(before, after), MIGRATE)
    if before == after:
        assert not migrated
    else:
        assert rule.META.code in migrated


def codes(outcome: Outcome, status: str) -> set[str]:
    """Return the codes of the rules whose findings have this status."""
    return {found.rule for found in outcome.findings if found.status == status}
