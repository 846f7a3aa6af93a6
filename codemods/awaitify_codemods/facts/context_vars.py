"""Context variables that a call sets or reads."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.aftermath import NONE, Aftermath
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Instance

_CONTEXT_VAR = Instance(External("contextvars.ContextVar"))


def context_of(
    call: ast.Call, module: Module, owner: ast.AST, index: Index
) -> Aftermath:
    """Return what ``variable.set()`` leaves, and what ``variable.get()`` reads."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in ("set", "get"):
        return NONE
    if _CONTEXT_VAR not in index.value(func.value, module):
        return NONE
    name = spelled(func.value).rpartition(".")[2]
    if func.attr == "get":
        return Aftermath(reads=frozenset({name}))
    for each in walk(owner):
        if isinstance(each, ast.Attribute) and each.attr == "reset":
            if spelled(each.value).rpartition(".")[2] == name:
                return NONE
    return Aftermath(sets=frozenset({name}))
