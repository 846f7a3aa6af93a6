"""What decorators and fixtures give to a test, and that starts a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.colour.project import Project
from awaitify_codemods.colour.suspects import Suspects
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test


@dataclass(frozen=True, eq=False)
class Given:
    """Looks at what a test gets, and may call."""

    project: Project
    suspects: Suspects

    def loops(self, function: Function, coloured: set[Function]) -> Iterator[Refusal]:
        """Yield what decorators and fixtures give to a test, and that starts a loop."""
        module = function.module
        decorated = [*function.node.decorator_list]
        if function.owner:
            decorated += function.owner.decorator_list
        for node in (each for d in decorated for each in ast.walk(d)):
            if self._hands_on_loop(node, module, coloured):
                yield Refusal("inner-loop", "its parameters start loops of their own")
        if not is_test(function):
            return
        for fixture in self.project.objections.context.fixtures.of(function):
            name = fixture.node.name
            for node in self._given(fixture):
                if self._is_runner(node, fixture.module):
                    continue  # the test's calls of it are drives
                if self._hands_on_loop(node, fixture.module, coloured):
                    message = f"what the fixture {name!r} gives starts a loop"
                    yield Refusal("inner-loop", message)

    def _given(self, fixture: Function) -> Iterator[ast.AST]:
        """Yield the parts of a fixture that its tests may call later."""
        module = fixture.module
        for node in ast.walk(fixture.node):
            if isinstance(node, (ast.Return, ast.Yield)) and node.value:
                yield from ast.walk(node.value)
            elif isinstance(node, ast.Lambda):
                yield from ast.walk(node)
            elif isinstance(node, ast.FunctionDef) and node is not fixture.node:
                if self.project.runners.helper(Function(module, node)) is None:
                    yield from ast.walk(node)

    def _is_runner(self, node: ast.AST, module: Module) -> bool:
        """``return asyncio.run``: the fixture is a runner."""
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return False
        values = self.project.index.value(node, module)
        returned = isinstance(module.parents[node], ast.Return)
        return returned and bool(values) and self.project.runners.of(values) is not None

    def _hands_on_loop(
        self, node: ast.AST, module: Module, coloured: set[Function]
    ) -> bool:
        """Whether an expression mentions, without calling it, what starts a loop."""
        if not isinstance(node, (ast.Name, ast.Attribute)) or node not in module.at:
            return False
        parent = module.parents[node]
        inside = module.at[node].frame.kind == "lambda"
        if isinstance(parent, ast.Call) and parent.func is node and not inside:
            return isinstance(parent.func, ast.Name) and bool(
                self.suspects.of(node, module, coloured)
            )
        values = self.project.index.value(node, module)
        if values and self.project.runners.of(values) is not None:
            return True
        return self.suspects.of(node, module, coloured) is not None
