"""Who may notice that a run has ended, or has not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.boundary.following import class_of, is_last
from awaitify_codemods.facts.aftermath import Aftermath
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Anonymous, Class, Function

_STATES = frozenset({"done", "cancelled", "cancelling", "is_closed", "is_running"})
_TEAR_DOWNS = frozenset(
    "tearDown asyncTearDown tearDownClass tearDownModule teardown_method "
    "teardown_class teardown_function teardown_module teardown doCleanups".split()
)
_CLEAN_UPS = frozenset({"addCleanup", "addClassCleanup", "addAsyncCleanup"})


@dataclass(frozen=True, eq=False)
class Endings:
    """Judges what comes after a drive: statements, tear-downs and clean-ups."""

    index: Index

    def ends_test(self, drive: Drive) -> bool:
        """Whether nothing is left after a drive that could notice anything."""
        return is_last(drive) and not any(
            scope.names.keys() & _TEAR_DOWNS or self._cleans_up(scope, module)
            for scope, module in self._around(drive)
        )

    def refusal(
        self, drive: Drive, left: Aftermath, follows: list[ast.stmt]
    ) -> Refusal | None:
        """Refuse a run whose end is looked at."""
        parent = drive.module.parents[drive.node]
        if isinstance(parent, ast.Attribute) and parent.attr in _STATES:
            message = f"{parent.attr}() is asked after the run has ended"
            return Refusal("run-boundary", message)
        if left.teardown and (follows or self._is_cleaned_up(drive)):
            message = "the end of the run cleans up, which may be looked at"
            return Refusal("run-boundary", message)
        if left.lives and _drives_again(drive, follows):
            message = "a task that the run ended would live on in the next"
            return Refusal("run-boundary", message)
        for statement in follows:
            for node in walk(statement):
                if isinstance(node, ast.Attribute) and node.attr in _STATES:
                    message = f"{node.attr}() is asked after the run has ended"
                    return Refusal("run-boundary", message)
        return None

    def _is_cleaned_up(self, drive: Drive) -> bool:
        return any(self._cleans_up(*each) for each in self._around(drive))

    def _around(self, drive: Drive) -> Iterator[tuple[Scope, Module]]:
        """Yield the scopes in which what is called after a test may be defined."""
        yield drive.module.scope, drive.module
        owner = class_of(drive)
        if owner is not None:
            for base in self.index.mro(Class(drive.module, owner)):
                if isinstance(base, Class):
                    yield base.module.scopes[base.node], base.module

    def _cleans_up(self, scope: Scope, module: Module) -> bool:
        """``addCleanup(self.check)``: a function that may look at what is left."""
        return scope.kind == "class" and any(
            isinstance(call := module.parents[use], ast.Call)
            and call.args
            and scope.node in module.enclosing(call)
            and any(
                isinstance(value, (Anonymous, Function))
                for value in self.index.value(call.args[0], module)
            )
            for name in _CLEAN_UPS
            for use in module.uses.get(name, ())
        )


def _drives_again(drive: Drive, follows: list[ast.stmt]) -> bool:
    """Whether one of the statements drives a coroutine in the same way."""
    callee = ast.dump(drive.node.func)
    return any(
        isinstance(node, ast.Call) and ast.dump(node.func) == callee
        for statement in follows
        for node in walk(statement)
    )
