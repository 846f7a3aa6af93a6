"""The bindings that a removed part mentions, here and where they come from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.lifecycle import variable
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.values import (
    Anonymous,
    File,
    Function,
    Loop,
    Member,
    Value,
)
from awaitify_codemods.work import Work


@dataclass(frozen=True, eq=False)
class Mentioned:
    """Follows names to their bindings."""

    work: Work

    def names_in(
        self, root: ast.AST, module: Module
    ) -> Iterator[tuple[Scope, str, Module]]:
        """Yield the bindings that a removed part mentions, also in other modules."""
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and node in module.at:
                owner = module.at[node].find(node.id)
                if owner is not None:
                    yield owner, node.id, module
                    yield from self._imported_from(owner, node.id, module)
            if isinstance(node, ast.Attribute):
                for value in self.work.index.value(node.value, module):
                    if isinstance(value, File):
                        yield value.module.scope, node.attr, value.module
            if isinstance(node, (ast.Name, ast.Attribute)) and node in module.at:
                for value in self.work.index.value(node, module):
                    yield from self._home(value)

    def _imported_from(
        self, scope: Scope, name: str, module: Module
    ) -> Iterator[tuple[Scope, str, Module]]:
        """Yield what an imported name is called where it comes from."""
        for binding in scope.names.get(name, ()):
            if isinstance(binding.node, ast.ImportFrom):
                path = self.work.index.source_of(binding.node, module)
                source = self.work.index.module(path) if path else None
                if source:
                    yield source.scope, binding.target[2], source

    def _home(self, value: Value) -> Iterator[tuple[Scope, str, Module]]:
        if isinstance(value, (Function, Anonymous)):
            name = self.work.references.name(value)
            yield value.module.at[value.node], name, value.module
        elif isinstance(value, Member) and isinstance(value.of, Loop):
            loop = value.of
            target = variable(loop)
            if target is not None:
                yield loop.module.at[loop.node], target.id, loop.module
