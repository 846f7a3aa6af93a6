"""Rules of other people: which of their decisions join the plan, and as what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from awaitify_codemods.closed import Closed
from awaitify_codemods.migration import RuleFailure
from awaitify_codemods.plan import LEFT, REPORT, REVIEW
from awaitify_codemods.rule import Decision, Operation, Rule, Safety
from awaitify_codemods.sources import Settings
from awaitify_codemods.work import Work

Operations = Mapping[str, Operation]
"""The name of an operation, as plans have it -> what carries it out."""


Decided = list[tuple[str, Decision]]
"""Decisions, each with the code of its rule."""


def decided(
    settings: Settings, work: Work, closed: Closed
) -> Iterator[Decided | RuleFailure]:
    """Yield what each of other people's rules decides.

    A decision about a file that may not change, or in which its rule was not
    chosen, is dropped; one about code that is to stay is told. One that is not safe
    is only reported, unless the user wants such changes, too.
    """
    for rule in settings.others:
        try:
            found = list(rule().decide(work))
        except Exception as error:
            # Not our code: one bad rule must not cost the others.
            message = f"{type(error).__name__}: {error}"
            yield RuleFailure(rule.META.code, message)
        else:
            yield list(_admitted(rule, found, settings, work.may_change, closed))


def _admitted(
    rule: type[Rule],
    found: Sequence[Decision],
    settings: Settings,
    may_change: Callable[[str], bool],
    closed: Closed,
) -> Iterator[tuple[str, Decision]]:
    code = rule.META.code
    for decision in found:
        choice = settings.of(decision.module.path)
        chosen = choice.rules is None or code in choice.rules
        if chosen and may_change(decision.module.path):
            goes = decision.op == "remove" or decision.node in decision.removes
            kept = closed.whole(decision.module, decision.node, code, goes)
            if kept is None:
                yield code, _as_allowed(rule, decision, choice.unsafe)
            elif decision.message:
                told = replace(_told(decision, LEFT), reason=kept.reason)
                yield code, replace(told, message=kept.message)


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
