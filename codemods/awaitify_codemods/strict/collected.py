"""What pytest collects, and which of it is marked."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.asyncio_marks import asyncio_marks
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.work import Work


def is_collected(test: Function, work: Work) -> bool:
    """Whether pytest makes objects of a class that has a test."""
    assert test.owner is not None
    owner = Class(test.module, test.owner)
    return any(
        each.node.name.startswith("Test")
        and not any(
            "__init__" in base.module.scopes[base.node].names
            for base in work.index.mro(each)
            if isinstance(base, Class)
        )
        for each in (owner, *work.references.subclasses(owner))
    )


def is_marked(test: Function, work: Work) -> bool:
    """Whether a test, or one of its parameters, has an asyncio marker."""
    if next(asyncio_marks(test, work.index), None) is not None:
        return True
    # In pytest.param(..., marks=...): for some of its parameters.
    return any(
        isinstance(each, (ast.Attribute, ast.Name))
        and work.index.value(each, test.module) == _MARK
        for decorator in test.node.decorator_list
        for each in ast.walk(decorator)
    )


_MARK = frozenset({External("pytest.mark.asyncio")})


_PLAIN = ("builtins.", "abc.", "typing.")


def is_plain(owner: Class, work: Work) -> bool:
    """Whether only pytest runs the tests of a class, in whatever subclass.

    The bases of all of them are known: a mixin may be one of a unittest class.
    """
    return all(
        isinstance(base, Class)
        or (isinstance(base, External) and base.name.startswith(_PLAIN))
        for each in (owner, *work.references.subclasses(owner))
        for base in work.index.mro(each)
    )
