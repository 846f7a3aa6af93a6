"""unittest classes: what a class derives from, and which classes run a method."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.values import Class, External, Function

TEST_CASES = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
ISOLATED = frozenset(
    {"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"}
)
SET_UPS = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
"""What unittest calls around a test, and its awaited counterpart."""


@dataclass(frozen=True, eq=False)
class Rebase:
    """A class that gets ``IsolatedAsyncioTestCase`` among its bases."""

    owner: Class
    base: int | None
    """Which base it replaces; None if it is added."""


@dataclass(eq=False)
class Cases:
    """Answers for the classes of a project; remembers them.

    Args:
        index: the project's files.
        references: finds subclasses.

    """

    index: Index
    references: References
    _names: dict[ast.AST, frozenset[str]] = field(default_factory=dict)

    def is_case(self, owner: Class) -> bool:
        """Whether unittest runs the tests of a class."""
        return bool(self._externals(owner) & (TEST_CASES | ISOLATED))

    def is_isolated(self, owner: Class) -> bool:
        """Whether unittest awaits the tests of a class."""
        return bool(self._externals(owner) & ISOLATED)

    def _externals(self, owner: Class) -> frozenset[str]:
        if owner.node not in self._names:
            self._names[owner.node] = frozenset(
                base.name
                for base in self.index.mro(owner)
                if isinstance(base, External)
            )
        return self._names[owner.node]

    def running(self, function: Function) -> list[Class]:
        """Return the unittest classes that have a method, its own or inherited."""
        if function.owner is None:
            return []
        owner = Class(function.module, function.owner)
        below = [owner, *self.references.subclasses(owner)]
        return [each for each in below if self.is_case(each)]

    def is_set_up(self, function: Function) -> bool:
        """Whether unittest calls a method around tests."""
        return function.node.name in SET_UPS and bool(self.running(function))

    def is_entry(self, function: Function) -> bool:
        """Whether unittest itself calls a method: a test, or a set-up."""
        name = function.node.name
        return name in SET_UPS or name.startswith("test")

    def rebases(
        self, functions: Iterable[Function], may_change: Callable[[str], bool]
    ) -> list[Rebase]:
        """Return where ``IsolatedAsyncioTestCase`` comes in, so that all are awaited.

        A base whose subclasses all need it gets it; one that sync classes share
        does not.

        Args:
            functions: those that are async afterwards.
            may_change: whether a file may be edited.

        """
        functions = list(functions)
        entries = [each for each in functions if self.is_entry(each)]
        needing = dict.fromkeys(
            owner
            for each in entries
            for owner in self.running(each)
            if not self.is_isolated(owner)
        )
        changing = {each.owner for each in entries}
        placed: dict[Class, Rebase] = {}
        for owner in needing:
            above = [each for each in self.index.mro(owner) if isinstance(each, Class)]
            if any(each in placed for each in above):
                continue
            fit = [
                each
                for each in above
                if self.is_case(each)
                and not foreign_name(each.module)
                and may_change(each.module.path)
                and (each.node in changing or self._all_need(each, set(needing)))
            ]
            if fit or may_change(owner.module.path):
                place = fit[-1] if fit else owner
                placed[place] = Rebase(place, self._base_of(place))
        return list(placed.values())

    def _all_need(self, owner: Class, needing: set[Class]) -> bool:
        below = [owner, *self.references.subclasses(owner)]
        return all(each in needing or not self._has_tests(each) for each in below)

    def _has_tests(self, owner: Class) -> bool:
        return any(True for _ in self.tests(owner))

    def tests(self, owner: Class) -> Iterator[Function]:
        """Yield the tests of a class, its own and inherited."""
        for base in self.index.mro(owner):
            if isinstance(base, Class):
                for node in base.node.body:
                    if isinstance(node, FUNCTIONS) and node.name.startswith("test"):
                        yield Function(base.module, node)

    def _base_of(self, owner: Class) -> int | None:
        for number, base in enumerate(self.index.bases(owner)):
            if isinstance(base, External) and base.name in TEST_CASES:
                return number
        return None
