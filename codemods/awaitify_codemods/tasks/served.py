"""The fixture that ends tasks: which tests ask for it, and what they give it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision
from awaitify_codemods.tasks.asking import asks, can_ask
from awaitify_codemods.tasks.named import Named
from awaitify_codemods.work import Work
from awaitify_codemods.written.helpers import BACKGROUND_TASKS
from awaitify_codemods.written.homes import home, writing

_NAME = BACKGROUND_TASKS.name
# What black allows on a line.
_WIDTH = 88


def served_by_fixture(
    tasks: Sequence[Named], rule: str, message: str, work: Work
) -> tuple[Collection[Named], Sequence[Decision]]:
    """Return the tasks that are given to the fixture, and all edits for that.

    The only task of a suite needs none, if it fits under a ``try``.
    """
    served = [each for each in tasks if can_ask(each.made.function, _NAME, work)]
    if not served or (len(tasks) == 1 and tasks[0].fits_try):
        return (), ()
    where = _where(served, rule, work)
    if isinstance(where, Refusal):
        return (), ()
    group = served[0].made.function.module.tree
    edits: list[Decision] = []
    if isinstance(where, Module):
        group = where.tree
        edits.append(writing(BACKGROUND_TASKS, where, work))
    for test in dict.fromkeys(each.made.function for each in served):
        if not asks(test, _NAME):
            arguments = {"names": [_NAME]}
            edits.append(Decision(test.module, test.node, "add-parameters", arguments))
    edits += [edit for each in served for edit in _registered(each, message)]
    return frozenset(served), [replace(each, group=group) for each in edits]


def no_fixture(task: Named, rule: str, work: Work) -> Refusal:
    """Return why a task is not given to the fixture."""
    if can_ask(task.made.function, _NAME, work):
        where = _where([task], rule, work)
        if isinstance(where, Refusal):
            return where
    message = f"no try fits there, and the test cannot ask for {_NAME}"
    return Refusal("helper-escapes", message)


def _where(served: Sequence[Named], rule: str, work: Work) -> Module | Refusal | None:
    """Return the file that gets the fixture; None if the tests have it already."""
    tests = list(dict.fromkeys(each.made.function for each in served))
    known = {work.fixtures.visible(_NAME, test) for test in tests}
    if known == {None}:
        if other := next(_others(work), None):
            message = f"{other.module.path} asks for another {_NAME}"
            return Refusal("name-taken", message)
        users = list(dict.fromkeys(test.module for test in tests))
        return home(BACKGROUND_TASKS, users, rule, work)
    for each in known:
        same = each and BACKGROUND_TASKS.is_same(each.node, each.module, work)
        if not same:
            return Refusal("name-taken", f"{_NAME} is something else already")
    return None


def _others(work: Work) -> Iterator[Function]:
    """Yield the tests and fixtures that ask for something of the same name."""
    for path in work.index.words.files_with(_NAME):
        module = work.index.module(path) if path in work.tests else None
        for node in module.functions if module else ():
            assert module is not None
            function = Function(module, node)
            if work.is_served(function) and asks(function, _NAME):
                yield function


def _registered(task: Named, message: str) -> Iterator[Decision]:
    """Yield what gives a task to the fixture."""
    made = task.made
    line, end = made.statement.lineno, made.statement.end_lineno
    width = (made.statement.end_col_offset or 0) + len(f"{_NAME}.append()")
    if isinstance(made.statement, ast.Expr) and line == end and width <= _WIDTH:
        arguments = {"callee": f"{_NAME}.append"}
        yield task.edit("pass-to", arguments, message=message)
        return
    yield from task.assigned()
    code = f"{_NAME}.append({task.name})\n"
    yield task.edit("insert-after", {"code": code}, message=message)
