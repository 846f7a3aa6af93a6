"""Who would await a function: the sync functions of the test code that call it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.assertions import asserted
from awaitify_codemods.facts.finalizers import registering
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.values import Function


@dataclass(eq=False)
class Callers:
    """Finds callers through the references of a project; remembers them."""

    project: Project
    _of: dict[Function, list[Function]] = field(default_factory=dict)
    _by: dict[Reference, Function | None] = field(default_factory=dict)

    def of(self, function: Function) -> list[Function]:
        """Return the functions that would await a function."""
        if function not in self._of:
            callers = map(self.by, self.project.references.to(function))
            self._of[function] = [each for each in callers if each is not None]
        return self._of[function]

    def by(self, reference: Reference) -> Function | None:
        """Return the sync function of the test code that would await a reference."""
        if reference not in self._by:
            self._by[reference] = self._search(reference)
        return self._by[reference]

    def _search(self, reference: Reference) -> Function | None:
        module = reference.module
        if module.path not in self.project.test_code:
            return None
        scope = reference.scope.frame
        fixture = registering(reference.node, module, self.project.index)
        if fixture is not None:
            return fixture
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
