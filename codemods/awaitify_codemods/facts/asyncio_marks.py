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


def given(mark: ast.expr, default: str) -> dict[str, str] | None:
    """Return what a marker is given, in today's words; None if not all is known.

    Args:
        mark: the marker, called or not.
        default: the loop scope that tests have without one, "" for their own.

    """
    if not isinstance(mark, ast.Call):
        return {}
    if mark.args or any(each.arg is None for each in mark.keywords):
        return None
    found = {
        "loop_scope" if each.arg == "scope" else str(each.arg): ast.dump(each.value)
        for each in mark.keywords
        if each.arg not in ("forbid_global_loop", "accept_global_loop")
    }
    if not default and found.get("loop_scope") == ast.dump(ast.Constant("function")):
        del found["loop_scope"]
    return found
