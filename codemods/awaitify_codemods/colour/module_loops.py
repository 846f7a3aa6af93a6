"""Loops that a module keeps: those that share one move together or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from awaitify_codemods.colour.callers import Callers
from awaitify_codemods.colour.closed import because
from awaitify_codemods.colour.colouring import in_order
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.fixtures import assigned_marks
from awaitify_codemods.facts.lifecycle import ending, variable
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function, Loop, Member


@dataclass(frozen=True, eq=False)
class ModuleLoops:
    """Finds who shares the loop of a module."""

    project: Project
    callers: Callers

    def coupled(
        self, coloured: set[Function], left: Mapping[Function, Refusal]
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
            refusal = self._other_uses(loop) or self._other_sites(loop)
            refusal = refusal or self._other_scope(functions)
            refusal = refusal or self._other_loops(functions, sharing)
            stays = [each for each in functions if each in left]
            if stays:
                message = f"{stays[0].name} stays on the same loop"
                refusal = because(Refusal("multi-loop", message), left[stays[0]])
            if refusal:
                yield from ((f, refusal) for f in functions if f in coloured)

    def _other_uses(self, loop: Loop) -> Refusal | None:
        module = loop.module
        target = variable(loop)
        if target is None:
            return None
        for use in module.references(module.scope, target.id):
            outer = module.parents[use]
            if isinstance(outer, ast.Attribute) and outer.attr == "run_until_complete":
                continue
            if ending(use, module, self.project.index):
                continue
            message = f"{target.id} is used for more than driving (line {use.lineno})"
            return Refusal("loop-asserted", message)
        return None

    def _other_sites(self, loop: Loop) -> Refusal | None:
        """Refuse where a site that stays runs on the loop: what it makes is tied."""
        for site in self.project.sites.left:
            func = site.node.func if isinstance(site.node, ast.Call) else site.node
            for value in self.project.index.value(func, site.module):
                if isinstance(value, Member) and value.of == loop:
                    where = f"{site.module.path}:{site.node.lineno}"
                    message = f"what stays runs on the same loop ({where})"
                    return Refusal("multi-loop", message)
        return None

    def _other_scope(self, functions: list[Function]) -> Refusal | None:
        """Refuse where a mark that is there gives each test a loop of its own."""
        for module in {each.module: None for each in functions}:
            for mark in assigned_marks(module.scope):
                values = self.project.index.value(mark, module)
                if values & _ASYNCIO_MARKS and "loop_scope" not in ast.unparse(mark):
                    message = "the module's mark gives each test a loop of its own"
                    return Refusal("multi-loop", message)
        return None

    def _other_loops(
        self, functions: list[Function], sharing: dict[Loop, list[Function]]
    ) -> Refusal | None:
        """Refuse where tests of one file run on several loops that are kept."""
        modules = {each.module for each in functions}
        among = [
            loop
            for loop, others in sharing.items()
            if modules & {each.module for each in others}
        ]
        if len({_name(loop) for loop in among}) < 2:
            return None
        return Refusal("multi-loop", "the module keeps more than one loop")

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


def _name(loop: Loop) -> tuple[str, str]:
    """Return where a loop is kept, so that fall-backs count as one."""
    target = variable(loop)
    return loop.module.path, target.id if target else str(loop.node.lineno)


_ASYNCIO_MARKS = frozenset(
    {External("pytest.mark.asyncio"), External("pytest.mark.asyncio()")}
)
