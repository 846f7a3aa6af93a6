"""Objections to tests that import a module whose top level drives a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.nodes import sync_nodes
from awaitify_codemods.facts.placement import in_script_block
from awaitify_codemods.facts.reach.starters import is_drive
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.objections.context import Context

_IMPORTERS = frozenset(
    {
        "builtins.__import__",
        "importlib.import_module",
        "importlib.reload",
        "pytest.importorskip",
        "runpy.run_module",
    }
)


def drive(function: Function, context: Context) -> Refusal | None:
    """Object to imports that run a loop: the module is run where the test stands."""
    for name in _imported(function, context):
        for module in _run(name, function.module, context):
            for call in module.scope.calls:
                if is_drive(call, module, context.reach) and not in_script_block(
                    call, module
                ):
                    message = f"importing {name} starts a loop ({module.path})"
                    return Refusal("inner-loop", message)
    return None


def _imported(function: Function, context: Context) -> Iterator[str]:
    """Yield the names of the modules that a function imports, or runs again."""
    module = function.module
    for node in sync_nodes(function.node):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(source), names=aliases, level=0):
                yield source
                yield from (f"{source}.{alias.name}" for alias in aliases)
            case ast.Call(func=func, args=[given, *_]):
                values = context.index.value(func, module)
                names = {each.name for each in values if isinstance(each, External)}
                if names & _IMPORTERS:
                    yield from _named(given, module, context)


def _named(node: ast.expr, module: Module, context: Context) -> Iterator[str]:
    for each in walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.Name):
            for binding in module.scope.names.get(each.id, ()):
                if binding.kind == "import":
                    yield ".".join(filter(None, binding.target[1:]))


def _run(name: str, importer: Module, context: Context) -> Iterator[Module]:
    """Yield the files that an import runs: those of the packages around, too."""
    parts = name.split(".")
    for size in range(1, len(parts) + 1):
        path = context.index.locate(".".join(parts[:size]), importer.path)
        if path is None:
            continue
        module = context.index.module(path) if path != importer.path else None
        if module:
            yield module
