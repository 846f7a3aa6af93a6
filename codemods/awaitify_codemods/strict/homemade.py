"""Whether a home-made plugin can go: all of its tests have to be marked, or none is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.current import CurrentLoop
from awaitify_codemods.facts.fixture_decorators import (
    decorator_name,
    fixture_decorator,
    wider,
)
from awaitify_codemods.facts.fixtures import marks_of
from awaitify_codemods.facts.in_doubt import InDoubt
from awaitify_codemods.facts.module import Binding, Module, Scope
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, File, Function
from awaitify_codemods.leftovers import Leftovers
from awaitify_codemods.objections import is_test
from awaitify_codemods.old_plugin import old_plugin
from awaitify_codemods.strict import elsewhere
from awaitify_codemods.strict.collected import is_collected, is_marked, is_plain
from awaitify_codemods.strict.hooks import Hook, read
from awaitify_codemods.strict.repairs import needed_scope
from awaitify_codemods.work import Work

CODE = "AW331"
_PLUGIN = "pytest-asyncio"
_PYTEST = frozenset({External("pytest")})
_LOOPS = frozenset({"event_loop", "loop", "io_loop"})


@dataclass(frozen=True)
class Retired:
    """A hook that goes, and what becomes of the tests that it ran."""

    hook: Hook
    unmarked: dict[Function, str] = field(default_factory=dict)
    """The tests that get a marker, and the loop scope that it has to say."""
    idle: frozenset[Function] = frozenset()
    """Those among them that the hook left alone: nothing ran them."""


def hooks(work: Work, modules: Iterable[Module]) -> Iterator[Hook]:
    """Yield the hooks of conftest files that do nothing but run coroutine tests."""
    for module in modules:
        if module.path.rpartition("/")[2] == "conftest.py":
            for node in module.tree.body:
                if isinstance(node, ast.FunctionDef):
                    hook = read(Function(module, node), work)
                    if hook is not None:
                        yield hook


def judged(hook: Hook, known: Iterable[Hook], work: Work) -> Retired | Refusal:
    """Return what takes a hook's place, or why it stays.

    Args:
        hook: a home-made plugin.
        known: all of them.
        work: the colouring.

    """
    return _Region(hook, {each.function.node for each in known}, work).judged()


@dataclass(eq=False)
class _Region:
    """The tests that a hook of a conftest is called for."""

    hook: Hook
    known: set[ast.AST]
    work: Work

    def judged(self) -> Retired | Refusal:
        found = self._of_project() or self._of_hook()
        if found:
            return found
        unmarked: dict[Function, str] = {}
        idle: set[Function] = set()
        for path in self.work.index.files:
            if self._may_be_tests(path):
                return Refusal("unresolved", f"{path} may be collected, too")
        for path in self._paths():
            module = self.work.index.module(path)
            if module is None:
                return Refusal("unresolved", f"{path} cannot be read")
            if refusal := self._of_module(module):
                return refusal
            for test in dict.fromkeys(self._tests(module)):
                if refusal := self._of_test(test):
                    return refusal
                if not is_marked(test, self.work) and self._is_strict(test):
                    scope = self._scope(test)
                    if scope and self.work.sources.lacks("loop_scope", path):
                        return old_plugin(test.node.name)
                    unmarked[test] = scope
                    if not self._is_run(test):
                        idle.add(test)
        return Retired(self.hook, unmarked, frozenset(idle))

    @property
    def _folder(self) -> str:
        folder = self.hook.function.module.path.rpartition("/")[0]
        return f"{folder}/" if folder else ""

    def _paths(self) -> list[str]:
        return [
            path
            for path in sorted(self.work.tests)
            if path.startswith(self._folder)
            and path.rpartition("/")[2] != "conftest.py"
        ]

    def _may_be_tests(self, path: str) -> bool:
        """Whether a file looks like one of tests, and is not known as one."""
        name = path.rpartition("/")[2]
        if not path.startswith(self._folder) or path in self.work.tests:
            return False
        if not (name.startswith("test") or name.endswith("_test.py")):
            return False
        return b"async def test" in self.work.index.files[path]

    def _is_strict(self, test: Function) -> bool:
        return self.work.mode(test.module.path) == "strict"

    def _is_run(self, test: Function) -> bool:
        """Whether the hook ran a test that has no asyncio marker."""
        wanted = f"pytest.mark.{self.hook.marker}"
        return not self.hook.marker or any(
            isinstance(value, External) and value.name.removesuffix("()") == wanted
            for mark in marks_of(test)
            for value in self.work.index.value(mark, test.module)
        )

    def _scope(self, test: Function) -> str:
        scope = needed_scope(test, self.work)
        if self.hook.shares_loop:
            scope = wider(scope, "session")
        _, default = self.work.default_scopes(test.module.path)
        return "" if scope == (default or "function") else scope

    def _of_project(self) -> Refusal | None:
        work = self.work
        if found := elsewhere.of_project(work):
            return found
        if work.sources.lacks(_PLUGIN, self.hook.function.module.path):
            message = (
                f"{_PLUGIN} is not installed, and nothing declares what tests require"
            )
            return Refusal("old-plugin", message)
        if self.hook.ends_loop:
            return None
        if found := self._beside():
            return found
        test_code = work.references.test_code
        current = CurrentLoop(work.index, test_code)
        doubt = InDoubt(work.index, work.references)
        leftovers = Leftovers(work.index, current, work.sites, doubt)
        for each in leftovers.needing(set(work.coloured)):
            message = f"{each.node.name} needs the loop that it leaves"
            return Refusal("multi-loop", f"{message} ({leftovers.where(each)})")
        return None

    def _beside(self) -> Refusal | None:
        """Refuse where others drive the loop that the tests share."""
        for drive in self.work.sites.drives if self.hook.shares_loop else ():
            loop, scope = drive.runner.loop, drive.scope
            own = loop is None or (loop.kind == "new" and loop.scope is scope)
            if not own and scope is not self.hook.function.scope:
                where = f"{drive.module.path}:{drive.node.lineno}"
                return Refusal("multi-loop", f"its loop may run at {where}, too")
        return None

    def _of_hook(self) -> Refusal | None:
        function, work = self.hook.function, self.work
        name, home = function.node.name, function.module.path
        if not work.is_free(CODE, function.module, function.node):
            return Refusal("outside-selection", "it is to stay")
        if name == "pytest_collection_modifyitems" and any(
            not path.startswith(self._folder) for path in work.tests
        ):
            return Refusal("outside-selection", "it is called for tests elsewhere, too")
        for reference in work.references.to(function):
            where = f"{reference.module.path}:{reference.node.lineno}"
            return Refusal("helper-escapes", f"it is used elsewhere ({where})")
        for path in work.index.words.files_with(name):
            module = work.index.module(path) if path != home else None
            for statement in module.imports if module else ():
                if any(alias.name == name for alias in statement.names):
                    where = f"{path}:{statement.lineno}"
                    return Refusal("helper-escapes", f"it is used elsewhere ({where})")
        return None

    def _of_module(self, module: Module) -> Refusal | None:
        work = self.work
        mode = work.mode(module.path)
        if mode not in ("strict", "auto"):
            return Refusal("anyio-or-trio", f"{mode} runs tests of its region")
        if found := elsewhere.of_library(module):
            return Refusal(found.reason, f"{module.path}: {found.message}")
        for other in elsewhere.hooks(module, work):
            if other.node not in self.known:
                where = f"{other.module.path}:{other.node.lineno}"
                message = f"{other.node.name} may rely on it ({where})"
                return Refusal("unresolved", message)
        return self._made_otherwise(module) or self._inherited(module)

    def _inherited(self, module: Module) -> Refusal | None:
        """Refuse tests of bases, and of decorators, of which nothing is known."""
        for node in module.classes:
            owner = Class(module, node)
            if node.name.startswith("Test") and not self.work.cases.is_case(owner):
                if not is_plain(owner, self.work):
                    where = f"{module.path}:{node.lineno}"
                    message = f"a base of {node.name} may have tests ({where})"
                    return Refusal("foreign-base", message)
        for definition in module.functions:
            function = Function(module, definition)
            if isinstance(definition, ast.FunctionDef) and is_test(function):
                for decorator in definition.decorator_list:
                    if self._may_make_coroutine(decorator, module):
                        where = f"{module.path}:{decorator.lineno}"
                        message = f"it may make a coroutine function ({where})"
                        return Refusal("injecting-decorator", message)
        return None

    def _may_make_coroutine(self, decorator: ast.expr, module: Module) -> bool:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        for value in self.work.index.value(callee, module):
            if isinstance(value, External) and value.name.endswith("coroutine"):
                return True
            if isinstance(value, Function) and any(
                isinstance(each, ast.AsyncFunctionDef) for each in ast.walk(value.node)
            ):
                return True
        return False

    def _made_otherwise(self, module: Module) -> Refusal | None:
        """Refuse tests that are not written out as functions of their own."""
        for statement in module.stars:
            path = self.work.index.source_of(statement, module)
            source = self.work.index.module(path) if path else None
            if source is None or any(
                isinstance(each, ast.AsyncFunctionDef) for each in source.functions
            ):
                where = f"{module.path}:{statement.lineno}"
                message = f"tests may come from a star import ({where})"
                return Refusal("unresolved-import", message)
        for name in ("globals", "locals", "vars", "exec", "setattr"):
            for use in module.uses.get(name, ()):
                if isinstance(use, ast.Name):
                    where = f"{module.path}:{use.lineno}"
                    return Refusal("dynamic-call", f"tests may be made there ({where})")
        scopes = [module.scope, *(module.scopes[each] for each in module.classes)]
        for scope in scopes:
            for name, bindings in scope.names.items():
                if name.startswith(("test", "Test")):
                    for binding in bindings:
                        if not self._is_sync(binding, name, scope, module):
                            line = getattr(binding.node, "lineno", 1)
                            message = f"{name} may be a test ({module.path}:{line})"
                            return Refusal("unresolved", message)
        return None

    def _is_sync(
        self, binding: Binding, name: str, scope: Scope, module: Module
    ) -> bool:
        """Whether what binds a name is a definition, or no coroutine function."""
        if binding.kind in ("def", "class") or isinstance(binding.node, ast.Import):
            return True
        if isinstance(binding.value, ast.Constant):
            return True
        values = self.work.index.bound(scope, name, module)
        return bool(values) and all(
            isinstance(each, File)
            or (isinstance(each, Function) and isinstance(each.node, ast.FunctionDef))
            for each in values
        )

    def _tests(self, module: Module) -> Iterator[Function]:
        """Yield the coroutine functions that pytest may collect, and inherited ones."""
        for node in module.functions:
            if module.at[node].kind in ("module", "class"):
                yield from self._coroutine(Function(module, node))
        for owner in module.classes:
            for base in self.work.index.mro(Class(module, owner)):
                if isinstance(base, Class) and base.module is not module:
                    for each in base.node.body:
                        if isinstance(each, ast.AsyncFunctionDef):
                            yield from self._coroutine(Function(base.module, each))

    def _coroutine(self, function: Function) -> Iterator[Function]:
        node, work = function.node, self.work
        if not isinstance(node, ast.AsyncFunctionDef) or function in work.coloured:
            return
        if ast.Yield in function.module.kinds(node):
            return  # no coroutine function: no hook runs it
        if fixture_decorator(function, work.index):
            return
        if any(site.node is node for site in work.sites.decorated):
            return  # a decorator has made it sync
        if is_test(function) or not (function.owner or work.references.to(function)):
            yield function

    def _of_test(self, test: Function) -> Refusal | None:
        work, where = self.work, f"{test.module.path}:{test.node.lineno}"
        if not is_test(test):
            message = f"pytest may be what calls {test.node.name} ({where})"
            return Refusal("unresolved", message)
        if test.owner:
            owner = Class(test.module, test.owner)
            running = work.cases.running(test)
            if running:
                below = [owner, *work.references.subclasses(owner)]
                if all(each in running for each in below if each != owner):
                    return None  # unittest runs it
                message = f"unittest runs {test.node.name}, too ({where})"
                return Refusal("foreign-base", message)
            if not is_collected(test, work):
                return Refusal("unresolved", f"{owner.node.name} may be collected")
            if not is_plain(owner, work):
                message = f"a base of {owner.node.name} is not known ({where})"
                return Refusal("foreign-base", message)
        for found in (work.decorated(test), elsewhere.of_test(test, work)):
            if found and not self._is_own_mark(found):
                return Refusal(found.reason, f"{where}: {found.message}")
        if not self._is_strict(test):
            return None
        return self._unmarkable(test) or self._fed(test)

    def _is_own_mark(self, refusal: Refusal) -> bool:
        """Whether what seems to run a test is the hook itself."""
        said = refusal.message.replace(".", " ").split()
        return refusal.reason == "anyio-or-trio" and self.hook.marker in said

    def _unmarkable(self, test: Function) -> Refusal | None:
        work, module = self.work, test.module
        where = f"{module.path}:{test.node.lineno}"
        if is_marked(test, work):
            said = marked_scope(test, work.index)
            if self.hook.shares_loop and said != "session":
                message = f"its tests share one loop, which a marker denies ({where})"
                return Refusal("multi-loop", message)
            return None
        taken = module.at[test.node].find("pytest")
        if taken and work.index.bound(taken, "pytest", module) != _PYTEST:
            return Refusal("name-taken", f"pytest means something else ({where})")
        if not work.is_free(CODE, module, test.node):
            message = f"{test.node.name} cannot be marked: it is to stay ({where})"
            return Refusal("outside-selection", message)
        return None

    def _fed(self, test: Function) -> Refusal | None:
        """Refuse tests whose fixtures give what only the hook's runs make good."""
        work = self.work
        asked = {*work.fixtures.missing(test)}
        for fixture in work.users.used(test):
            name = fixture.node.name
            asked.add(name)
            decorator = fixture_decorator(fixture, work.index)
            assert decorator is not None
            made = decorator_name(decorator, fixture, work.index)
            where = f"{fixture.module.path}:{fixture.node.lineno}"
            if fixture.is_async and not made.startswith("pytest_asyncio"):
                message = f"tests get a coroutine from {name}, and await it ({where})"
                return Refusal("mixed-use", message)
            if not fixture.is_async and fixture not in work.coloured:
                if work.shares_loop(fixture):
                    message = f"the fixture {name!r} has a loop of its own ({where})"
                    return Refusal("multi-loop", message)
        for name in sorted(asked & _LOOPS):
            return Refusal("multi-loop", f"{test.node.name} asks for {name!r}")
        return None
