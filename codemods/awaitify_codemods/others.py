"""Rules of other people: which of their decisions join the plan, and as what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from awaitify_codemods.migration import RuleFailure
from awaitify_codemods.plan import REPORT, REVIEW
from awaitify_codemods.rule import Decision, Operation, Rule, Safety
from awaitify_codemods.sources import Settings
from awaitify_codemods.work import Work

Operations = Mapping[str, Operation]
"""The name of an operation, as plans have it -> what carries it out."""


Decided = list[tuple[str, Decision]]
"""Decisions, each with the code of its rule."""


def decided(settings: Settings, work: Work) -> Iterator[Decided | RuleFailure]:
    """Yield what each of other people's rules decides.

    A decision about a file that may not change, or in which its rule was not
    chosen, is dropped. One that is not safe is only reported, unless the user
    wants such changes, too.
    """
    for rule in settings.others:
        try:
            found = list(rule().decide(work))
        except Exception as error:
            # Not our code: one bad rule must not cost the others.
            message = f"{type(error).__name__}: {error}"
            yield RuleFailure(rule.META.code, message)
        else:
            yield list(_admitted(rule, found, settings, work.may_change))


def _admitted(
    rule: type[Rule],
    found: Sequence[Decision],
    settings: Settings,
    may_change: Callable[[str], bool],
) -> Iterator[tuple[str, Decision]]:
    code = rule.META.code
    for decision in found:
        choice = settings.of(decision.module.path)
        chosen = choice.rules is None or code in choice.rules
        if chosen and may_change(decision.module.path):
            yield code, _as_allowed(rule, decision, choice.unsafe)


def operations(rules: Sequence[type[Rule]]) -> Operations:
    """Return the operations that rules bring along, by their names in a plan."""
    return {
        _qualified(rule, name): operation
        for rule in rules
        for name, operation in rule.OPERATIONS.items()
    }


def _as_allowed(rule: type[Rule], decision: Decision, unsafe: bool) -> Decision:
    if rule.META.safety is Safety.REPORT:
        return _told(decision, REPORT)
    if rule.META.safety is Safety.REVIEW and not unsafe:
        return _told(decision, REVIEW)
    if decision.op in rule.OPERATIONS:
        return replace(decision, op=_qualified(rule, decision.op))
    return decision


def _told(decision: Decision, status: str) -> Decision:
    nothing: dict[str, Any] = {"removes": (), "uses": (), "imports": ()}
    return replace(decision, op="", status=status, **nothing)


def _qualified(rule: type[Rule], operation: str) -> str:
    return f"{rule.META.code}.{operation}"
