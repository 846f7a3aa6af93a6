"""Functions and classes by their full names: ``path::TestX::test_y``."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FunctionNode, Module
from awaitify_codemods.facts.values import Function

Definition = tuple[Module, FunctionNode | ast.ClassDef, str]
"""A definition, and its full name."""


def definitions(names: Iterable[str], index: Index) -> Iterator[Definition]:
    """Yield what has one of some names; those that nothing has are passed over.

    A name that several definitions have, one for each system, say, stands for all.
    """
    by_path: dict[str, set[str]] = {}
    for name in names:
        path, inside, definition = name.partition("::")
        if inside and path in index.files:
            by_path.setdefault(path, set()).add(definition)
    for path, inside_names in sorted(by_path.items()):
        module = index.module(path)
        for node in (*module.functions, *module.classes) if module else ():
            assert module is not None
            if (name := module.qualified(node)) in inside_names:
                yield module, node, f"{path}::{name}"


def functions(names: Collection[str], index: Index) -> list[Function]:
    """Return the functions that have one of some names."""
    return [
        Function(module, node)
        for module, node, _ in definitions(names, index)
        if not isinstance(node, ast.ClassDef)
    ]
