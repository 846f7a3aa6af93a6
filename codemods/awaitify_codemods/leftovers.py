"""What stays sync beside what moves, and needs the current event loop.

A test of this kind is promoted: it becomes async although it drives nothing. What
cannot be promoted keeps those tests sync that would take the loop away from it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.current import CurrentLoop, is_certain
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.in_doubt import InDoubt
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import spelled
from awaitify_codemods.facts.runner import RUN
from awaitify_codemods.facts.sites import Sites
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.objections.definitions import XUNIT


@dataclass(eq=False)
class Leftovers:
    """Finds the sync tests, fixtures and set-ups that need the current loop."""

    index: Index
    current: CurrentLoop
    sites: Sites
    in_doubt: InDoubt
    _entries: list[Function] | None = field(default=None)
    _doubtful: list[Function] | None = field(default=None)

    @property
    def at_import(self) -> str:
        """Where a module fetches the loop when it is imported; "" if none does."""
        return self.in_doubt.at_import

    def may_need(self, coloured: set[Function]) -> list[Function]:
        """Return what pytest runs, stays sync, and may need the current loop."""
        if self._doubtful is None:
            known = {*self._search(), *self.in_doubt.all()}
            self._doubtful = [
                each
                for each in known
                if each.module.path in self.current.test_code
                and isinstance(each.node, ast.FunctionDef)
                and self._is_entry(each)
            ]
        return [each for each in self._doubtful if each not in coloured]

    def is_sure(self, function: Function) -> bool:
        """Whether a function is known to need the current loop."""
        found = self.in_doubt.of(function)
        return bool(self.current.needs(function)) or bool(found and found.sure)

    def needing(self, coloured: set[Function]) -> list[Function]:
        """Return what pytest runs, stays sync, and needs the current loop."""
        if self._entries is None:
            self._entries = list(self._search())
        return [each for each in self._entries if each not in coloured]

    def _search(self) -> Iterator[Function]:
        for module in self.current.modules():
            for node in module.functions:
                function = Function(module, node)
                if isinstance(node, ast.FunctionDef) and self._is_entry(function):
                    if self.current.needs(function):
                        yield function

    def _is_entry(self, function: Function) -> bool:
        return (
            is_test(function)
            or function.node.name in XUNIT
            or fixture_decorator(function, self.index) is not None
        )

    def where(self, function: Function) -> str:
        """Return where a function needs the loop, as ``path:line``."""
        found = self.in_doubt.of(function)
        return self.current.needs(function) or (found.where if found else "")

    def takes_loop(self, function: Function) -> bool:
        """Whether a test takes the loop away only once it is async.

        `asyncio.run` leaves no current loop either, so its tests change nothing,
        unless it may be skipped.
        """
        if function.is_async:
            return is_test(function)  # It was not awaited.
        drives = self.sites.by_frame.get(function.node, ())
        decorated = [s for s in self.sites.decorated if s.node is function.node]
        runners = [each.runner for each in drives]
        runners += [each.decorator.runner for each in decorated]
        if any(runner.boundary != RUN for runner in runners):
            return True
        sure = decorated or any(is_certain(each.node, function) for each in drives)
        return is_test(function) and not (sure and not _may_be_skipped(function))


def _may_be_skipped(function: Function) -> bool:
    """Whether unittest may skip a method, for whose class there is a loop then."""
    return function.owner is not None and any(
        "skip" in spelled(getattr(each, "func", each)).lower()
        for each in function.node.decorator_list
    )
