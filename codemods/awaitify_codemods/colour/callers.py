"""Who would await a function: the sync functions of the test code that call it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.sites import asserted
from awaitify_codemods.facts.values import Function


@dataclass(frozen=True, eq=False)
class Callers:
    """Finds callers through the references of a project."""

    project: Project

    def of(self, function: Function) -> Iterator[Function]:
        """Yield the functions that would await a function."""
        for reference in self.project.references.to(function):
            caller = self.by(reference)
            if caller is not None:
                yield caller

    def by(self, reference: Reference) -> Function | None:
        """Return the sync function of the test code that would await a reference."""
        module = reference.module
        if module.path not in self.project.test_code:
            return None
        scope = reference.scope.frame
        asserted = raising(reference, self.project.index)
        if scope.kind == "lambda" and asserted is not None:
            scope = module.at[asserted].frame
        elif reference.call is None and asserted is None:
            return None
        if isinstance(scope.node, ast.FunctionDef):
            function = Function(module, scope.node)
            if scope.node not in self.project.sites.helpers:
                return function
        return None


def raising(reference: Reference, index: Index) -> ast.Call | None:
    """Return ``raises(E, f, ...)`` or ``raises(E, lambda: f())`` around a reference."""
    module = reference.module
    outer: ast.AST = reference.node
    if reference.call is not None:
        outer = module.parents[reference.call]
        if not isinstance(outer, ast.Lambda):
            return None
    parent = module.parents[outer]
    if not isinstance(parent, ast.Call):
        return None
    keep = asserted(parent, module, index)
    if keep and len(parent.args) > keep and parent.args[keep] is outer:
        if isinstance(module.parents[parent], ast.Expr):
            return parent
    return None
