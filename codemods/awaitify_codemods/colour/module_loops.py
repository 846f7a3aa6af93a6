"""Loops that a module keeps: those that share one move together or not at all."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from awaitify_codemods.colour.callers import Callers
from awaitify_codemods.colour.colouring import in_order
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function, Loop


@dataclass(frozen=True, eq=False)
class ModuleLoops:
    """Finds who shares the loop of a module."""

    project: Project
    callers: Callers

    def coupled(
        self, coloured: set[Function], left: Container[Function]
    ) -> Iterator[tuple[Function, Refusal]]:
        """Yield those that must stay, as others of the same loop do."""
        sharing: dict[Loop, list[Function]] = {}
        for drive in self.project.sites.drives:
            loop = drive.runner.loop
            if loop is not None and loop.scope.kind == "module":
                node = drive.scope.node
                assert isinstance(node, ast.FunctionDef)
                sharing.setdefault(loop, []).append(Function(drive.module, node))
        for loop, functions in sharing.items():
            stays = [each for each in functions if each in left]
            refusal = self._other_uses(loop)
            if stays:
                message = f"{stays[0].name} stays on the same loop"
                refusal = Refusal("multi-loop", message)
            if refusal:
                yield from ((f, refusal) for f in functions if f in coloured)

    def _other_uses(self, loop: Loop) -> Refusal | None:
        module = loop.module
        parent = module.parents[loop.node]
        if not isinstance(parent, ast.Assign) or not isinstance(
            parent.targets[0], ast.Name
        ):
            return None
        name = parent.targets[0].id
        for use in module.references(module.scope, name):
            outer = module.parents[use]
            statement = module.parents.get(module.statement(use))
            if isinstance(outer, ast.Attribute) and outer.attr == "run_until_complete":
                continue
            if isinstance(statement, ast.Module) and isinstance(
                module.parents[outer], (ast.Expr, ast.Call)
            ):
                if isinstance(outer, (ast.Call, ast.Attribute)):
                    continue
            message = f"{name} is used for more than driving (line {use.lineno})"
            return Refusal("loop-asserted", message)
        return None

    def shared(
        self, coloured: set[Function], awaits: Iterable[Reference]
    ) -> dict[Function, Loop]:
        """Return the module's loop of each function, its own or a helper's."""
        found: dict[Function, Loop] = {}
        for function in in_order(coloured):
            for drive in self.project.sites.by_frame.get(function.node, ()):
                loop = drive.runner.loop
                if loop is not None and loop.scope.kind == "module":
                    found[function] = loop
        changed = True
        while changed:
            changed = False
            for reference in awaits:
                caller = self.callers.by(reference)
                for value in self.project.index.value(reference.node, reference.module):
                    if value in found and caller and caller not in found:
                        assert isinstance(value, Function)
                        found[caller] = found[value]
                        changed = True
        return found
