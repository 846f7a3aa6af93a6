"""The overrides of ``event_loop``: which of them go, and what stays of their effect.

Up to pytest-asyncio 0.26 async tests and fixtures run on the loop of the override
that they see; from 1.0 on they run on loops of their own, whose scopes they say.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.colour.closed import because
from awaitify_codemods.colour.colouring import in_order
from awaitify_codemods.colour.hooked import not_hooked, not_reached
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.asyncio_marks import asyncio_marks, marked_scope
from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    is_autouse,
    keyword,
    written,
)
from awaitify_codemods.facts.fixture_users import region
from awaitify_codemods.facts.given_loops import misused
from awaitify_codemods.facts.loop_overrides import (
    CONFIGURED,
    CONFIGURING,
    HOOKED,
    NAME,
    OWN_CLASS,
    Override,
)
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.objections.decorators import runs_elsewhere
from awaitify_codemods.strict import elsewhere

RULE = "AW304"

Free = Callable[[str, Module, ast.AST], bool]


@dataclass(eq=False)
class EventLoops:
    """Judges overrides with those that ask for them, and with those that see them.

    Args:
        free: whether a rule may edit a node.
        kept: why an override is not to be changed, or to go.
        left: what stays sync, and the overrides that stay; it grows.

    """

    project: Project
    free: Free
    kept: Callable[[Function], Refusal | None]
    left: Mapping[Function, Refusal]
    _fixed: dict[Function, Refusal | None] = field(default_factory=dict)
    _run: dict[Function, bool] = field(default_factory=dict)
    _seen: dict[Function, Override | None] = field(default_factory=dict)

    @cached_property
    def all(self) -> tuple[Override, ...]:
        """The overrides of the test code."""
        return tuple(self._search())

    def _search(self) -> Iterator[Override]:
        for path in self.project.index.words.files_with(NAME):
            module = None
            if path in self.project.test_code:
                module = self.project.index.module(path)
            for node in module.functions if module else ():
                assert module is not None
                if node.decorator_list:
                    found = self.project.overrides.of(Function(module, node))
                    if found is not None:
                        yield found

    @cached_property
    def sources(self) -> tuple[Function, ...]:
        """What gives loops by that name: the overrides, and pytest-asyncio's own."""
        own = self.project.fixtures.event_loop
        found = [each.fixture for each in self.all]
        asked = self.project.index.words.files_with(NAME)
        return (*found, own) if own and asked else tuple(found)

    @cached_property
    def asking(self) -> Mapping[Function, tuple[Function, ...]]:
        """Who asks for what each of them gives, be it by another name."""
        return {each: tuple(self._asking(each)) for each in self.sources}

    def _asking(self, source: Function) -> Iterator[Function]:
        pending, seen = [source], {source}
        while pending:
            for each in self.project.users.asking(pending.pop()):
                if each not in seen:
                    seen.add(each)
                    if self.project.loop_fixtures.gives(each):
                        pending.append(each)
                    else:
                        yield each

    def seeds(self) -> Iterator[Function]:
        """Yield the sync tests and fixtures that ask for a loop: they get one."""
        loops = self.project.loop_fixtures
        for source, asking in self.asking.items():
            override = self.project.overrides.of(source)
            if override is not None and override.may_go:
                for each in asking:
                    if not each.is_async and loops.is_event_loop(each):
                        yield each
        for override in self.all:
            if override.may_go and is_autouse(override.fixture, self.project.index):
                yield from self._needing(override, set())

    def _needing(
        self, override: Override, coloured: set[Function]
    ) -> Iterator[Function]:
        """Yield the sync code that needs the loop that an override makes current."""
        for each in self.project.leftovers.needing(coloured):
            if self.seen(each) is override:
                yield each

    def objections(self, coloured: set[Function]) -> Iterator[tuple[Function, Refusal]]:
        """Yield the overrides that have to stay, and why."""
        for override in self.all:
            if override.fixture not in self.left:
                found = self._fixed_refusal(override) or self._needed(
                    override, coloured
                )
                if found:
                    yield override.fixture, found

    def _fixed_refusal(self, override: Override) -> Refusal | None:
        fixture = override.fixture
        if fixture not in self._fixed:
            self._fixed[fixture] = self._refuse(override)
        return self._fixed[fixture]

    def _refuse(self, override: Override) -> Refusal | None:
        """Return why an override stays, whatever becomes of others."""
        fixture = override.fixture
        if not override.may_go:
            own = override.kind == OWN_CLASS
            return Refusal("loop-factory" if own else "mixed-use", override.why)
        if found := self.kept(fixture):
            return found
        for reference in self.project.references.to(fixture):
            where = f"{reference.module.path}:{reference.node.lineno}"
            return Refusal("helper-escapes", f"it is mentioned elsewhere ({where})")
        return (
            self._mentioned(fixture)
            or self._asked_around(fixture)
            or (self._not_told(override) if override.kind == CONFIGURED else None)
            or (not_hooked(override, self.project) if override.kind == HOOKED else None)
            or (self._under_another(override) if override.kind != HOOKED else None)
        )

    def _under_another(self, override: Override) -> Refusal | None:
        """Refuse what keeps loops of another kind from some tests."""
        here = region(override.fixture)
        for each in self.all:
            if each.kind == HOOKED and here.startswith(region(each.fixture)):
                where = f"{each.fixture.module.path}:{each.fixture.node.lineno}"
                message = f"it overrides a loop of another kind ({where})"
                return Refusal("loop-factory", message)
        return None

    def _not_told(self, override: Override) -> Refusal | None:
        """Refuse where no async fixture can tell all tests' loops something."""
        fixture = override.fixture
        if self.project.index.words.files_with(CONFIGURING):
            return Refusal("name-taken", f"{CONFIGURING} means something else")
        decorator = fixture_decorator(fixture, self.project.index)
        assert decorator is not None
        off = keyword(decorator, "autouse") and not is_autouse(
            fixture, self.project.index
        )
        if off or written(decorator, "name"):
            return Refusal("unknown-value", "it is declared in a way of its own")
        for test in self._tests(override):
            if self.project.cases.running(test):
                message = f"unittest runs {test.name}, on a loop of its own"
                return Refusal("foreign-base", message)
            if test.is_async and not self.runs(test):
                message = f"{test.name} runs on another framework"
                return Refusal("anyio-or-trio", message)
        return None

    def _tests(self, override: Override) -> Iterator[Function]:
        """Yield the tests that see an override."""
        for path in sorted(self.project.test_code):
            module = self.project.index.module(path)
            for node in module.functions if module else ():
                assert module is not None
                function = Function(module, node)
                if is_test(function) and self.seen(function) is override:
                    yield function

    def untold(
        self, coloured: set[Function], scopes: Mapping[Function, str]
    ) -> Iterator[tuple[Function, Refusal]]:
        """Yield the overrides that tell loops something that some tests do not get.

        Args:
            coloured: what becomes async.
            scopes: the loop scopes of tests that run on wider loops.

        """
        for override in self.going():
            if override.kind != CONFIGURED or self._fixed_refusal(override):
                continue
            for test in self._tests(override):
                scope = scopes.get(test, "function")
                if test in coloured or test.is_async:
                    if scope != override.scope:
                        message = f"{test.name} runs on a loop of another scope"
                        yield override.fixture, Refusal("multi-loop", message)
                        break

    def unreached(
        self, coloured: set[Function], scopes: Mapping[Function, str]
    ) -> Iterator[tuple[Function, Refusal]]:
        """Yield the overrides that give some tests loops which a hook would not.

        Args:
            coloured: what becomes async.
            scopes: the loop scopes of tests that run on wider loops.

        """
        going, project = self.going(), self.project
        for override in going:
            if override.kind == HOOKED and not self._fixed_refusal(override):
                found = not_reached(
                    override, going, self.all, coloured, scopes, project
                )
                if found:
                    yield override.fixture, found

    def _mentioned(self, fixture: Function) -> Refusal | None:
        """Refuse what a string or an import may mean."""
        for path in self.project.index.words.files_with(NAME):
            module = self.project.index.module(path)
            if module is None:
                return Refusal("unresolved", f"{path} cannot be read")
            for statement in module.imports:
                if any(alias.name == NAME for alias in statement.names):
                    where = f"{path}:{statement.lineno}"
                    return Refusal("import-shared", f"it is imported ({where})")
            for constant in module.strings_naming(NAME):
                if constant.value == NAME and not self._is_request(constant, module):
                    where = f"{path}:{constant.lineno}"
                    return Refusal("dynamic-call", f"a string names it ({where})")
        return None

    def _is_request(self, constant: ast.Constant, module: Module) -> bool:
        """Whether a string asks for the fixture, or is the name that it is given."""
        parent = module.parents[constant]
        if isinstance(parent, ast.keyword):
            return parent.arg == "name"
        if not isinstance(parent, ast.Call):
            return False
        return bool(self.project.fixtures.marked(parent, module)) or (
            getattr(parent.func, "attr", "") == "getfixturevalue"
        )

    def _asked_around(self, fixture: Function) -> Refusal | None:
        for each in self.asking[fixture]:
            if not self.project.loop_fixtures.is_event_loop(each):
                return Refusal("unknown-value", f"a decorator of {each.name} gives it")
            asked = self.project.loop_fixtures.asked(each)
            rest = asked.keys() - self.project.loop_fixtures.dropped(each).keys()
            for name in sorted(rest):
                message = f"a mark around {each.name} asks for {name}"
                return Refusal("unknown-value", message)
            if each.is_async and (found := self.misuse(each)):
                return Refusal(found.reason, f"{each.name}: {found.message}")
        return None

    def misuse(self, function: Function) -> Refusal | None:
        """Return why a coroutine function has to go on asking for its loop."""
        if not self.free(RULE, function.module, function.node):
            return Refusal("outside-selection", "it stays as it is")
        if not self.runs(function):
            return Refusal("anyio-or-trio", "something else runs it")
        names = self.project.loop_fixtures.dropped(function)
        real = any(
            self.project.fixtures.event_loop != each
            for each in self.project.loop_fixtures.loops_of(function)
        )
        return misused(function, names, real, self.project.index)

    def _needed(self, override: Override, coloured: set[Function]) -> Refusal | None:
        for each in self.asking[override.fixture]:
            if not each.is_async and each not in coloured:
                message = f"{each.name} stays, and needs it"
                refusal = Refusal("multi-loop", message)
                return because(refusal, self.left.get(each))
        if is_autouse(override.fixture, self.project.index):
            for each in self._needing(override, coloured):
                where = self.project.leftovers.where(each)
                message = f"{each.name} stays sync and needs the current loop ({where})"
                return because(Refusal("multi-loop", message), self.left.get(each))
        return None

    def seen(self, function: Function) -> Override | None:
        """Return the override that a test or fixture sees; None for none."""
        if not self.all:
            return None
        if function not in self._seen:
            found = self.project.fixtures.visible(NAME, function)
            known = {each.fixture: each for each in self.all}
            self._seen[function] = known.get(found) if found else None
        return self._seen[function]

    def around(self, function: Function) -> Override | None:
        """Return the override that goes and whose effect stays for a function."""
        override = self.seen(function)
        if override is None or override.fixture in self.left:
            return None
        return None if self._is_adapted(override) else override

    def _is_adapted(self, override: Override) -> bool:
        """Whether the tests there say their loops' scopes, and it has no effect."""
        own = region(override.fixture)
        index = self.project.index
        if self.project.default_scopes(override.fixture.module.path)[1]:
            return True
        return any(
            path in self.project.test_code and (path.startswith(own) or path in own)
            for path in index.words.files_with("loop_scope")
        )

    def is_explicit(self, function: Function) -> bool:
        """Whether a test or fixture says itself on which loop it runs."""
        decorator = fixture_decorator(function, self.project.index)
        if decorator is not None:
            return written(decorator, "loop_scope") != ""
        return is_test(function) and marked_scope(function, self.project.index) != ""

    def may_say(self, function: Function) -> bool:
        """Whether a function can be told to run on another loop."""
        return (
            function.is_async
            and function.module.path in self.project.test_code
            and not self.is_explicit(function)
            and self.free(RULE, function.module, function.node)
        )

    @cached_property
    def members(self) -> tuple[Function, ...]:
        """The async tests and fixtures that see an override."""
        found: list[Function] = []
        for path in sorted(self.project.test_code) if self.all else ():
            module = self.project.index.module(path)
            for node in module.functions if module else ():
                assert module is not None
                function = Function(module, node)
                if isinstance(node, ast.AsyncFunctionDef) and self.runs(function):
                    if self.seen(function) is not None:
                        found.append(function)
        return tuple(in_order(found))

    def runs(self, function: Function) -> bool:
        """Whether pytest-asyncio runs a function: a test, or a fixture."""
        if fixture_decorator(function, self.project.index):
            return True
        if function not in self._run:
            self._run[function] = is_test(function) and self._runs(function)
        return self._run[function]

    def _runs(self, test: Function) -> bool:
        context = self.project.objections.context
        if self.project.cases.running(test) or runs_elsewhere(test, context):
            return False
        if next(asyncio_marks(test, self.project.index), None) is not None:
            return True
        hooks = elsewhere.hooks(test.module, self.project)
        return self._of_plugin and all(map(elsewhere.marks_only, hooks))

    @cached_property
    def _of_plugin(self) -> bool:
        return elsewhere.of_project(self.project) is None

    def going(self) -> tuple[Override, ...]:
        """Return the overrides that go."""
        return tuple(each for each in self.all if each.fixture not in self.left)

    def dropping(self) -> tuple[Function, ...]:
        """Return the coroutine functions that no longer ask for a loop."""
        found: dict[Function, None] = {}
        own = self.project.fixtures.event_loop
        for source, asking in self.asking.items():
            for each in asking if source == own or source not in self.left else ():
                asks = self.project.loop_fixtures.is_event_loop(each)
                if each.is_async and asks and self.misuse(each) is None:
                    found[each] = None
        return tuple(in_order(found))
