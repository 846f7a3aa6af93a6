"""Coroutine methods that unittest calls and never awaits."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import decorators
from awaitify_codemods.objections.classes import is_plain
from awaitify_codemods.objections.context import Context

_SET_UPS = frozenset({"setUp", "tearDown", "setUpClass", "tearDownClass"})


@dataclass(frozen=True, eq=False)
class Vacuous:
    """Finds coroutine methods of which unittest makes nothing.

    Args:
        context: the facts of a project.

    """

    context: Context

    @cached_property
    def tests(self) -> frozenset[Function]:
        """The async tests that plain classes run: they pass and do nothing."""
        return frozenset(self.tests_in(self._modules()))

    @property
    def set_ups(self) -> tuple[Function, ...]:
        """The async set-ups, which nothing awaits in any class."""
        return tuple(
            function
            for function in self._methods(self._modules())
            if function.node.name in _SET_UPS and self._is_unawaited(function)
        )

    def tests_in(self, modules: Iterable[Module]) -> Iterator[Function]:
        """Yield the async tests of files that plain classes run."""
        for function in self._methods(modules):
            if function.node.name.startswith("test") and self._is_run_plainly(function):
                yield function

    def _modules(self) -> Iterator[Module]:
        for path in self.context.index.words.async_cases:
            module = self.context.index.module(path)
            if module and path in self.context.reach.test_code:
                yield module

    def _methods(self, modules: Iterable[Module]) -> Iterator[Function]:
        for module in modules:
            for node in module.functions:
                if isinstance(node, ast.AsyncFunctionDef) and module.class_of(node):
                    if not module.kinds(node) & {ast.Yield, ast.YieldFrom}:
                        yield Function(module, node)

    def _is_run_plainly(self, function: Function) -> bool:
        cases = self.context.cases
        return any(
            not cases.is_isolated(owner) and is_plain(owner, self.context)
            for owner in cases.running(function)
        ) and self._stays_a_coroutine(function)

    def _is_unawaited(self, function: Function) -> bool:
        return any(
            is_plain(owner, self.context)
            for owner in self.context.cases.running(function)
        ) and self._stays_a_coroutine(function)

    def _stays_a_coroutine(self, function: Function) -> bool:
        """Whether no decorator drives it, or may drive it."""
        driven = any(
            each.node is function.node for each in self.context.sites.decorated
        )
        return not driven and decorators.decorators(function, self.context) is None
