"""The ancestors of a class, and what its attributes mean."""

from __future__ import annotations

import ast
import sys

from awaitify_codemods.facts.bindings import meaning
from awaitify_codemods.facts.foreign_cases import OWN_LOOP, gives_loop
from awaitify_codemods.facts.meanings import DEPTH, Ancestors, Meanings
from awaitify_codemods.facts.module import FUNCTIONS, Module, every_argument
from awaitify_codemods.facts.values import NOTHING, Class, External, Value, Values


def direct_bases(owner: Class, index: Meanings) -> Ancestors:
    """Return the direct bases; None for one that is not known."""
    found: Ancestors = []
    for base in owner.node.bases:
        node = base.value if isinstance(base, ast.Subscript) else base
        values = index.value(node, owner.module)
        if len(values) > 1 and isinstance(node, ast.Name):
            values = _preferred(node, owner.module, index) or values
        read = [index.behind(each) for each in values]
        known = [each for each in read if isinstance(each, (Class, External))]
        found.append(known[0] if len(known) == len(values) == 1 else None)
    return found


def _preferred(node: ast.Name, module: Module, index: Meanings) -> Values:
    """Return what ``try: from unittest import X`` means, whatever it falls back on.

    The standard library of every Python that the project may run on has it.
    """
    owner = module.at[node].find(node.id)
    for binding in owner.names.get(node.id, ()) if owner else ():
        outer = module.parents[binding.node]
        package = binding.target[1].partition(".")[0]
        if binding.kind == "import" and isinstance(outer, ast.Try):
            if binding.node in outer.body and package in sys.stdlib_module_names:
                return meaning(binding, module, index, 0)
    return NOTHING


def ancestry(owner: Class, index: Meanings) -> Ancestors:
    """Return the class and its ancestors, depth first without repetition."""
    found: Ancestors = [owner]
    for base in direct_bases(owner, index):
        above = index.mro(base) if isinstance(base, Class) and base != owner else [base]
        found += [each for each in above if each not in found or each is None]
        if len(found) > DEPTH:
            break
    return found


def attribute(owner: Class, name: str, index: Meanings, depth: int = 0) -> Values:
    """Return what ``owner.name`` means, looked up along the MRO."""
    for base in index.mro(owner):
        if isinstance(base, Class):
            found = _own_attribute(base, name, index, depth)
            if found:
                return found
            if name in base.module.scopes[base.node].names:
                return NOTHING
    return _stored(owner, name, index, depth)


def _own_attribute(owner: Class, name: str, index: Meanings, depth: int) -> Values:
    scope = owner.module.scopes[owner.node]
    if name not in scope.names:
        return NOTHING
    return index.bound(scope, name, owner.module, depth)


def _stored(owner: Class, name: str, index: Meanings, depth: int) -> Values:
    """Return what methods assign to ``self.name``, if all of it is known."""
    found: set[Value] = set()
    for base in index.mro(owner):
        if not isinstance(base, Class):
            if name == "loop" and gives_loop(base):
                found.add(OWN_LOOP)
            continue
        for node in base.module.stores.get(name, ()):
            if not _is_of_self(node, base):
                continue
            match base.module.parents[node]:
                case ast.Assign(targets=[target], value=value) if target is node:
                    values = index.value(value, base.module, depth + 1)
                case _:
                    return NOTHING
            if not values:
                return NOTHING
            found |= values
    return frozenset(found)


def inherited(owner: Class, name: str, index: Meanings, depth: int) -> Values:
    """Return what ``super().name`` means in a method of a class."""
    for base in index.mro(owner)[1:]:
        if isinstance(base, Class):
            found = _own_attribute(base, name, index, depth)
            if found:
                return found
    return NOTHING


def mixed_in(owner: Class, name: str, index: Meanings, depth: int) -> Values:
    """Return what ``self.name`` means in a mixin: what those that have it have."""
    if any(
        not isinstance(base, Class) and base != External("builtins.object")
        for base in index.mro(owner)
    ):
        return NOTHING
    found: set[Value] = set()
    for below in index.below(owner):
        found |= attribute(below, name, index, depth)
    return frozenset(found)


def _is_of_self(node: ast.Attribute, owner: Class) -> bool:
    """Whether ``self.name`` stands in a method of a class."""
    if not isinstance(node.value, ast.Name):
        return False
    scope = owner.module.at[node].find(node.value.id)
    function = scope.node if scope else None
    if not isinstance(function, FUNCTIONS) or not scope:
        return False
    arguments = every_argument(function.args)
    first = bool(arguments) and arguments[0].arg == node.value.id
    return first and owner.module.class_of(function) is owner.node
