"""Why a function of the test code cannot become a coroutine function.

Each check rejects by early return; the first objection found is the reason that
is reported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.fixtures import Fixtures, fixture_decorator, keyword
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loops import LoopUse, use_of_loops
from awaitify_codemods.facts.module import FUNCTIONS, Module, dotted, every_argument
from awaitify_codemods.facts.reach import Reach, frames_within
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.sites import Refusal, Sites
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Loop,
    Value,
    Values,
)

KEEPING = (
    "pytest.mark.",
    "unittest.mock.patch",
    "mock.patch",
    "mock.mock.patch",
    "freezegun.freeze_time",
    "freezegun.api.freeze_time",
    "time_machine.travel",
    "responses.activate",
    "respx.mock",
    "django.test.override_settings",
    "django.test.utils.override_settings",
    "hypothesis.",
    "unittest.skip",
    "unittest.expectedFailure",
    "flaky.flaky",
    "vcr.use_cassette",
    "builtins.staticmethod",
    "builtins.classmethod",
)
"""Decorators that keep a coroutine function one, and stay active while it runs."""

_OTHER_RUNNERS = frozenset(
    "anyio trio twisted gen_test asyncio_cooperative tornado curio gevent "
    "run_in_pyodide run_loop".split()
)
_XUNIT = frozenset(
    "setup_method teardown_method setup_class teardown_class setup_function "
    "teardown_function setup_module teardown_module setup teardown "
    "setUp tearDown setUpClass tearDownClass setUpModule tearDownModule".split()
)
_LOOP_FIXTURES = frozenset({"event_loop", "loop", "event_loop_policy", "io_loop"})
_QUESTIONS = frozenset(
    "get_running_loop _get_running_loop current_task get_event_loop_policy".split()
)
_PATCHED = re.compile(
    r"(^|\.)asyncio(\.\w+)*\.(run|new_event_loop|get_event_loop|\w*loop)$"
)
_ABOUT_LOOPS = re.compile(r"event loop|cannot be called from a running", re.I)
_UNITTEST = re.compile(
    r"^(unittest|unittest2|asynctest|aiounittest|twisted|tornado|django|testtools)\b"
)


@dataclass(eq=False)
class Objections:
    """Judges functions one by one, apart from what becomes of their callers."""

    index: Index
    runners: Runners
    sites: Sites
    reach: Reach
    references: References
    fixtures: Fixtures

    def to(self, function: Function) -> Refusal | None:
        """Return why a function cannot become async, whatever becomes of others."""
        checks = [self._kind, self._owner, self._names, self._decorators, self._sites]
        if function.is_async:
            checks.append(self._signature)
        else:
            # What follows is the same in a coroutine function that a decorator drove.
            checks += [self._loops, self._about_loops, self._threads, self._asks]
        checks.append(self._fixtures)
        for check in checks:
            found = check(function)
            if found:
                return found
        return None

    def _kind(self, function: Function) -> Refusal | None:
        node = function.node
        if any(
            isinstance(each, (ast.Yield, ast.YieldFrom)) for each in _own_nodes(node)
        ):
            if fixture_decorator(function, self.index):
                return Refusal("helper-escapes", "pytest calls a fixture, not a test")
            return Refusal("generator-test", "a generator cannot become a coroutine")
        if fixture_decorator(function, self.index):
            return Refusal("helper-escapes", "pytest calls a fixture, not a test")
        if node.name.startswith("__") and node.name.endswith("__"):
            return Refusal("helper-escapes", f"Python itself calls {node.name}")
        if node.name in _XUNIT:
            message = f"pytest does not await {node.name}"
            return Refusal("helper-escapes", message)
        if node.name.startswith("pytest_") and function.module.path.endswith(
            "conftest.py"
        ):
            return Refusal("helper-escapes", "pytest calls its hooks without awaiting")
        return None

    def _owner(self, function: Function) -> Refusal | None:
        node = function.owner
        if node is None:
            return None
        owner = Class(function.module, node)
        for each in (owner, *self.references.subclasses(owner)):
            for base in self.index.mro(each)[1:]:
                if base is None:
                    message = f"a base of {each.node.name} is not known"
                    return Refusal("foreign-base", message)
                if isinstance(base, External) and not _is_plain(base.name):
                    message = f"{each.node.name} is a {base.name}"
                    return Refusal("foreign-base", message)
            if any(each.node.keywords):
                message = f"{each.node.name} has a metaclass or keywords"
                return Refusal("foreign-base", message)
        return None

    def _names(self, function: Function) -> Refusal | None:
        """The names that new code needs must not mean something else there."""
        for name in ("asyncio", "pytest"):
            owner = function.scope.find(name)
            if owner is not None:
                values = self.index.bound(owner, name, function.module)
                if values != {External(name)}:
                    message = f"{name} means something else there"
                    return Refusal("name-taken", message)
        return None

    def _decorators(self, function: Function) -> Refusal | None:
        driven = {
            site.node.decorator_list[site.index]
            for site in self.sites.decorated
            if site.node is function.node
        }
        for decorator in function.node.decorator_list:
            if decorator in driven:
                continue
            values = self.index.value(decorator, function.module)
            callee = decorator.func if isinstance(decorator, ast.Call) else decorator
            values = values or self.index.value(callee, function.module)
            if self._runs_otherwise(values):
                message = f"@{dotted(callee)} runs it on another framework"
                return Refusal("anyio-or-trio", message)
            if not values or not all(self._keeps(value) for value in values):
                spelled = dotted(callee) or ast.unparse(callee)
                message = f"@{spelled} is not known to keep a coroutine function"
                return Refusal("injecting-decorator", message)
        return self._marks_around(function)

    def _signature(self, function: Function) -> Refusal | None:
        """A wrapper without ``wraps`` hides parameters and marks from pytest."""
        for site in self.sites.decorated:
            if site.node is not function.node or site.decorator.wraps:
                continue
            parameters = [each.arg for each in every_argument(function.node.args)]
            if (
                parameters not in ([], ["self"])
                or site.node.decorator_list[site.index + 1 :]
            ):
                message = "its decorator hides parameters or marks from pytest"
                return Refusal("injecting-decorator", message)
        return None

    def _marks_around(self, function: Function) -> Refusal | None:
        """Marks of the class and the module hold for the function too."""
        nodes = list(function.owner.decorator_list) if function.owner else []
        for binding in function.module.scope.names.get("pytestmark", ()):
            if isinstance(binding.value, (ast.List, ast.Tuple)):
                nodes += binding.value.elts
            elif binding.value is not None:
                nodes.append(binding.value)
        for node in nodes:
            if self._runs_otherwise(self.index.value(node, function.module)):
                return Refusal("anyio-or-trio", "its marks name another framework")
        return None

    def _runs_otherwise(self, values: Values) -> bool:
        return any(
            isinstance(value, External)
            and value.name.startswith("pytest.mark.")
            and value.name.removeprefix("pytest.mark.").removesuffix("()")
            in _OTHER_RUNNERS
            for value in values
        )

    def _keeps(self, value: Value) -> bool:
        match value:
            case External(name) | Instance(External(name)):
                if name.startswith(KEEPING):
                    return True
                definition = self.index.definition(External(name.removesuffix("()")))
                return isinstance(definition, Function) and _keeps_coroutines(
                    definition.node
                )
            case Function():
                return _keeps_coroutines(value.node)
        return False

    def _sites(self, function: Function) -> Refusal | None:
        module = function.module
        for frame in frames_within(module, function.scope):
            for left in self.sites.left_by_frame.get(frame.node, ()):
                return left.refusal
        for inner in module.functions:
            # A coroutine of the test that drives a loop needs loops to nest.
            if isinstance(inner, ast.AsyncFunctionDef) and function.node in list(
                module.enclosing(inner)
            ):
                for left in self.sites.left_by_frame.get(inner, ()):
                    return left.refusal
        return None

    def loops(self, function: Function) -> LoopUse:
        """Return what becomes of the loops a function makes."""
        if function.is_async:
            return LoopUse()
        return use_of_loops(function.module, function.scope, self.index)

    def _loops(self, function: Function) -> Refusal | None:
        drives = self.sites.by_frame.get(function.node, [])
        use = self.loops(function)
        if use.refusal:
            return use.refusal
        own = {drive.runner.loop for drive in drives if drive.runner.loop}
        named = {loop for loop in own if not _is_chained(loop)}
        scopes = {(loop.scope, _variable(loop)) for loop in named}
        runs = any(
            drive.runner.loop is None or _is_chained(drive.runner.loop)
            for drive in drives
        )
        if len(scopes) > 1 or (scopes and runs and _is_local(named, function)):
            return Refusal("multi-loop", "it runs on more than one loop")
        return None

    def _about_loops(self, function: Function) -> Refusal | None:
        module = function.module
        for decorator in function.node.decorator_list:
            for node in ast.walk(decorator):
                if _patches_loops(node):
                    return Refusal("runner-patched", "it patches what drives loops")
        for node in _sync_nodes(function.node):
            if _patches_loops(node) or self._patches_member(node, module):
                return Refusal("runner-patched", "it patches what drives loops")
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if _ABOUT_LOOPS.search(node.value) and _is_expected(node, module):
                    return Refusal("loop-asserted", "it expects an error about loops")
            if not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            for value in self.index.value(node, module):
                if not isinstance(value, External):
                    continue
                if value.name == "asyncio.all_tasks":
                    return Refusal("all-tasks", "it looks at every task of the loop")
                owner, _, name = value.name.rpartition(".")
                if owner == "asyncio" and name in _QUESTIONS:
                    message = f"it calls {name}() where no loop runs"
                    return Refusal("loop-asserted", message)
        return None

    def _patches_member(self, node: ast.AST, module: Module) -> bool:
        """``patch.object(asyncio, "run")``, ``monkeypatch.setattr(asyncio, "run", f)``."""
        match node:
            case ast.Call(
                func=ast.Attribute(attr="object" | "setattr"), args=[owner, *_]
            ):
                values = self.index.value(owner, module)
                return any(
                    isinstance(value, External) and value.name.startswith("asyncio")
                    for value in values
                ) or any(isinstance(value, Loop) for value in values)
        return False

    def _threads(self, function: Function) -> Refusal | None:
        module = function.module
        for node in _sync_nodes(function.node):
            if not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            if isinstance(node, ast.Attribute) and node.attr in (
                "run_coroutine_threadsafe",
                "Process",
            ):
                processes = node.attr == "Process"
                message = (
                    "it starts processes" if processes else "it uses a loop's thread"
                )
                return Refusal("thread-loop", message)
            for value in self.index.value(node, module):
                if isinstance(value, External) and value.name.startswith(
                    ("multiprocessing.", "asyncio.run_coroutine_threadsafe")
                ):
                    return Refusal("thread-loop", f"it uses {value.name}")
        return None

    def _fixtures(self, function: Function) -> Refusal | None:
        if not is_test(function):
            return None
        for name in sorted(self.fixtures.unknown(function) & _LOOP_FIXTURES):
            return Refusal(
                "unresolved", f"what the fixture {name!r} gives is not known"
            )
        if "benchmark" in self.fixtures.unknown(function):
            return Refusal("benchmark", "it measures synchronous calls")
        for fixture in self.fixtures.of(function):
            found = self._loop_of_fixture(fixture)
            if found:
                return found
        for node in _sync_nodes(function.node):
            if isinstance(node, ast.Attribute) and node.attr == "getfixturevalue":
                return Refusal("dynamic-call", "it asks for a fixture by name")
        return None

    def _loop_of_fixture(self, fixture: Function) -> Refusal | None:
        name = fixture.node.name
        decorator = fixture_decorator(fixture, self.index)
        if fixture.is_async:
            scope = keyword(decorator, "loop_scope") if decorator else None
            scope = scope or (keyword(decorator, "scope") if decorator else None)
            if scope is not None and ast.unparse(scope) != "'function'":
                message = f"the fixture {name!r} runs on a wider loop"
                return Refusal("multi-loop", message)
            return None
        started = self.reach.starts(fixture)
        made = any(
            isinstance(value, Loop)
            or (isinstance(value, Instance) and value.of == _RUNNER)
            for call in fixture.scope.calls
            for value in self.index.value(call, fixture.module)
        )
        if started or made:
            message = f"the fixture {name!r} has a loop of its own"
            return Refusal("multi-loop", message)
        return None

    def _asks(self, function: Function) -> Refusal | None:
        """Sync calls whose outcome depends on whether a loop runs."""
        frames = list(frames_within(function.module, function.scope))
        for frame in frames:
            for call in frame.calls:
                for value in self.index.value(call.func, function.module):
                    if isinstance(value, Function) and self.reach.asks(value):
                        message = f"{value.node.name}() asks whether a loop runs"
                        return Refusal("loop-asserted", message)
        if not self._hands_over_coroutine(function):
            return None
        for frame in frames:
            for call in frame.calls:
                name = getattr(call.func, "attr", "")
                if name in self.reach.asking:
                    message = (
                        f"{name}() may ask whether a loop runs "
                        f"({self.reach.asking[name]})"
                    )
                    return Refusal("loop-asserted", message)
        return None

    def _hands_over_coroutine(self, function: Function) -> bool:
        """Whether sync code of a test gives coroutine functions to code under test."""
        drives = {drive.node for drive in self.sites.by_frame.get(function.node, ())}
        for frame in frames_within(function.module, function.scope):
            for call in frame.calls:
                if call in drives:
                    continue
                given = [*call.args, *(each.value for each in call.keywords)]
                if any(self._is_coroutine_function(each, function) for each in given):
                    return True
        return False

    def _is_coroutine_function(self, node: ast.expr, function: Function) -> bool:
        for value in self.index.value(node, function.module):
            if isinstance(value, Function) and value.is_async:
                return True
            if isinstance(value, Instance) and isinstance(value.of, Class):
                called = self.index.attribute(value.of, "__call__")
                if any(isinstance(each, Function) and each.is_async for each in called):
                    return True
        return False


_RUNNER = External("asyncio.Runner")


def is_test(function: Function) -> bool:
    """Whether pytest would collect a function, or a subclass of where it stands."""
    scope = function.module.at[function.node]
    return function.node.name.startswith("test") and scope.kind in ("module", "class")


def _is_plain(name: str) -> bool:
    return name in ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol")


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's own frame."""
    pending = list(getattr(node, "body", []))
    while pending:
        each = pending.pop()
        yield each
        if not isinstance(each, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(each))


