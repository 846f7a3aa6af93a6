"""The async fixtures that nothing sets up, and the loops on which they are to run.

A fixture's loop lives as long as the fixture, at least; a test runs on the widest
loop of the async fixtures that it uses, and they run on the same one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce

from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.fixture_decorators import (
    SCOPES,
    decorator_name,
    fixture_decorator,
    lacks_import,
    scope_of,
    wider,
    written,
)
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.old_plugin import old_plugin
from awaitify_codemods.strict import elsewhere
from awaitify_codemods.strict.awaiting import awaited_by
from awaitify_codemods.work import Work

_PLAIN = frozenset(
    {"pytest.fixture", "pytest.yield_fixture", "_pytest.fixtures.fixture"}
)
_OWN = "pytest_asyncio.fixture"
_NARROW = "function"
_RULE = "AW311"


@dataclass(frozen=True)
class Repairs:
    """What becomes of the async fixtures of a project that are no good yet."""

    plain: tuple[Function, ...] = ()
    """Those that get pytest-asyncio's decorator."""
    scopes: dict[Function, str] = field(default_factory=dict)
    """The loop scope that a fixture has to say."""
    marks: dict[Function, str] = field(default_factory=dict)
    """The loop scope that the marker of a test has to say."""
    refused: dict[Function, Refusal] = field(default_factory=dict)


def repairs(work: Work, modules: Iterable[Module]) -> Repairs:
    """Find the fixtures to repair, and all that has to follow."""
    plain: list[Function] = []
    narrow: list[Function] = []
    refused: dict[Function, Refusal] = {}
    project = elsewhere.of_project(work)
    anyio = work.index.words.have(b"mark.anyio")
    for module in modules:
        for fixture in _asynchronous(module, work):
            if _is_plain(fixture, work):
                if not work.sources.has_plugin or work.mode(module.path) != "strict":
                    continue
                if anyio and not work.users.tests(fixture):
                    continue  # whose it is, nobody knows
                refusal = project or _refusal(fixture, work)
                if refusal:
                    refused[fixture] = refusal
                else:
                    plain.append(fixture)
            elif _serves_drives(fixture, work):
                continue  # on a wider loop, what is left could go on
            elif _is_too_narrow(fixture, work) or _never_was(fixture, work):
                narrow.append(fixture)
    return _Scopes(work, plain, narrow, refused).settled()


def needed_scope(test: Function, work: Work) -> str:
    """Return the widest loop scope of the async fixtures that a test uses."""
    known = work.colouring.event_loops.scopes
    scopes = [known.get(test, _NARROW)]
    for fixture in work.users.used(test):
        decorator = fixture_decorator(fixture, work.index)
        if decorator is None or not work.is_coroutine(fixture):
            continue
        default, _ = work.default_scopes(fixture.module.path)
        lives = scope_of(fixture, work.index) or "session"
        said = written(decorator, "loop_scope")
        own = said if said in SCOPES else default or lives
        if not said and _is_plain(fixture, work):
            own = wider(own, lives)
        own = known.get(fixture, own)
        scopes.append(work.colouring.scopes.get(fixture, own))
    return reduce(wider, scopes)


def _asynchronous(module: Module, work: Work) -> Iterator[Function]:
    for node in module.functions:
        if isinstance(node, ast.AsyncFunctionDef) and node.decorator_list:
            fixture = Function(module, node)
            if fixture not in work.coloured and fixture_decorator(fixture, work.index):
                yield fixture


def _is_plain(fixture: Function, work: Work) -> bool:
    decorator = fixture_decorator(fixture, work.index)
    assert decorator is not None
    return decorator_name(decorator, fixture, work.index) in _PLAIN


def _is_too_narrow(fixture: Function, work: Work) -> bool:
    """Whether the configured loop is closed before the fixture that runs on it."""
    decorator = fixture_decorator(fixture, work.index)
    lives = scope_of(fixture, work.index)
    default, _ = work.default_scopes(fixture.module.path)
    if decorator is None or lives is None or written(decorator, "loop_scope") != "":
        return False
    return bool(default) and SCOPES.index(default) < SCOPES.index(lives)


def _serves_drives(fixture: Function, work: Work) -> bool:
    """Whether something that stays sync and drives a loop uses a fixture."""
    return any(
        each.node in work.sites.left_by_frame or each.node in work.sites.by_frame
        for each in (*work.users.tests(fixture), *work.users.through(fixture))
        if not work.is_coroutine(each)
    )


def _never_was(fixture: Function, work: Work) -> bool:
    """Whether the import of what makes a fixture is missing: its loop is free."""
    decorator = fixture_decorator(fixture, work.index)
    assert decorator is not None
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    if work.index.value(callee, fixture.module):
        return False  # it is imported by another name
    return lacks_import(fixture) and written(decorator, "loop_scope") == ""


def _refusal(fixture: Function, work: Work) -> Refusal | None:
    decorator = fixture_decorator(fixture, work.index)
    assert decorator is not None
    module, name = fixture.module, fixture.node.name
    if isinstance(decorator, ast.Call) and (
        decorator.args or any(each.arg is None for each in decorator.keywords)
    ):
        return Refusal(
            "unknown-value", f"the arguments of {name!r} are not written out"
        )
    if scope_of(fixture, work.index) is None:
        return Refusal("unknown-value", f"the scope of {name!r} is not written out")
    for each in fixture.node.decorator_list:
        if each is not decorator and not _is_mark(each, module, work):
            message = f"@{ast.unparse(each)} may make something else of it"
            return Refusal("injecting-decorator", message)
    scope = module.at[fixture.node].find("pytest_asyncio")
    if scope and work.index.bound(scope, "pytest_asyncio", module) != _LIBRARY:
        return Refusal("name-taken", "pytest_asyncio means something else there")
    if fixture.owner and work.cases.is_case(Class(module, fixture.owner)):
        return Refusal("foreign-base", "it is of a unittest class")
    return (
        elsewhere.of_module(module, work)
        or _of_tests(fixture, work)
        or awaited_by(fixture, work)
    )


