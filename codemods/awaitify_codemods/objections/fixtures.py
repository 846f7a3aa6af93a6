"""Objections to fixtures: what pytest-asyncio could not run as they are written."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.fixture_decorators import (
    decorator_name,
    fixture_decorator,
    keyword,
    scope_of,
    written,
)
from awaitify_codemods.facts.generator_types import awaited_annotation
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.objections.context import Context

# What pytest-asyncio's own decorator takes.
_KEYWORDS = frozenset({"scope", "params", "autouse", "ids", "name", "loop_scope"})


def form(function: Function, context: Context) -> Refusal | None:
    """Object to how a fixture is declared, and to what its body yields."""
    decorator = fixture_decorator(function, context.index)
    assert decorator is not None
    name = function.node.name
    if context.loop_fixtures.gives(function):
        return Refusal("helper-escapes", f"{name!r} gives others what drives")
    if isinstance(decorator, ast.Call) and (
        decorator.args or not _KEYWORDS.issuperset(_given(decorator))
    ):
        message = f"the fixture {name!r} is declared in a way of its own"
        return Refusal("unknown-value", message)
    if scope_of(function, context.index) is None or written(decorator, "name") is None:
        message = f"scope or name of the fixture {name!r} are not written out"
        return Refusal("unknown-value", message)
    if _declares_otherwise(function, decorator, context):
        message = f"@{ast.unparse(decorator)} is not the only one of its kind"
        return Refusal("injecting-decorator", message)
    if found := _method(function, context):
        return found
    for reference in context.references.to(function):
        where = f"{reference.module.path}:{reference.node.lineno}"
        message = f"the fixture {name!r} is used as a function ({where})"
        return Refusal("helper-escapes", message)
    return _body(function, context)


def _given(decorator: ast.Call) -> list[str | None]:
    return [each.arg for each in decorator.keywords]


def _declares_otherwise(
    function: Function, decorator: ast.expr, context: Context
) -> bool:
    """Whether several decorators make a fixture, or a sync one has a loop scope."""
    made = [
        each
        for each in function.node.decorator_list
        if decorator_name(each, function, context.index)
    ]
    return len(made) > 1 or keyword(decorator, "loop_scope") is not None


def _method(function: Function, context: Context) -> Refusal | None:
    if function.owner is None:
        return None
    owner = Class(function.module, function.owner)
    if context.cases.is_case(owner):
        message = f"unittest runs {owner.node.name}, on a loop of its own"
        return Refusal("foreign-base", message)
    for each in function.node.decorator_list:
        if getattr(each, "id", "") in ("staticmethod", "classmethod"):
            return Refusal("helper-escapes", "it is not a fixture of an object")
    return None


def _body(function: Function, context: Context) -> Refusal | None:
    node, module = function.node, function.module
    kinds = module.kinds(node)
    if ast.YieldFrom in kinds:
        message = "an async generator cannot yield from another"
        return Refusal("generator-test", message)
    if ast.Yield in kinds and any(
        each.value is not None for each in module.returns.get(node, ())
    ):
        return Refusal("generator-test", "an async generator cannot return a value")
    if awaited_annotation(function, context.index) is None:
        return Refusal("name-taken", "what it is annotated with has no async name")
    return None
