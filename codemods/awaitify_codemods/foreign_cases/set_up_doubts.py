"""Why a family's set-ups stay: unittest would call them in another order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.cases import SET_UPS
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.foreign_cases.changes import Changes, Reader, SetUp


def doubts(changes: Changes, reader: Reader) -> Iterator[Refusal]:
    """Yield why set-ups cannot become unittest's, one by one."""
    for case in changes.family.cases:
        for name in SET_UPS:
            yield from _order(reader.chain(case, name))
    taken = {each.new_name for each in changes.set_ups}
    for owner in changes.family.classes if taken else ():
        for name in taken & owner.module.scopes[owner.node].names.keys():
            message = f"{owner.node.name} has a {name} of its own"
            yield Refusal("name-taken", message)
    for set_up in changes.set_ups:
        yield from _mentions(set_up)


def _order(chain: list[Function]) -> Iterator[Refusal]:
    """Yield what would run at another time, or for the first time.

    unittest calls `setUp`, `asyncSetUp`, the test, `asyncTearDown`, `tearDown`: a
    sync one below an async one is not the same any more, one above it is if it had
    the first turn, or the last.
    """
    if not any(each.is_async for each in chain):
        return
    name = chain[0].node.name
    for each in chain:
        if each.is_async and foreign_name(each.module):
            yield Refusal("foreign-base", f"an installed base has an async {name}")
    kinds = [each.is_async for each in chain]
    if all(kinds):
        return
    if kinds != sorted(kinds, reverse=True):
        yield Refusal("super-order", f"a sync {name} stands in place of an async one")
    for each in chain:
        if each.is_async and not _gives_turn(each):
            message = f"the base's {name} would run at another time"
            yield Refusal("super-order", message)


def _gives_turn(function: Function) -> bool:
    """Whether a set-up calls the base's own first, or a tear-down last, and once."""
    name = function.node.name
    body = [each for each in function.node.body if not _is_text(each)]
    calls = [each for each in body if _is_super_call(each, name)]
    place = 0 if name == "setUp" else -1
    named = sum(
        isinstance(each, ast.Attribute) and each.attr == name
        for each in ast.walk(function.node)
    )
    return len(calls) == named == 1 and body[place] is calls[0]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_super_call(statement: ast.stmt, name: str) -> bool:
    match statement:
        case (
            ast.Expr(value=ast.Await(value=ast.Call(func=func)))
            | ast.Expr(value=ast.Call(func=func))
        ):
            return (
                isinstance(func, ast.Attribute)
                and func.attr == name
                and isinstance(func.value, ast.Call)
                and getattr(func.value.func, "id", "") == "super"
            )
    return False


def _mentions(set_up: SetUp) -> Iterator[Refusal]:
    name, module = set_up.function.node.name, set_up.function.module
    kinds = {each and each.is_async for each in set_up.above}
    for call in set_up.supers:
        awaited = isinstance(module.parents[call], ast.Await)
        statement = isinstance(module.parents[call], ast.Expr)
        if False in kinds and len(kinds) > 1:
            yield Refusal("super-order", f"what super().{name}() calls differs")
        elif None in kinds and not awaited and (len(kinds) > 1 or not statement):
            yield Refusal("super-order", f"what super().{name}() gives is not awaited")
    for reference in set_up.others:
        if reference.call is None:
            where = f"{reference.module.path}:{reference.node.lineno}"
            yield Refusal("helper-escapes", f"{name} is handed on ({where})")
        elif not isinstance(reference.node, ast.Attribute):
            yield Refusal("helper-escapes", f"{name} is called by another name")
