"""Tests and fixtures that take an async fixture for the coroutine it was."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.fixture_decorators import fixture_name
from awaitify_codemods.facts.fixtures import gotten
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.work import Work

_METHODS = frozenset("send throw close __anext__ asend aclose athrow __await__".split())
_CONSUMERS = frozenset({"builtins.anext", "builtins.next", "builtins.anext()"})


def awaited_by(fixture: Function, work: Work) -> Refusal | None:
    """Return who awaits or drives what a fixture gives, as nothing else did."""
    name = fixture_name(fixture, work.index)
    driven = {drive.node for drive in work.sites.drives}
    for user in work.users.asking(fixture):
        if any(name == each for _, each in gotten(user)):
            message = f"{user.node.name} asks for it by name"
            return Refusal("dynamic-call", message)
        module = user.module
        for use in module.references(user.scope, name):
            parent = module.parents[use]
            if _consumes(parent, use, user, work) or parent in driven:
                where = f"{module.path}:{use.lineno}"
                return Refusal("mixed-use", f"what it gives is awaited ({where})")
    return None


def _consumes(parent: ast.AST, use: ast.Name, user: Function, work: Work) -> bool:
    match parent:
        case ast.Await() | ast.YieldFrom():
            return True
        case ast.AsyncFor(iter=given) | ast.comprehension(iter=given):
            return given is use
        case ast.Attribute(attr=name):
            return name in _METHODS and isinstance(
                user.module.parents[parent], ast.Call
            )
        case ast.Call(func=func):
            return func is not use and any(
                isinstance(value, External)
                and (value.name.startswith("asyncio.") or value.name in _CONSUMERS)
                for value in work.index.value(func, user.module)
            )
    return False
