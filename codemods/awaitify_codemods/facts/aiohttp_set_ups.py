"""``setUpAsync`` and ``tearDownAsync``, the set-ups of aiohttp before version 3.8.

Since then they are what `asyncSetUp` and `asyncTearDown` call: an override replaces
the making of app, server and client, which it came after before.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.attributes import direct_bases
from awaitify_codemods.facts.class_loops import is_super_call
from awaitify_codemods.facts.frameworks import AIOHTTP_CASE
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, own_nodes
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, Function

SET_UPS = {"setUpAsync": "asyncSetUp", "tearDownAsync": "asyncTearDown"}
_MADE = ("app", "server", "client")


@dataclass(frozen=True, eq=False)
class Renaming:
    """A set-up that gets its name of today."""

    function: Function
    calls: tuple[ast.Call, ...]
    """The calls of the base's own."""

    @property
    def name(self) -> str:
        """What unittest calls it."""
        return SET_UPS[self.function.node.name]


def family_of(owner: Class, references: References) -> list[Function]:
    """Return the set-ups of a class that derives from aiohttp's, and of those below."""
    return [
        Function(each.module, node)
        for each in (owner, *references.subclasses(owner))
        for node in each.node.body
        if isinstance(node, FUNCTIONS) and node.name in SET_UPS
    ]


def renamed(
    owner: Class, family: list[Function], index: Index, references: References
) -> list[Renaming] | Refusal:
    """Return how the set-ups of some classes are renamed, all of them or none."""
    found: list[Renaming] = []
    classes = [owner, *references.subclasses(owner)]
    for each in classes:
        scope = each.module.scopes[each.node]
        if named := set(SET_UPS.values()) & scope.names.keys():
            return Refusal("super-order", f"{each.node.name} has {min(named)}, too")
    above = {each: tuple(_calls_of_super(each)) for each in family}
    known: set[ast.AST] = {call.func for calls in above.values() for call in calls}
    for function, calls in above.items():
        refusal = _objection(function, calls, index)
        if refusal or (refusal := _others(function, known, references)):
            return refusal
        found.append(Renaming(function, calls))
    if all(each.calls for each in found):
        return found
    makes = next((n for n in _MADE if _is_stored(n, classes)), "")
    # aiohttp's own tearDownAsync closes the client: without one, each test fails.
    closes = not any(n.function.node.name == "tearDownAsync" for n in found)
    if makes or not (closes or any(_is_read(name, classes) for name in _MADE)):
        what = f"makes its own {makes}" if makes else "has no use of the client"
        return Refusal(
            "super-order", f"{owner.node.name} {what}: aiohttp's may be left out"
        )
    return found


def _others(
    function: Function, known: set[ast.AST], references: References
) -> Refusal | None:
    """Object where a set-up is mentioned beside the calls of its overrides."""
    name = function.node.name
    mentions: set[ast.AST] = {each.node for each in references.to(function)}
    mentions |= set(function.module.uses.get(name, ()))
    if mentions - known or references.named_in_strings(function):
        return Refusal("helper-escapes", f"{name} is called by others")
    return None


def _objection(
    function: Function, calls: tuple[ast.Call, ...], index: Index
) -> Refusal | None:
    name, module, node = function.node.name, function.module, function.node
    assert function.owner is not None
    if not function.is_async or node.decorator_list:
        return Refusal("unresolved", f"{name} is not a plain coroutine function")
    if not calls and AIOHTTP_CASE not in direct_bases(
        Class(module, function.owner), index
    ):
        return Refusal("super-order", f"{name} does not call the one it overrides")
    if not calls and any(isinstance(each, ast.Return) for each in own_nodes(node)):
        return Refusal("super-order", f"{name} returns before its end")
    return None


def _calls_of_super(function: Function) -> list[ast.Call]:
    return [
        each
        for each in walk(function.node)
        if isinstance(each, ast.Call)
        and is_super_call(ast.Expr(each), function.node.name)
        and isinstance(function.module.parents[each], ast.Await)
    ]


def _is_stored(name: str, classes: list[Class]) -> bool:
    """Whether classes give an attribute a value themselves."""
    return any(
        any(owner.node in owner.module.enclosing(store) for owner in classes)
        for owner in classes
        for store in owner.module.stores.get(name, ())
    ) or any(name in each.module.scopes[each.node].names for each in classes)


def _is_read(name: str, classes: list[Class]) -> bool:
    return any(
        isinstance(use, ast.Attribute) and owner.node in owner.module.enclosing(use)
        for owner in classes
        for use in owner.module.uses.get(name, ())
    )
