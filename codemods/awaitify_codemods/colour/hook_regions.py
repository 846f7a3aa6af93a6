"""Whether a hook can stand for a fixture that decides on the loops of a folder.

The hook concerns async tests only: what a sync test uses runs on other loops. It is a
parameter of theirs, and pytest brings tests together that share a parameter which
lives longer than a test.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.fixture_decorators import fixture_decorator, scope_of
from awaitify_codemods.facts.fixture_users import FixtureUsers
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_factories import HOOK
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test

_NARROW = "function"
_BEYOND = ("package", "session")
_MAKING = ("new_event_loop", "get_event_loop", "set_event_loop")


@dataclass(frozen=True, eq=False)
class HookRegion:
    """The tests below a conftest, and what they are once all is done.

    Args:
        folder: of the conftest.
        paths: the files that pytest collects, wherever.
        is_coroutine: whether a function is a coroutine function, or becomes one.
        is_reached: whether pytest-asyncio runs a test: not unittest, nor others.
        scope: the loop scope of an async test.

    """

    folder: str
    index: Index
    users: FixtureUsers
    paths: Collection[str]
    is_coroutine: Callable[[Function], bool]
    is_reached: Callable[[Function], bool]
    scope: Callable[[Function], str]

    def objection(self) -> Refusal | None:
        """Return why a hook would not do what a fixture does."""
        for word in (HOOK, "loop_factories"):
            for path in self.index.words.files_with(word):
                if path in self.users.test_code:
                    message = f"there is such a hook, or marker ({path})"
                    return Refusal("name-taken", message)
        return (
            self._on_other_loops()
            or self._out_of_order()
            or self._shared()
            or self._asked_about()
        )

    @cached_property
    def _tests(self) -> list[Function]:
        return [
            test
            for path in sorted(self.paths)
            if is_below(path, self.folder)
            for test in self._in(path)
        ]

    def _in(self, path: str) -> Iterator[Function]:
        module = self.index.module(path)
        for node in module.functions if module else ():
            assert module is not None
            test = Function(module, node)
            if is_test(test):
                yield test

    def _on_other_loops(self) -> Refusal | None:
        for test in self._tests:
            if not self._gets(test):
                for fixture in self._async_fixtures(test):
                    message = (
                        f"{test.node.name} gets no loop by the hook, but "
                        f"needs that of the fixture {fixture.node.name}"
                    )
                    return Refusal("loop-factory", message)
        return None

    def _gets(self, test: Function) -> bool:
        """Whether a test gets its loop by the hook."""
        return self.is_coroutine(test) and self.is_reached(test)

    def _async_fixtures(self, test: Function) -> Iterator[Function]:
        yield from filter(self.is_coroutine, self.users.used(test))

    def _out_of_order(self) -> Refusal | None:
        wide = [each for each in self._tests if self._gets(each)]
        wide = [each for each in wide if self.scope(each) != _NARROW]
        sync = [each for each in self._tests if not self._gets(each)]
        if wide and sync:
            message = (
                f"with the hook, {sync[0].node.name} would run at another time: "
                f"{wide[0].node.name} shares its loop with other tests"
            )
            return Refusal("loop-factory", message)
        return None

    def _shared(self) -> Refusal | None:
        """Refuse loops and fixtures that tests outside the folder use as well."""
        alone = all(is_below(path, self.folder) for path in self.paths)
        for test in self._tests if not alone else ():
            if not self._gets(test):
                continue
            if self.scope(test) in _BEYOND:
                name = test.node.name
                message = f"{name} shares its loop with tests of other folders"
                return Refusal("loop-factory", message)
            for fixture in self._async_fixtures(test):
                lives = scope_of(fixture, self.index)
                outside = not is_below(fixture.module.path, self.folder)
                if outside and (lives is None or lives in _BEYOND):
                    message = f"tests of other folders share {fixture.node.name}"
                    return Refusal("loop-factory", message)
        return None

    def _asked_about(self) -> Refusal | None:
        """Refuse where something asks which policy there is, not for a loop."""
        name = "get_event_loop_policy"
        for path in self.index.words.files_with(name):
            if path in self.paths and not is_below(path, self.folder):
                continue
            module = self.index.module(path)
            for use in module.uses.get(name, ()) if module else ():
                assert module is not None
                if not _only_makes(use, module) and not self._in_fixture(use, module):
                    message = f"the policy is asked for ({path}:{use.lineno})"
                    return Refusal("loop-asserted", message)
        return None

    def _in_fixture(self, use: ast.AST, module: Module) -> bool:
        """Whether a fixture for loops says what is the default."""
        return any(
            isinstance(each, FUNCTIONS)
            and each.name in ("event_loop", "event_loop_policy")
            and fixture_decorator(Function(module, each), self.index) is not None
            for each in module.enclosing(use)
        )


def is_below(path: str, folder: str) -> bool:
    """Whether a file lies in a folder, or in one of its own."""
    return not folder or path.startswith(f"{folder}/")


def _only_makes(use: ast.AST, module: Module) -> bool:
    """``get_event_loop_policy().new_event_loop()``."""
    call = module.parents[use]
    member = module.parents.get(call)
    return isinstance(member, ast.Attribute) and member.attr in _MAKING
