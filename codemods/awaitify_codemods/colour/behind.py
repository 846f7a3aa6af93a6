"""What stays sync and may need the current loop, and the fixture that gives it one.

After an async test there is no current event loop: what asks for one fails, be it in
another file. One fixture for all that stays makes a loop the current one again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    is_autouse,
    scope_of,
)
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.nodes import sync_names
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function, Loop
from awaitify_codemods.objections.definitions import XUNIT

KEEPER, LOOP = "_current_loop", "_sync_loop"
"""The fixture that every test gets, and the one for the loop that all share."""
_IN_TIME = frozenset("setup_method teardown_method setUp tearDown".split())
_WITH_CONFTEST = _IN_TIME | {"setup_function", "teardown_function"}
_KNOWN = ("builtins.", "abc.", "typing.", "unittest.")
_INSTALLING = frozenset({External("asyncio.set_event_loop")})


@dataclass(eq=False)
class Behind:
    """Says which files get such a fixture, or why nothing helps.

    Args:
        free: whether a rule was chosen where a node is, and may edit it.

    """

    project: Project
    free: Callable[[str, Module, ast.AST], bool]
    _installers: list[Function] | None = field(default=None)

    def homes(self, staying: Iterable[Function]) -> tuple[Module, ...] | Refusal:
        """Return the files for the fixture; none if nobody needs one.

        What may not need a loop, for all that is known, is helped if that is
        possible, and else no obstacle.
        """
        certain: list[Function] = []
        doubtful: list[Function] = []
        for each in staying:
            if not self.has_loop(each):
                sure = self.project.leftovers.is_sure(each)
                (certain if sure else doubtful).append(each)
        if not certain and not doubtful:
            return ()
        first = (certain or doubtful)[0]
        if refusal := self._refusal(first):
            return refusal if certain else ()
        for each in certain:
            if not self._is_in_time(each):
                return self._cannot(each, "it runs before a fixture could help")
        doubtful = list(filter(self._is_in_time, doubtful))
        if found := self._home([*certain, *doubtful]):
            return (found,)
        shared = self._home(certain)
        if certain and shared is None:
            return self._cannot(first, "no file can have a fixture for all that do")
        # A loop of their own is better than none.
        others = [self._home([each]) for each in doubtful]
        return tuple(dict.fromkeys(each for each in (shared, *others) if each))

    def keeps_loop(self, test: Function) -> bool:
        """Whether a test looks at a loop that a module keeps: it needs that one."""
        index = self.project.index
        for name in sync_names(test.node):
            if isinstance(name, ast.Name):
                owner = test.module.at[name].find(name.id)
                if owner is None or owner.kind != "module":
                    continue
            if any(
                isinstance(each, Loop) and each.scope.kind in ("module", "class")
                for each in index.value(name, test.module)
            ):
                return True
        return False

    def _refusal(self, first: Function) -> Refusal | None:
        """Return why no other loop can take the place of the one that is gone."""
        if not self._uses_pytest(first):
            return self._cannot(first, "without pytest no fixture could help")
        if where := self.project.leftovers.at_import:
            return self._cannot(first, f"a module keeps its loop ({where})")
        for each in self._installing():
            return self._cannot(first, f"{each.name} makes another loop the current")
        return None

    def _uses_pytest(self, first: Function) -> bool:
        """Whether pytest runs the tests: unittest knows no fixtures."""
        if not self.project.cases.running(first):
            return True
        mentioning = self.project.index.words.files_with("pytest")
        return bool(self.project.test_code.intersection(mentioning))

    def _cannot(self, function: Function, why: str) -> Refusal:
        where = self.project.leftovers.where(function)
        message = (
            f"{function.name} stays sync and needs the current loop ({where}), "
            f"which async tests take away; {why}"
        )
        return Refusal("multi-loop", message)

    def has_loop(self, function: Function) -> bool:
        """Whether a fixture of the project sets a loop for each test already."""
        known, index = self.project.loop_fixtures, self.project.index
        return any(
            known.installs(each) and scope_of(each, index) == "function"
            for each in self.project.fixtures.automatic(function)
        ) or any(
            self._sets_for_each(each)
            for each in self.project.fixtures.automatic(function)
        )

    def _sets_for_each(self, fixture: Function) -> bool:
        return (
            not fixture.is_async
            and scope_of(fixture, self.project.index) == "function"
            and self._sets(fixture)
        )

    def _sets(self, function: Function) -> bool:
        return any(
            self.project.index.value(call.func, function.module) == _INSTALLING
            and not any(self._is_none(each) for each in call.args)
            for call in function.scope.calls
        )

    def _is_none(self, node: object) -> bool:
        return getattr(node, "value", ...) is None

    def _installing(self) -> list[Function]:
        """Return what installs a loop for more than one test."""
        if self._installers is None:
            self._installers = [
                function
                for path in self.project.index.words.files_with("set_event_loop")
                if path in self.project.test_code
                for module in [self.project.index.module(path)]
                if module
                for node in module.functions
                for function in [Function(module, node)]
                if self._lasts(function) and self._sets(function)
            ]
        return self._installers

    def _lasts(self, function: Function) -> bool:
        if fixture_decorator(function, self.project.index):
            return scope_of(function, self.project.index) != "function"
        return function.node.name in XUNIT - _IN_TIME

    def _is_in_time(self, function: Function) -> bool:
        """Whether a fixture for each test is there before a function runs."""
        name = function.node.name
        if fixture_decorator(function, self.project.index):
            if is_autouse(function, self.project.index) and not function.owner:
                # Those of a file run by their names.
                if name < KEEPER:
                    return False
            return scope_of(function, self.project.index) == "function"
        if function.owner and not self._is_known(
            Class(function.module, function.owner)
        ):
            return False
        return name in _WITH_CONFTEST or name not in XUNIT

    def _is_known(self, owner: Class) -> bool:
        return all(
            isinstance(base, Class)
            or (isinstance(base, External) and base.name.startswith(_KNOWN))
            for base in self.project.index.mro(owner)
        )

    def _home(self, functions: list[Function]) -> Module | None:
        """Return the nearest file whose fixtures all of some functions get."""
        if not functions:
            return None
        modules = {each.module for each in functions}
        only = len(modules) == 1 and not any(
            each.node.name in _WITH_CONFTEST - _IN_TIME for each in functions
        )
        for module in modules if only else ():
            if self._collects(module) and self._may_have(module):
                return module
        for module in self._conftests([each.path for each in modules]):
            if self._may_have(module):
                return module
        return None

    def _conftests(self, paths: list[str]) -> Iterator[Module]:
        """Yield the conftest files above all of some files, the nearest first."""
        folders = [path.split("/")[:-1] for path in paths]
        shared = folders[0]
        for each in folders:
            while each[: len(shared)] != shared:
                shared = shared[:-1]
        for depth in range(len(shared), -1, -1):
            path = "/".join([*shared[:depth], "conftest.py"])
            module = (
                self.project.index.module(path)
                if path in self.project.index.files
                else None
            )
            if module:
                yield module

    def _collects(self, module: Module) -> bool:
        name = module.path.rpartition("/")[2]
        return (
            name.startswith("test")
            or name.endswith("_test.py")
            or name == "conftest.py"
        )

    def _may_have(self, module: Module) -> bool:
        index = self.project.index
        for name in ("asyncio", "pytest"):
            if name in module.scope.names:
                if index.bound(module.scope, name, module) != {External(name)}:
                    return False
        taken = {KEEPER, LOOP} & module.scope.names.keys()
        return (
            not taken and not module.stars and self.free("AW306", module, module.tree)
        )
