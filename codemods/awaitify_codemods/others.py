"""Rules that stand apart from the colouring: which of their decisions join the plan.

They are our own that say so, and all of other people.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from awaitify_codemods.closed import Closed
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.words import Words
from awaitify_codemods.migration import RuleFailure
from awaitify_codemods.plan import LEFT, MIGRATE, REPORT, REVIEW
from awaitify_codemods.rule import Decision, Operation, Rule, Safety
from awaitify_codemods.sources import Settings
from awaitify_codemods.suite import SUITE
from awaitify_codemods.work import Free, Work

Operations = Mapping[str, Operation]
"""The name of an operation, as plans have it -> what carries it out."""


APART = tuple(rule for rule in SUITE if rule.META.stands_apart)
"""Our own rules that do not ask what becomes async."""

Decided = list[tuple[str, Decision]]
"""Decisions, each with the code of its rule."""


def decided(
    settings: Settings, work: Work, closed: Closed, decisions: Decided
) -> Iterator[Decided | RuleFailure]:
    """Yield what each of the rules that stand apart decides.

    A decision about a file that may not change, or in which its rule was not
    chosen, is dropped, and so is one about what the colouring takes away; one about
    code that is to stay is told. One that is not safe is only reported, unless the
    user wants such changes, too.

    Args:
        settings: what the user chose.
        work: the colouring.
        closed: what must not change.
        decisions: what follows from the colouring.

    """
    taken = _Taken(decisions)
    for rule in APART:
        if _is_wanted(rule, settings):
            found = list(rule().decide(work))
            split = {each.group for each in found if taken.has(each)} - {None}
            fitting = [
                each
                for each in found
                if each.group not in split and not taken.has(each)
            ]
            admitted = list(_admitted(rule, fitting, settings, work.may_change, closed))
            taken.add(admitted)
            yield admitted
    for rule in settings.others:
        try:
            found = list(rule().decide(work))
        except Exception as error:
            # Not our code: one bad rule must not cost the others.
            message = f"{type(error).__name__}: {error}"
            yield RuleFailure(rule.META.code, message)
        else:
            yield list(_admitted(rule, found, settings, work.may_change, closed))


def are_met(settings: Settings, words: Words, selected: Collection[str]) -> bool:
    """Whether a file has what one of the rules looks for."""
    return any(
        path in selected
        for rule in (*APART, *settings.others)
        if rule in settings.others or _is_wanted(rule, settings)
        for path in words.files_like(*rule.META.search)
    )


def _is_wanted(rule: type[Rule], settings: Settings) -> bool:
    return settings.has(rule.META.code) and rule.META.wanted(settings)


class _Taken:
    """What is edited, or goes, by earlier decisions."""

    def __init__(self, decisions: Decided) -> None:
        self._edited: set[tuple[ast.AST, str, object]] = set()
        self._nodes: set[ast.AST] = set()
        self._gone: set[ast.AST] = set()
        self.add(decisions)

    def add(self, decisions: Decided) -> None:
        for _, each in decisions:
            self._edited.add(_place(each))
            if each.op:
                self._nodes.add(each.node)
                self._gone |= set(each.removes)

    def has(self, decision: Decision) -> bool:
        node, module = decision.node, decision.module
        if decision.op and _place(decision) in self._edited:
            return True
        if any(self._is_edited(each) for each in decision.removes):
            return True
        return node in self._gone or any(
            each in self._gone for each in module.enclosing(node)
        )

    def _is_edited(self, node: ast.AST) -> bool:
        """Whether something within a node has an edit."""
        return any(each in self._nodes for each in ast.walk(node))


def _place(decision: Decision) -> tuple[ast.AST, str, object]:
    op = decision.op
    kind = "decorator" if op in ("drop-decorator", "fixture-decorator") else op
    if op == "add-decorator" and not decision.arguments.get("first"):
        # One of each kind: an asyncio marker, say, with whatever arguments.
        code = str(decision.arguments["code"])
        return decision.node, kind, code.partition("(")[0]
    if op == "rename-name":
        return decision.node, kind, decision.arguments["name"]
    if op == "set-keyword":
        return decision.node, kind, decision.arguments["name"]
    if op in ("add-decorator", "insert-after-imports"):
        return decision.node, kind, decision.arguments["code"]
    if op == "add-parameters":
        return decision.node, kind, tuple(decision.arguments["names"])
    return decision.node, kind, decision.arguments.get("index")


def is_free(
    settings: Settings, may_change: Callable[[str], bool], closed: Closed
) -> Free:
    """Return what says whether a rule may edit a node."""

    def free(code: str, module: Module, node: ast.AST) -> bool:
        chosen = _is_chosen(code, module, settings, may_change)
        return chosen and closed.at(module, node, code) is None

    return free


def _admitted(
    rule: type[Rule],
    found: Sequence[Decision],
    settings: Settings,
    may_change: Callable[[str], bool],
    closed: Closed,
) -> Iterator[tuple[str, Decision]]:
    code = rule.META.code
    chosen = [
        each for each in found if _is_chosen(code, each.module, settings, may_change)
    ]
    kept = {each: _kept(each, code, closed) for each in chosen}
    split = {
        each.group: kept.get(each)
        for each in found
        if each.group and (each not in kept or kept[each])
    }
    for decision in chosen:
        refusal = kept[decision]
        if refusal is None and decision.group:
            refusal = split.get(decision.group)
        if refusal and decision.message:
            told = replace(_told(decision, LEFT), reason=refusal.reason)
            yield code, replace(told, message=refusal.message)
        elif not refusal and decision.group not in split:
            unsafe = settings.of(decision.module.path).unsafe
            yield code, _as_allowed(rule, decision, unsafe)


def _is_chosen(
    code: str, module: Module, settings: Settings, may_change: Callable[[str], bool]
) -> bool:
    choice = settings.of(module.path)
    return (choice.rules is None or code in choice.rules) and may_change(module.path)


def _kept(decision: Decision, code: str, closed: Closed) -> Refusal | None:
    goes = decision.op == "remove" or decision.node in decision.removes
    return closed.whole(decision.module, decision.node, code, goes)


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
    if not decision.op and decision.status in (LEFT, REPORT):
        return decision  # nothing that a user could ask for
    if decision.status == REVIEW or rule.META.safety is Safety.REVIEW:
        if not unsafe:
            return _told(decision, REVIEW)
        decision = replace(
            decision, status=MIGRATE if decision.status == REVIEW else decision.status
        )
    if decision.op in rule.OPERATIONS:
        return replace(decision, op=_qualified(rule, decision.op))
    return decision


def _told(decision: Decision, status: str) -> Decision:
    nothing: dict[str, Any] = {"removes": (), "uses": (), "imports": ()}
    return replace(decision, op="", status=status, **nothing)


def _qualified(rule: type[Rule], operation: str) -> str:
    return f"{rule.META.code}.{operation}"
