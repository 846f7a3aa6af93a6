"""The asyncio markers of a test: its own, those of its class and of its module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.fixture_decorators import SCOPES, written
from awaitify_codemods.facts.fixtures import assigned_marks
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Class, External, Function


def asyncio_marks(test: Function, index: Index) -> Iterator[ast.expr]:
    """Yield the markers that apply to a test, the nearest first."""
    for node, home in _marks(test, index):
        for value in index.value(node, home):
            if isinstance(value, External):
                if value.name.removesuffix("()") == "pytest.mark.asyncio":
                    yield node


def marked_scope(test: Function, index: Index) -> str | None:
    """Return the loop scope that a test's marker says; "" if none, None if unknown."""
    for mark in asyncio_marks(test, index):
        found = written(mark, "loop_scope")
        found = written(mark, "scope") if found == "" else found
        return found if found in ("", *SCOPES) else None
    return ""


def _marks(test: Function, index: Index) -> Iterator[tuple[ast.expr, Module]]:
    module = test.module
    yield from ((each, module) for each in test.node.decorator_list)
    if test.owner:
        for owner in index.mro(Class(module, test.owner)):
            if isinstance(owner, Class):
                yield from ((each, owner.module) for each in owner.node.decorator_list)
                scope = owner.module.scopes[owner.node]
                yield from ((each, owner.module) for each in assigned_marks(scope))
    yield from ((each, module) for each in assigned_marks(module.scope))
