"""What a call from a test may reach: code that starts a loop, or asks for one.

A test that becomes a coroutine function runs inside a loop. Sync code that it
calls then finds one running: ``asyncio.run`` raises, and code that falls back
where there is no loop takes another path.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.foreign import KNOWN, is_followed
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope, spelled
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    Function,
    Instance,
    Member,
    Value,
    external_name,
)
from awaitify_codemods.facts.words import may_drive

_STARTERS = frozenset(
    {
        "asgiref.sync.async_to_sync",
        "anyio.from_thread.run",
        "trio.run",
        "uvloop.run",
        "fastapi.testclient.TestClient",
        "starlette.testclient.TestClient",
        "flask.testing.FlaskClient",
        "aiohttp.web.run_app",
        "IPython.start_ipython",
    }
)
_COMMAND_RUNNERS = frozenset(
    {
        "click.testing.CliRunner",
        "typer.testing.CliRunner",
        "asyncclick.testing.CliRunner",
    }
)
_ASKING = frozenset(
    {"get_running_loop", "_get_running_loop", "get_event_loop", "current_task"}
)
# How far callers are followed by name alone, and names too common to follow.
_HOPS = 5
_EVERYBODYS = frozenset(
    "add append clear close copy count decode encode extend format get index "
    "insert items join keys pop read remove replace set sort split strip update "
    "values".split()
)
_CAUGHT = frozenset({"RuntimeError", "Exception", "except"})
_DEPTH = 12
_DEPTH_INSTALLED = 6


@dataclass(eq=False)
class Reach:
    """Answers for the functions of a project; remembers them.

    Args:
        index: the project's files.
        runners: recognises what drives.
        test_code: the files that are migrated; all others are under test.

    """

    index: Index
    runners: Runners
    test_code: frozenset[str]
    _starts: dict[ast.AST, str] = field(default_factory=dict)
    _asks: dict[ast.AST, bool] = field(default_factory=dict)

    @cached_property
    def under_test(self) -> list[Module]:
        """The project's other files in which something drives a loop."""
        found = []
        for path in self.index.words.drivers():
            if path not in self.test_code and path.partition("/")[0] not in KNOWN:
                module = self.index.module(path)
                if module:
                    found.append(module)
        return found

    @cached_property
    def starting_methods(self) -> dict[str, str]:
        """Names of methods under test that start a loop, for unknown receivers."""
        return {
            node.name: f"{module.path}::{module.qualified(node)}"
            for module in self.under_test
            for node in module.functions
            if module.class_of(node) and self.starts(Function(module, node))
        }

    def starts(self, function: Function, depth: int = 0) -> str:
        """Return which function starts a loop when this one is called; "" if none."""
        if function.is_async or depth > _DEPTH or self._is_harmless(function):
            return ""
        if function.node not in self._starts:
            self._starts[function.node] = ""  # what a cycle finds
            self._starts[function.node] = self._search(function, depth)
        return self._starts[function.node]

    def _is_harmless(self, function: Function) -> bool:
        """Whether a function is under test, and nothing there drives a loop."""
        path = function.module.path
        in_project = path in self.index.files
        return in_project and path not in self.test_code and not self.under_test

    def _search(self, function: Function, depth: int) -> str:
        module = function.module
        name = f"{module.path}::{function.name}"
        # What it defines may be called. Colouring judges that for the functions of
        # test code; lambdas never become async.
        under_test = module.path not in self.test_code
        frames = [
            frame
            for frame in frames_within(module, function.scope)
            if under_test or frame is function.scope or frame.kind == "lambda"
        ]
        return self._search_frames(frames, module, name, depth)

    def _lambda_starts(self, value: Anonymous, depth: int) -> str:
        module, node = value.module, value.node
        if depth > _DEPTH:
            return ""
        if node not in self._starts:
            self._starts[node] = ""  # what a cycle finds
            name = f"a lambda in {module.path}:{node.lineno}"
            frames = [module.scopes[node]]
            self._starts[node] = self._search_frames(frames, module, name, depth)
        return self._starts[node]

    def _search_frames(
        self, frames: list[Scope], module: Module, name: str, depth: int
    ) -> str:
        for call in [call for frame in frames for call in frame.calls]:
            if self.is_drive(call, module):
                return name
            for value in self.index.value(call.func, module):
                found = self.value_starts(value, depth + 1)
                if found:
                    return found
        return ""

    def is_drive(self, call: ast.Call, module: Module) -> bool:
        """Whether a call drives a loop itself."""
        if isinstance(call.func, ast.Attribute) and call.func.attr in (
            "run_until_complete",
            "run_forever",
        ):
            return True
        values = self.index.value(call.func, module)
        return bool(values) and self.runners.of(values) is not None

    def value_starts(self, value: Value, depth: int = 0) -> str:
        """Return what starts a loop when a value is called; "" if nothing does."""
        match value:
            case External(name):
                return name if name in _STARTERS else self._installed(value, depth)
            case Member(Instance(External())):
                return self._installed(value, depth)
            case Function():
                return self.starts(value, depth)
            case Anonymous():
                return self._lambda_starts(value, depth)
            case Class():
                return self.object_starts(value, depth)
            case Instance(Class() as owner):
                return self.object_starts(owner, depth)
            case Instance(External()):
                return self._installed(value, depth)
        return ""

    def object_starts(self, owner: Class, depth: int = 0) -> str:
        """Return what Python itself may call on an object and that starts a loop."""
        for base in self.index.mro(owner):
            if not isinstance(base, Class):
                continue
            for node in base.module.functions:
                if base.module.class_of(node) is not base.node or not _is_implicit(
                    node
                ):
                    continue
                # What it defines it may return, as a proxy does.
                for inner in ast.walk(node):
                    if isinstance(inner, ast.FunctionDef):
                        found = self.starts(Function(base.module, inner), depth + 1)
                        if found:
                            return found
        return ""

    def _installed(self, value: Value, depth: int) -> str:
        """Return what of an installed package starts a loop when a value is called."""
        name = external_name(value)
        if not is_followed(name) or depth > _DEPTH_INSTALLED:
            return ""
        if not self.index.foreign.mentioning(name.partition(".")[0], may_drive):
            return ""
        found = self.index.behind(value)
        if found != value:
            return self.value_starts(found, depth + 1)
        made, called, method = name.partition("().")
        return self._method_starts(made.partition(".")[0], method) if called else ""

    def _method_starts(self, package: str, method: str) -> str:
        """Return a method of a package that starts a loop, for unknown receivers."""
        for name in self.index.foreign.mentioning(package, may_drive):
            module = self.index.foreign.module(name)
            for node in module.functions if module else ():
                if module and node.name == method and module.class_of(node):
                    if started := self.starts(Function(module, node)):
                        return started
        return ""

    def invokes_commands(self, value: Value) -> bool:
        """Whether a value runs commands in this process (click's ``CliRunner``)."""
        return isinstance(value, Instance) and (
            isinstance(value.of, External) and value.of.name in _COMMAND_RUNNERS
        )

    # Code that asks whether a loop runs

    @cached_property
    def asking(self) -> dict[str, str]:
        """Names of sync code under test that falls back where no loop runs.

        Closed over callers by name: dispatch on unknown receivers cannot be
        resolved, so this says what may be reached, not what is.
        """
        return self._asking[0]

    def may_ask(self, function: Function) -> bool:
        """Whether code under test is among what `asking` was closed over."""
        return function.node in self._asking[1]

    @cached_property
    def _asking(self) -> tuple[dict[str, str], set[ast.AST]]:
        found: dict[str, str] = {}
        pending = [
            (module, node)
            for module in self._asking_modules()
            for node in module.functions
            if isinstance(node, ast.FunctionDef) and _falls_back(module, node)
        ]
        nodes: set[ast.AST] = {node for _, node in pending}
        for _ in range(_HOPS):
            names = {
                node.name: f"{module.path}::{module.qualified(node)}"
                for module, node in pending
                if node.name not in found and node.name not in _EVERYBODYS
            }
            if not names:
                break
            found.update(names)
            packages = {_package(module.path) for module, _ in pending}
            pending = [
                (module, node)
                for module in self._modules_of(packages, names)
                for node in module.functions
                if isinstance(node, ast.FunctionDef)
                and not node.name.startswith("__")
                and node not in nodes
                and any(
                    _called_name(call) in names for call in module.scopes[node].calls
                )
            ]
            nodes |= {node for _, node in pending}
        return found, nodes

    def _asking_modules(self) -> list[Module]:
        search = self.index.words.files_with
        paths = {path for word in _ASKING for path in search(word)}
        catching = {path for word in _CAUGHT for path in search(word)}
        modules = [
            self.index.module(path)
            for path in sorted(paths & catching - self.test_code)
        ]
        return [module for module in modules if module]

    def _modules_of(
        self, packages: set[str], names: dict[str, str]
    ) -> Iterator[Module]:
        paths = {path for name in names for path in self.index.words.files_with(name)}
        for path in sorted(paths - self.test_code):
            if _package(path) in packages and (module := self.index.module(path)):
                yield module

    def asks(self, function: Function, depth: int = 0) -> bool:
        """Whether a sync call is sure to reach code that falls back without a loop."""
        if function.is_async or depth > _DEPTH:
            return False
        node = function.node
        if node not in self._asks:
            self._asks[node] = False  # what a cycle finds
            assert isinstance(node, ast.FunctionDef)
            self._asks[node] = _falls_back(function.module, node) or any(
                self.asks(each, depth + 1)
                for call in function.scope.calls
                for each in self.index.called(call, function.module, may_ask)
            )
        return self._asks[node]


