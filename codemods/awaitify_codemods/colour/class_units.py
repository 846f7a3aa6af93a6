"""Classes whose tests share a set-up, or a loop: they move together or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from awaitify_codemods.colour.closed import because
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.class_loops import ClassLoop, is_left_empty
from awaitify_codemods.facts.runner import Runner
from awaitify_codemods.facts.set_ups import keeps_order
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.objections.environment import shares_loop


@dataclass(frozen=True, eq=False)
class ClassUnits:
    """Judges what the methods of a class share."""

    project: Project

    def related(self, function: Function) -> Iterator[Function]:
        """Yield the methods that become async with one that drives a kept loop.

        A loop that is used for more than driving has to be the one that runs.
        """
        for kept in self.project.class_loops.all:
            if kept.is_running or function not in self._drivers(kept):
                continue
            for use in (*kept.others, *kept.going):
                if use.function is not None and not use.function.is_async:
                    yield use.function
            if kept.others:
                yield from (each for each in kept.makers if each is not None)

    def _drivers(self, kept: ClassLoop) -> list[Function]:
        return [
            Function(drive.module, drive.scope.node)
            for drive in self.project.sites.drives
            if drive.runner.loop
            and self.project.class_loops.of(drive.runner.loop) is kept
            if isinstance(drive.scope.node, ast.FunctionDef)
        ]

    def coupled(
        self, coloured: set[Function], left: Mapping[Function, Refusal]
    ) -> Iterator[tuple[Function, Refusal]]:
        """Yield those that must stay, as others of the same loop do."""
        for kept in self.project.class_loops.all:
            if kept.is_running:
                continue
            users = self._drivers(kept)
            stays = [each for each in users if each in left]
            refusal = self._other_uses(kept, coloured, left)
            if stays:
                message = f"{stays[0].name} stays on the same loop"
                refusal = because(Refusal("multi-loop", message), left[stays[0]])
            if refusal:
                yield from ((each, refusal) for each in users if each in coloured)

    def _other_uses(
        self,
        kept: ClassLoop,
        coloured: set[Function],
        left: Mapping[Function, Refusal],
    ) -> Refusal | None:
        name = f"{kept.owner.node.name}.{kept.name}"
        if not self._has_current_loop(kept, coloured):
            return Refusal("multi-loop", f"what is made beside {name} may need a loop")
        if kept.others and kept.is_shared:
            message = f"what is made on {name} belongs to all tests of the class"
            return Refusal("setUpClass-drive", message)
        for use in (*kept.others, *kept.going):
            where = f"{use.module.path}:{use.node.lineno}"
            if use.function is not None and use.function.is_async:
                continue  # it has a loop: the one that its callers await it on
            if use.function is None or use.function not in coloured:
                message = f"{name} is used for more than driving ({where})"
                holder = left.get(use.function) if use.function else None
                return because(Refusal("multi-loop", message), holder)
        for maker in kept.makers:
            if kept.others and maker is not None and maker not in coloured:
                message = f"{maker.name} stays and makes the loop"
                return because(Refusal("multi-loop", message), left.get(maker))
        return None

    def _has_current_loop(self, kept: ClassLoop, coloured: set[Function]) -> bool:
        """Whether set-ups have a loop without the kept one, or nothing for it.

        unittest's do, in `IsolatedAsyncioTestCase`; those of pytest run outside,
        if they stay.
        """
        gone: set[ast.AST] = {statement for _, statement in kept.gone}
        cases = self.project.cases
        return all(
            maker is None
            or maker in coloured
            or any(not cases.is_django(each) for each in cases.running(maker))
            or is_left_empty(maker, gone)
            for maker in kept.makers
        )

    def objection(
        self,
        function: Function,
        coloured: set[Function],
        left: Mapping[Function, Refusal],
    ) -> Refusal | None:
        """Return why a set-up stays, or a test as its set-up does."""
        if self.project.cases.is_set_up(function):
            return self._order(function, coloured, left)
        if is_test(function) and self._runs_on_current(function):
            for method in self.project.set_ups.around(function):
                if method not in coloured and shares_loop(
                    method, self.project.objections.context
                ):
                    message = f"{method.name} has a loop of its own"
                    refusal = Refusal("multi-loop", message)
                    return because(refusal, left.get(method))
        return None

    def _runs_on_current(self, test: Function) -> bool:
        """Whether a test runs on a loop that it did not make for each run."""
        sites = self.project.sites
        runners = [drive.runner for drive in sites.by_frame.get(test.node, ())]
        runners += [s.decorator.runner for s in sites.decorated if s.node is test.node]
        return not runners or not all(map(self._makes_loop, runners))

    def _makes_loop(self, runner: Runner) -> bool:
        """Whether a runner, or the test itself, makes the loop that it drives."""
        loop = runner.loop
        if loop is None:
            return not runner.keeps
        return (
            loop.kind == "new"
            and loop.scope.kind == "function"
            and self.project.class_loops.of(loop) is None
        )

    def _order(
        self,
        function: Function,
        coloured: set[Function],
        left: Mapping[Function, Refusal],
    ) -> Refusal | None:
        """Refuse a set-up that would run before, or after, a base's that stays."""
        gone: set[ast.AST] = {
            node for each in self.project.class_loops.all for _, node in each.gone
        }
        loops = self.project.objections.loops(function)
        for above in self.project.set_ups.above(function):
            if above in coloured or is_left_empty(above, gone):
                continue
            if not keeps_order(function, gone | set(loops.removed)):
                message = f"{above.name} would run at another time"
                return because(Refusal("super-order", message), left.get(above))
        return None
