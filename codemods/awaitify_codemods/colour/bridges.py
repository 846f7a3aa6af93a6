"""Callers that stay sync, and drive a coloured function themselves."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.colour.closed import Closed
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.placement import in_script_block
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.values import External, Function


@dataclass(frozen=True, eq=False)
class Bridges:
    """Says where ``asyncio.run(f())`` does what ``f()`` did."""

    project: Project
    closed: Closed

    def can_bridge(
        self, reference: Reference, function: Function, coloured: set[Function]
    ) -> bool:
        """Whether a caller that stays sync can drive a coloured function itself."""
        if reference.call is None or self._spawning_frame(reference, coloured):
            return False
        module = reference.module
        if module.path not in self.project.test_code:
            return False
        if self.closed(module, reference.call, "AW108"):
            return False
        frame = reference.scope.frame
        if frame.kind == "class":
            return False
        if frame.kind == "module" and not in_script_block(reference.node, module):
            return False
        if not _may_say_asyncio(module, self.project.index):
            return False
        return self._keeps_its_loop(function, coloured, set())

    def _spawning_frame(self, reference: Reference, coloured: set[Function]) -> bool:
        """Whether the call would run inside a loop: in a coroutine, or its lambda."""
        module = reference.module
        return any(
            isinstance(outer, ast.AsyncFunctionDef)
            or (isinstance(outer, FUNCTIONS) and Function(module, outer) in coloured)
            for outer in module.enclosing(reference.node)
        )

    def _keeps_its_loop(
        self, function: Function, coloured: set[Function], seen: set[Function]
    ) -> bool:
        """Whether each call ran on a loop of its own, as `asyncio.run` does."""
        if function in seen:
            return True
        seen.add(function)
        drives = self.project.sites.by_frame.get(function.node, ())
        if len(drives) > 1 or self.project.objections.loops(function).kept:
            # Several runs, or a loop handed on: what they share is not known.
            if any(drive.runner.loop for drive in drives):
                return False
        for drive in drives:
            if drive.runner.declared or drive.runner.keeps:
                return False  # what it does besides is not known
            loop = drive.runner.loop
            if loop is not None and (loop.kind != "new" or loop.scope.kind == "module"):
                return False
        return all(
            self._keeps_its_loop(called, coloured, seen)
            for call in function.scope.calls
            for called in self.project.index.value(call.func, function.module)
            if isinstance(called, Function) and called in coloured
        )


def _may_say_asyncio(module: Module, index: Index) -> bool:
    """Whether ``asyncio`` means asyncio at the top of a module, or nothing yet."""
    if not module.scope.names.get("asyncio"):
        return True
    return index.bound(module.scope, "asyncio", module) == {External("asyncio")}