def may_ask(source: bytes) -> bool:
    """Whether one file mentions what asks for a loop."""
    return any(word.encode() in source for word in _ASKING)


def _is_implicit(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method is called without its name: operators, properties, with."""
    special = node.name.startswith("__") and node.name.endswith("__")
    return special or any(
        spelled(each).rpartition(".")[2] in ("property", "cached_property", "setter")
        for each in node.decorator_list
    )


def _falls_back(module: Module, node: ast.FunctionDef) -> bool:
    """``try: get_running_loop() except RuntimeError: ...`` in a function's frame.

    A handler that raises is no fall-back: a test that passed did not get there.
    """
    for call in module.scopes[node].calls:
        if _called_name(call) not in _ASKING:
            continue
        below: ast.AST = call
        for outer in module.enclosing(call):
            if outer is node:
                break
            if isinstance(outer, ast.Try) and below in outer.body:
                if any(_catches(handler) for handler in outer.handlers):
                    return True
            below = outer
    return False


def _catches(handler: ast.ExceptHandler) -> bool:
    if isinstance(handler.body[-1], ast.Raise):
        return False
    if handler.type is None:
        return True
    return any(
        isinstance(node, (ast.Name, ast.Attribute))
        and spelled(node).rpartition(".")[2] in _CAUGHT
        for node in ast.walk(handler.type)
    )


def _called_name(call: ast.Call) -> str:
    return spelled(call.func).rpartition(".")[2] or getattr(call.func, "attr", "")


def _package(path: str) -> str:
    return path.rpartition("/")[0].removeprefix("src/").partition("/")[0]


def frames_within(module: Module, scope: Scope) -> Iterator[Scope]:
    """Yield a frame and the sync frames defined in it, not those of coroutines."""
    yield scope
    for inner in module.scopes.values():
        if inner.kind not in ("function", "lambda") or inner.parent is None:
            continue
        if inner.parent.frame is scope and not isinstance(
            inner.node, ast.AsyncFunctionDef
        ):
            yield from frames_within(module, inner)
