"""unittest classes: what a class derives from, and which classes run a method."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from awaitify_codemods.facts.attributes import direct_bases
from awaitify_codemods.facts.foreign import foreign_name
from awaitify_codemods.facts.foreign_cases import case_of
from awaitify_codemods.facts.frameworks import (
    AIOHTTP_CASE,
    DJANGO_CASES,
    FRAMEWORK_CASES,
    dotted_name,
)
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.linear import linear
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.values import Class, External, Function

TEST_CASES = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
ISOLATED = frozenset(
    {"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"}
)
_ISOLATED = External("unittest.IsolatedAsyncioTestCase")
SET_UPS = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
"""What unittest calls around a test, and its awaited counterpart."""


@dataclass(frozen=True, eq=False)
class Rebase:
    """A class that gets ``IsolatedAsyncioTestCase`` among its bases."""

    owner: Class
    base: int | None
    """Which base it replaces; None if it is added."""
    position: int = 0
    """Where it is added."""


@dataclass(frozen=True)
class Placement:
    """Where ``IsolatedAsyncioTestCase`` comes in, and which classes go without."""

    rebases: tuple[Rebase, ...] = ()
    without: tuple[Class, ...] = ()


@dataclass(eq=False)
class Cases:
    """Answers for the classes of a project; remembers them.

    Args:
        index: the project's files.
        references: finds subclasses.

    """

    index: Index
    references: References
    replaced: frozenset[Class] = frozenset()
    """Test cases of other libraries that become unittest's own in this plan."""
    looped: frozenset[Class] = frozenset()
    """Those that have a loop of their own for each test, whatever becomes of them."""
    _names: dict[ast.AST, frozenset[str]] = field(default_factory=dict)

    def is_case(self, owner: Class) -> bool:
        """Whether unittest runs the tests of a class."""
        cases = TEST_CASES | ISOLATED | FRAMEWORK_CASES
        return bool(self._above(owner) & cases) or owner in self.replaced

    def is_isolated(self, owner: Class) -> bool:
        """Whether unittest awaits the tests of a class, once all is done."""
        found = self._above(owner)
        return (
            bool(found & ISOLATED)
            or owner in self.replaced
            or (AIOHTTP_CASE.name in found and self.is_recent)
        )

    def is_replaced(self, base: External, owner: Class) -> bool:
        """Whether a class of another library stands for unittest's own."""
        return owner in self.replaced and bool(case_of(base))

    def is_django(self, owner: Class) -> bool:
        """Whether Django runs the tests of a class, and awaits coroutines."""
        return bool(self._above(owner) & DJANGO_CASES)

    def awaits(self, owner: Class) -> bool:
        """Whether coroutine tests of a class are awaited as it is."""
        return self.is_isolated(owner) or self.is_django(owner)

    def is_of_django(self, function: Function) -> bool:
        """Whether Django runs a method, and nobody else does."""
        running = self.running(function)
        return bool(running) and all(map(self.is_django, running))

    @cached_property
    def is_django_recent(self) -> bool:
        """Whether Django awaits coroutine tests, as it does since version 3.1."""
        source = self.index.foreign.source("django.test.testcases")
        return source is None or b"iscoroutinefunction" in source

    @cached_property
    def is_recent(self) -> bool:
        """Whether aiohttp's test case is an isolated one; so it is since 3.8."""
        source = self.index.foreign.source("aiohttp.test_utils")
        return source is None or b"IsolatedAsyncioTestCase" in source

    def _above(self, owner: Class) -> frozenset[str]:
        """Return the names of the bases that are not the project's."""
        if owner.node not in self._names:
            self._names[owner.node] = frozenset(map(dotted_name, self.index.mro(owner)))
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

    def place(
        self, functions: Iterable[Function], may_change: Callable[[Class], bool]
    ) -> Placement:
        """Return where ``IsolatedAsyncioTestCase`` comes in, so that all are awaited.

        A base whose subclasses all need it gets it; one that sync classes share
        does not.

        Args:
            functions: those that are async afterwards.
            may_change: whether a class may be edited.

        """
        entries = [each for each in functions if self.is_entry(each)]
        needing = dict.fromkeys(
            owner
            for each in entries
            for owner in self.running(each)
            if not self.awaits(owner)
        )
        changing = {each.owner for each in entries}
        placed: dict[Class, Rebase] = {}
        without: list[Class] = []
        for owner in needing:
            above = [each for each in self.index.mro(owner) if isinstance(each, Class)]
            if any(each in placed for each in above):
                continue
            fit = [
                each
                for each in above
                if self.is_case(each)
                and not foreign_name(each.module)
                and (each.node in changing or self._all_need(each, set(needing)))
            ]
            # The highest that may change, and where Python finds an order of bases.
            for each in (*reversed(fit), owner):
                rebase = self._rebase(each)
                if may_change(each) and self._is_legal(rebase, placed):
                    placed[each] = rebase
                    break
            else:
                without.append(owner)
        return Placement(tuple(placed.values()), tuple(without))

    def _rebase(self, owner: Class) -> Rebase:
        bases = direct_bases(owner, self.index)
        for number, base in enumerate(bases):
            if isinstance(base, External) and base.name in TEST_CASES:
                return Rebase(owner, number)
        position = len(bases)
        while position and bases[position - 1] == External("builtins.object"):
            position -= 1
        return Rebase(owner, None, position)

    def _is_legal(self, rebase: Rebase, placed: Mapping[Class, Rebase]) -> bool:
        """Whether Python finds an order of bases for a class and those below it."""
        rebases = {**placed, rebase.owner: rebase}

        def bases(owner: Class) -> list[Class | External | None]:
            found = direct_bases(owner, self.index)
            if owner in rebases:
                index = rebases[owner].base
                start = rebases[owner].position if index is None else index
                stop = start if index is None else index + 1
                found[start:stop] = [_ISOLATED]
            return found

        as_it_was = partial(direct_bases, index=self.index)
        below = [rebase.owner, *self.references.subclasses(rebase.owner)]
        return all(
            linear(each, bases) is not None
            or linear(each, as_it_was) is None  # not understood before, either
            for each in below
        )

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