_LIBRARY = frozenset({External("pytest_asyncio")})


def _is_mark(node: ast.expr, module: Module, work: Work) -> bool:
    values = work.index.value(node, module)
    return bool(values) and all(
        isinstance(each, External) and each.name.startswith("pytest.mark.")
        for each in values
    )


def _of_tests(fixture: Function, work: Work) -> Refusal | None:
    """Refuse what tests of other frameworks use."""
    for test in work.users.tests(fixture):
        if work.cases.running(test):
            return Refusal("foreign-base", f"unittest runs {test.name}, which uses it")
        if found := elsewhere.of_test(test, work):
            message = f"{test.name} uses it: {found.message}"
            return Refusal(found.reason, message)
    return None


@dataclass(eq=False)
class _Scopes:
    """Says which loops fit, and gives up the fixtures for which none does."""

    work: Work
    plain: list[Function]
    narrow: list[Function]
    refused: dict[Function, Refusal]
    _fixtures: set[Function] = field(default_factory=set)

    def settled(self) -> Repairs:
        """Return what can be repaired."""
        while True:
            scopes: dict[Function, str] = {}
            marks: dict[Function, str] = {}
            failed: list[Function] = []
            for group in self._groups():
                scope = reduce(wider, (self._own(each) for each in group))
                refusal = self._misfit(group, scope)
                if refusal is None:
                    scopes |= {f: scope for f in group if self._has_to_say(f, scope)}
                    marks |= {t: scope for t in group if self._lacks(t, scope)}
                    continue
                widest = [
                    each
                    for each in group
                    if each in self._all and self._own(each) == scope
                ]
                failed += widest or [each for each in group if each in self._all]
                self.refused |= dict.fromkeys(failed, refusal)
            if not failed:
                return Repairs(tuple(self.plain), scopes, marks, self.refused)
            self.plain = [each for each in self.plain if each not in failed]
            self.narrow = [each for each in self.narrow if each not in failed]

    @property
    def _all(self) -> set[Function]:
        return {*self.plain, *self.narrow}

    def _groups(self) -> Iterator[list[Function]]:
        """Yield fixtures to repair with what shares a loop with them."""
        seen: set[Function] = set()
        repaired = self._all
        for fixture in (*self.plain, *self.narrow):
            if fixture in seen:
                continue
            group: dict[Function, None] = {fixture: None}
            pending = [fixture]
            while pending:
                each = pending.pop()
                for other in self._beside(each):
                    if other not in group:
                        group[other] = None
                        if other in repaired or other not in self._fixtures:
                            pending.append(other)
            seen |= set(group)
            yield list(group)

    def _beside(self, function: Function) -> Iterator[Function]:
        for each in self.work.users.used(function):
            if self.work.is_coroutine(each) and each not in self.refused:
                self._fixtures.add(each)
                yield each
        if function in self._all:
            for test in self.work.users.tests(function):
                if self.work.is_coroutine(test):
                    yield test

    def _own(self, function: Function) -> str:
        """Return the scope that a function asks for itself."""
        if known := self.work.colouring.event_loops.scopes.get(function):
            return known
        index = self.work.index
        of_fixtures, of_tests = self.work.default_scopes(function.module.path)
        decorator = fixture_decorator(function, index)
        if decorator is None:
            if function in self.work.coloured:
                return self.work.colouring.scopes.get(function, _NARROW)
            return marked_scope(function, index) or of_tests or _NARROW
        lives = scope_of(function, index) or _NARROW
        if said := written(decorator, "loop_scope"):
            return said if said in SCOPES else "session"
        if function in self._all:
            return wider(of_fixtures or _NARROW, lives)
        return of_fixtures or lives

    def _misfit(self, group: list[Function], scope: str) -> Refusal | None:
        for each in group:
            if scope != _NARROW and self.work.sources.lacks(
                "loop_scope", each.module.path
            ):
                return old_plugin(each.node.name)
            if each in self._all or self._own(each) == scope:
                continue
            if each not in self._fixtures and self._lacks(each, scope):
                if not self._may_say(each):
                    message = f"{each.name} stays on another loop"
                    return Refusal("outside-selection", message)
                continue
            message = f"{each.name} runs on another loop than what it is used with"
            return Refusal("multi-loop", message)
        wide = [each for each in group if self._has_to_say(each, scope)]
        for each in wide:
            if not self.work.is_free(_RULE, each.module, each.node):
                message = f"{each.name} stays as it is"
                return Refusal("outside-selection", message)
        return None

    def _has_to_say(self, fixture: Function, scope: str) -> bool:
        if fixture not in self._all or scope == _NARROW:
            return False
        default, _ = self.work.default_scopes(fixture.module.path)
        return default != scope

    def _lacks(self, test: Function, scope: str) -> bool:
        """Whether the marker of a test has to say a scope, and says none."""
        if test in self._fixtures or test in self._all or test in self.work.coloured:
            return False
        if self._own(test) == scope:
            return False
        return marked_scope(test, self.work.index) == ""

    def _may_say(self, test: Function) -> bool:
        return self.work.is_free(_RULE, test.module, test.node)
