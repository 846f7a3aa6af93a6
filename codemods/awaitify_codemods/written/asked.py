"""Fixtures that a fix writes: where they come from, and the tests that ask for them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision
from awaitify_codemods.tasks.asking import asks
from awaitify_codemods.work import Work
from awaitify_codemods.written.helpers import Helper
from awaitify_codemods.written.homes import home, writing


@dataclass(frozen=True)
class Asked:
    """What it takes that tests can use a fixture: all of it, or nothing."""

    edits: Sequence[Decision]
    group: ast.AST

    def joined(self, edits: Iterable[Decision]) -> Iterator[Decision]:
        """Yield these edits, and those that use the fixture, as one group."""
        for each in (*self.edits, *edits):
            yield replace(each, group=self.group)


def asked(
    helper: Helper, tests: Sequence[Function], rule: str, work: Work
) -> Asked | Refusal:
    """Return what gives tests a fixture, or why they cannot have it.

    Args:
        helper: the fixture.
        tests: those that need it.
        rule: the code of the rule that writes it.
        work: the colouring.

    """
    where = _where(helper, tests, rule, work)
    if isinstance(where, Refusal):
        return where
    edits = [writing(helper, where, work)] if where else []
    for test in tests:
        if not asks(test, helper.name):
            names = {"names": [helper.name]}
            edits.append(Decision(test.module, test.node, "add-parameters", names))
    return Asked(edits, (where or tests[0].module).tree)


def _where(
    helper: Helper, tests: Sequence[Function], rule: str, work: Work
) -> Module | Refusal | None:
    """Return the file that gets a fixture; None if the tests have it already."""
    known = {work.fixtures.visible(helper.name, test) for test in tests}
    if known == {None}:
        if other := next(_others(helper.name, work), None):
            message = f"{other.module.path} asks for another {helper.name}"
            return Refusal("name-taken", message)
        users = list(dict.fromkeys(test.module for test in tests))
        return home(helper, users, rule, work)
    for each in known:
        if each is None or not helper.is_same(each.node, each.module, work):
            message = f"{helper.name} is something else already"
            return Refusal("name-taken", message)
    return None


def _others(name: str, work: Work) -> Iterator[Function]:
    """Yield the tests and fixtures that ask for something of the same name."""
    for path in work.index.words.files_with(name):
        module = work.index.module(path) if path in work.tests else None
        for node in module.functions if module else ():
            assert module is not None
            function = Function(module, node)
            if work.is_served(function) and asks(function, name):
                yield function