def _sync_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run outside coroutines when a sync function is called."""
    pending = list(getattr(node, "body", []))
    while pending:
        each = pending.pop()
        if isinstance(each, ast.AsyncFunctionDef):
            continue
        yield each
        pending.extend(ast.iter_child_nodes(each))


def _patches_loops(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_PATCHED.search(node.value))
    )


def _is_expected(node: ast.Constant, module: Module) -> bool:
    """Whether a text is what an assertion expects."""
    for outer in module.enclosing(node):
        if isinstance(outer, (ast.Assert, ast.withitem)):
            return True
        if isinstance(outer, ast.Call):
            name = getattr(outer.func, "attr", getattr(outer.func, "id", ""))
            if name.startswith(("raises", "warns", "assert")):
                return True
        if isinstance(outer, ast.stmt):
            return False
    return False


def _is_chained(loop: Loop) -> bool:
    parent = loop.module.parents[loop.node]
    return isinstance(parent, ast.Attribute)


def _variable(loop: Loop) -> str:
    """Return the name a loop is bound to, so that fall-backs count as one loop."""
    parent = loop.module.parents[loop.node]
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        return parent.targets[0].id
    return f"{loop.node.lineno}:{loop.node.col_offset}"


def _is_local(loops: set[Loop], function: Function) -> bool:
    return any(loop.scope is function.scope for loop in loops)


def _keeps_coroutines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator returns what it is given, or knows coroutine functions."""
    if not isinstance(node, ast.FunctionDef):
        return False
    inner = [each for each in ast.walk(node) if isinstance(each, ast.AsyncFunctionDef)]
    asks = any(
        isinstance(each, (ast.Name, ast.Attribute))
        and (getattr(each, "attr", "") or getattr(each, "id", ""))
        == "iscoroutinefunction"
        for each in ast.walk(node)
    )
    if inner and asks:
        return True
    return _returns_argument(node)


def _returns_argument(node: ast.FunctionDef) -> bool:
    parameters = [each.arg for each in node.args.args]
    returns = [each for each in _own_nodes(node) if isinstance(each, ast.Return)]
    if not returns or not parameters:
        return bool(returns) and _returns_inner(node, returns)
    return all(
        isinstance(each.value, ast.Name) and each.value.id == parameters[0]
        for each in returns
    ) or _returns_inner(node, returns)


def _returns_inner(node: ast.FunctionDef, returns: list[ast.Return]) -> bool:
    """A decorator with arguments: judge the decorator that it returns."""
    inner = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    return len(returns) == 1 and any(
        isinstance(each.value, ast.Name)
        and each.value.id in inner
        and len(inner[each.value.id].args.args) == 1
        and _returns_argument(inner[each.value.id])
        for each in returns
    )
