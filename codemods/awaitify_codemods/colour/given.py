"""What decorators and fixtures give to a test, and that starts a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.colour.project import Project
from awaitify_codemods.colour.suspects import Suspects, Suspicion
from awaitify_codemods.facts.finalizers import is_finalizer
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test


@dataclass(eq=False)
class Given:
    """Looks at what a test gets, and may call; remembers it."""

    project: Project
    suspects: Suspects
    _known: dict[Function, tuple[Suspicion, ...]] = field(default_factory=dict)
    _fixtures: dict[Function, tuple[Suspicion, ...]] = field(default_factory=dict)

    def to(self, function: Function) -> tuple[Suspicion, ...]:
        """Return what is suspected of that which a function is given."""
        if function not in self._known:
            self._known[function] = tuple(self._search(function))
        return self._known[function]

    def _search(self, function: Function) -> Iterator[Suspicion]:
        decorators = [*function.node.decorator_list]
        if function.owner:
            decorators += function.owner.decorator_list
        message = "its parameters start loops of their own"
        for node in (each for d in decorators for each in walk(d)):
            yield from self._handed_on(node, function.module, message)
        if is_test(function) or fixture_decorator(function, self.project.index):
            for fixture in self.project.fixtures.of(function):
                if fixture not in self._fixtures:
                    self._fixtures[fixture] = tuple(self._by_fixture(fixture))
                yield from self._fixtures[fixture]

    def _by_fixture(self, fixture: Function) -> Iterator[Suspicion]:
        message = f"what the fixture {fixture.node.name!r} gives starts a loop"
        for node in self._given(fixture):
            if self._is_runner(node, fixture.module):
                continue  # the test's calls of it are drives
            yield from self._handed_on(node, fixture.module, message)

    def _given(self, fixture: Function) -> Iterator[ast.AST]:
        """Yield the parts of a fixture that its tests may call later."""
        module = fixture.module
        for node in walk(fixture.node):
            if isinstance(node, (ast.Return, ast.Yield)) and node.value:
                yield from walk(node.value)
            elif isinstance(node, ast.Lambda):
                # pytest calls a finalizer once the test is over.
                if not is_finalizer(module.parents[node]):
                    yield from walk(node)
            elif isinstance(node, ast.Assign):
                if any(not isinstance(each, ast.Name) for each in node.targets):
                    yield from walk(node.value)
            elif isinstance(node, ast.Call) and not is_finalizer(node):
                yield from node.args
                yield from (each.value for each in node.keywords)
            elif isinstance(node, ast.FunctionDef) and node is not fixture.node:
                if self.project.runners.helper(Function(module, node)) is None:
                    yield from walk(node)

    def _is_runner(self, node: ast.AST, module: Module) -> bool:
        """``return asyncio.run``: the fixture is a runner."""
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return False
        values = self.project.index.value(node, module)
        returned = isinstance(module.parents[node], (ast.Return, ast.Yield))
        return returned and bool(values) and self.project.runners.of(values) is not None

    def _handed_on(
        self, node: ast.AST, module: Module, message: str
    ) -> Iterator[Suspicion]:
        """Yield a suspicion if a node mentions, without a call, what starts a loop."""
        if not isinstance(node, (ast.Name, ast.Attribute)) or node not in module.at:
            return
        refusal = Refusal("inner-loop", message)
        parent = module.parents[node]
        inside = module.at[node].frame.kind == "lambda"
        if isinstance(parent, ast.Call) and parent.func is node and not inside:
            if not isinstance(parent.func, ast.Name):
                return
        else:
            values = self.project.index.value(node, module)
            if values and self.project.runners.of(values) is not None:
                yield Suspicion(refusal)
        for each in self.suspects.of(node, module):
            yield Suspicion(refusal, each.unless)
