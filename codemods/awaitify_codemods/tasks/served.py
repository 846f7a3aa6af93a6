"""The fixture that ends tasks: which tests ask for it, and what they give it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.rule import Decision
from awaitify_codemods.tasks.asking import can_ask
from awaitify_codemods.tasks.named import Named
from awaitify_codemods.work import Work
from awaitify_codemods.written.asked import asked
from awaitify_codemods.written.helpers import BACKGROUND_TASKS

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
    tests = list(dict.fromkeys(each.made.function for each in served))
    found = asked(BACKGROUND_TASKS, tests, rule, work)
    if isinstance(found, Refusal):
        return (), ()
    given = [edit for each in served for edit in _registered(each, message)]
    return frozenset(served), list(found.joined(given))


def no_fixture(task: Named, rule: str, work: Work) -> Refusal:
    """Return why a task is not given to the fixture."""
    test = task.made.function
    if can_ask(test, _NAME, work):
        found = asked(BACKGROUND_TASKS, [test], rule, work)
        if isinstance(found, Refusal):
            return found
    message = f"no try fits there, and the test cannot ask for {_NAME}"
    return Refusal("helper-escapes", message)


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
