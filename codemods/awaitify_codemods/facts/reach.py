"""What a call from a test may reach: code that starts a loop.

A test that becomes a coroutine function runs inside a loop. Sync code that it
calls then finds one running, and ``asyncio.run`` raises.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.asking import EVERYBODYS, is_where_no_loop_runs
from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.foreign import KNOWN, is_followed
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope, spelled
from awaitify_codemods.facts.origins import origins
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    File,
    Function,
    Instance,
    Member,
    Parent,
    Partial,
    Value,
    Values,
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
        "playwright.sync_api.sync_playwright",
        "uvicorn.run",
    }
)
# What they return starts a loop when it is called.
_MAKERS = frozenset({"asgiref.sync.async_to_sync"})
_COMMAND_RUNNERS = frozenset(
    {
        "click.testing.CliRunner",
        "typer.testing.CliRunner",
        "asyncclick.testing.CliRunner",
    }
)
_CALLING = frozenset(
    External(name)
    for name in (
        "builtins.map builtins.filter builtins.sorted builtins.min builtins.max "
        "functools.reduce itertools.starmap itertools.takewhile itertools.dropwhile"
    ).split()
)
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
    _starts: dict[tuple[ast.AST, ast.AST | None], str] = field(default_factory=dict)
    _kept: dict[ast.AST, str] = field(default_factory=dict)
    _named: dict[str, str] | None = None
    _objects: dict[ast.AST, str] = field(default_factory=dict)

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
        self._named = {}
        while True:
            found = {
                node.name: f"{module.path}::{module.qualified(node)}"
                for module in self.under_test
                for node in module.functions
                if module.class_of(node) and self.starts(Function(module, node))
            }
            if found.keys() <= self._named.keys():
                return found
            # What they start is known now: ask again who calls them.
            self._named = found
            self._starts.clear()
            self._objects.clear()

    def starts(
        self, function: Function, depth: int = 0, receiver: Class | None = None
    ) -> str:
        """Return which function starts a loop when this one is called; "" if none.

        Args:
            function: what is called.
            depth: how far the callers have been followed.
            receiver: the class of the object on which it is called, if it is known.

        """
        if depth > _DEPTH:
            return ""
        if self._named is None:
            self.starting_methods  # noqa: B018
        key = (function.node, receiver.node if receiver else None)
        if key not in self._starts:
            self._starts[key] = ""  # what a cycle finds
            found = self._decorated(function, depth) or self._overloads(function, depth)
            if not found and not function.is_async and not self._is_harmless(function):
                found = self._search(function, depth, receiver)
            self._starts[key] = found
        return self._starts[key]

    def _is_harmless(self, function: Function) -> bool:
        """Whether a function is under test, and nothing there drives a loop."""
        path = function.module.path
        in_project = path in self.index.files
        return in_project and path not in self.test_code and not self.under_test

    def _decorated(self, function: Function, depth: int) -> str:
        """Return what a decorator makes of a function, if that starts a loop."""
        module = function.module
        for decorator in function.node.decorator_list:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            for value in self.index.value(node, module):
                if module.path in self.test_code and isinstance(value, Function):
                    if self.runners.decorator(value):
                        continue  # judged with the sites
                if started := self._made_starts(value, depth + 1):
                    return started
        return ""

    def _overloads(self, function: Function, depth: int) -> str:
        """Return what ``@function.register`` adds, if that starts a loop."""
        module, name = function.module, function.node.name
        if not function.node.decorator_list:
            return ""
        for node in module.functions:
            for decorator in node.decorator_list:
                if spelled(decorator).removesuffix("()") == f"{name}.register":
                    if started := self.starts(Function(module, node), depth + 1):
                        return started
        return ""

    def _made_starts(self, value: Value, depth: int) -> str:
        """Return what starts a loop when what a value returns is called."""
        match value:
            case External(name):
                found = self.index.behind(value)
                if name in _MAKERS or found == value:
                    return name if name in _MAKERS else ""
                return self._made_starts(found, depth + 1)
            case Function(module):
                frames = list(frames_within(module, value.scope))[1:]
                return self._frames_start(frames, value, depth, None)
            case Class():
                return self.object_starts(value, depth)
        return ""

    def _search(self, function: Function, depth: int, receiver: Class | None) -> str:
        # What it defines may be called. Colouring judges that for the functions of
        # test code; lambdas never become async.
        under_test = function.module.path not in self.test_code
        frames = [
            frame
            for frame in frames_within(function.module, function.scope)
            if under_test or frame is function.scope or frame.kind == "lambda"
        ]
        return self._frames_start(frames, function, depth, receiver)

    def _lambda_starts(self, value: Anonymous, depth: int) -> str:
        key = (value.node, None)
        if depth > _DEPTH:
            return ""
        if key not in self._starts:
            self._starts[key] = ""  # what a cycle finds
            frames = [value.module.scopes[value.node]]
            self._starts[key] = self._frames_start(frames, value, depth, None)
        return self._starts[key]

    def _frames_start(
        self,
        frames: list[Scope],
        function: Function | Anonymous,
        depth: int,
        receiver: Class | None,
    ) -> str:
        module = function.module
        name = f"{module.path}::{module.qualified(function.node)}"
        if isinstance(function, Anonymous):
            name = f"a lambda in {module.path}:{function.node.lineno}"
        for call in [call for frame in frames for call in frame.calls]:
            if self.is_drive(call, module):
                if is_where_no_loop_runs(call, module):
                    continue
                return name
            if found := self._call_starts(call, module, depth, receiver):
                return found
            if found := self._given_starts(call, module, depth):
                return found
        return ""

    def _given_starts(self, call: ast.Call, module: Module, depth: int) -> str:
        """Return what a call hands on, and that is sure to be called: ``map(f, x)``."""
        called = self.index.value(call.func, module)
        if not called or not called <= _CALLING:
            return ""
        for given in (*call.args, *(each.value for each in call.keywords)):
            if isinstance(given, (ast.Name, ast.Attribute)):
                for value in self.index.value(given, module):
                    if found := self.value_starts(value, depth + 1):
                        return found
        return ""

    def _call_starts(
        self, call: ast.Call, module: Module, depth: int, receiver: Class | None
    ) -> str:
        func, on = call.func, self._receiver(call.func, module, receiver)
        of_self = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
        if of_self and isinstance(func, ast.Attribute) and on and on is receiver:
            values = attribute(on, func.attr, self.index)
        else:
            values = self.index.value(func, module)
        for value in values:
            if found := self.value_starts(value, depth + 1, on):
                return found
        match _bound_to(func, module):
            case ast.Call(func=ast.Name(id="getattr"), args=[of, name, *_]):
                if found := self.dispatched(of, name, module, depth):
                    return found
        if module.path in self.test_code:
            return ""
        if not values and isinstance(func, ast.Attribute):
            return self._named_starts(func.attr, module)
        unknown = is_made_outside(values)
        return self._unknown_starts(func, module, depth) if unknown else ""

    def _named_starts(self, name: str, module: Module) -> str:
        """Return what a method of an unknown object may start, by its name."""
        where = (self._named or {}).get(name, "")
        here = where.startswith(f"{module.path}::")
        # Dictionaries have a `get`, too.
        return where if here or name not in EVERYBODYS else ""

    def _receiver(
        self, func: ast.expr, module: Module, receiver: Class | None
    ) -> Class | None:
        """Return the class on which a method is called; for ``self``, the known one."""
        if not isinstance(func, ast.Attribute):
            return None
        for value in self.index.value(func.value, module):
            match value:
                case Instance(Class() as owner) | Parent(Class() as owner):
                    known = receiver is not None and owner in self.index.mro(receiver)
                    return receiver if known and _is_self(func.value) else owner
        return None

    def _unknown_starts(self, func: ast.expr, module: Module, depth: int) -> str:
        """Return what starts a loop where code under test calls what is kept."""
        if isinstance(func, ast.Name):
            owner = module.at[func].find(func.id)
            bindings = owner.names[func.id] if owner else []
            if any(each.kind == "other" for each in bindings):
                return self._handed_on(module, depth)
        return self.origin_starts(func, module, depth + 1)

    def dispatched(
        self, of: ast.expr, name: ast.expr, module: Module, depth: int = 0
    ) -> str:
        """``getattr(self, "do_" + name)()``: any method or function of that kind."""
        first = next(
            (each.value for each in walk(name) if isinstance(each, ast.Constant)),
            "",
        )
        # "do_%s" % name, "do_{}".format(name)
        first = re.split("[%{]", str(first))[0]
        for value in self.index.value(of, module):
            match value:
                case File(other):
                    for node in other.functions:
                        if other.at[node].kind == "module":
                            if node.name.startswith(str(first)):
                                given = Function(other, node)
                                if found := self.starts(given, depth + 1):
                                    return found
                case Instance(Class() as owner):
                    for method in self._methods(owner):
                        if method.node.name.startswith(str(first)):
                            if found := self.starts(method, depth + 1, owner):
                                return found
        return ""

    def _methods(self, owner: Class) -> Iterator[Function]:
        for base in self.index.mro(owner):
            if isinstance(base, Class):
                for statement in base.node.body:
                    if isinstance(statement, FUNCTIONS):
                        yield Function(base.module, statement)

    def _handed_on(self, module: Module, depth: int) -> str:
        """Return a function of a file that starts a loop and is kept somewhere."""
        if module.tree not in self._kept:
            self._kept[module.tree] = ""
            for node in module.functions:
                uses = module.references(module.at[node], node.name)
                kept = bool(node.decorator_list) or any(
                    not isinstance(outer := module.parents[use], ast.Call)
                    or outer.func is not use
                    for use in uses
                )
                if kept and (found := self.starts(Function(module, node), depth + 1)):
                    self._kept[module.tree] = found
                    break
        return self._kept[module.tree]

    def origin_starts(self, node: ast.expr, module: Module, depth: int = 0) -> str:
        """Return what starts a loop among what a name is bound to, at import."""
        if depth > _DEPTH:
            return ""
        if isinstance(node, ast.Attribute):
            for value in self.index.value(node.value, module):
                if isinstance(value, File):
                    for given in self.index.member(value, "__getattr__"):
                        if isinstance(given, Function) and (
                            found := self.starts(given, depth + 1)
                        ):
                            return found
        for origin, home in origins(node, module, self.index):
            if found := self._expression_starts(origin, home, depth + 1):
                return found
        return ""

    def _expression_starts(self, node: ast.expr, module: Module, depth: int) -> str:
        """Return what an expression hands on, and that starts a loop when called."""
        for each in walk(node):
            if not isinstance(each, (ast.Name, ast.Attribute)) or each not in module.at:
                continue
            values = self.index.value(each, module)
            parent = module.parents[each]
            called = isinstance(parent, ast.Call) and parent.func is each
            if called and module.at[each].frame.kind != "lambda":
                starting = (self._made_starts(value, depth) for value in values)
            else:
                if values and self.runners.of(values):
                    return spelled(each)
                starting = (self.value_starts(value, depth) for value in values)
            if found := next(filter(None, starting), ""):
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
        if values and self.runners.of(values) is not None:
            return True
        return module.path not in self.test_code and _may_be_runner(
            call, values, module
        )

    def value_starts(
        self, value: Value, depth: int = 0, receiver: Class | None = None
    ) -> str:
        """Return what starts a loop when a value is called; "" if nothing does."""
        match value:
            case External(name):
                known = name in _STARTERS or name.removesuffix("()") in _MAKERS
                known = known or name.endswith(".run_sync")
                return name if known else self._installed(value, depth)
            case Member(Instance(External())):
                return self._installed(value, depth)
            case Function():
                return self.starts(value, depth, receiver)
            case Anonymous():
                return self._lambda_starts(value, depth)
            case Partial(module, node):
                given = self.index.value(node.args[0], module)
                if given and self.runners.of(given):
                    return spelled(node.args[0])
                starting = (self.value_starts(each, depth + 1) for each in given)
                return next(filter(None, starting), "")
            case Class():
                return self.object_starts(value, depth)
            case Instance(Class() as owner):
                return self.object_starts(owner, depth)
            case Instance(External()):
                return self._installed(value, depth)
        return ""

    def object_starts(self, owner: Class, depth: int = 0) -> str:
        """Return what Python itself may call on an object and that starts a loop."""
        if depth > _DEPTH:
            return ""
        if owner.node not in self._objects:
            self._objects[owner.node] = ""  # what a cycle finds
            found = (
                self._statement_starts(statement, base, owner, depth)
                for base in self.index.mro(owner)
                if isinstance(base, Class)
                for statement in base.node.body
            )
            self._objects[owner.node] = next(filter(None, found), "")
            self._objects[owner.node] = next(
                filter(None, (self._objects[owner.node], *self._metas(owner, depth))),
                "",
            )
        return self._objects[owner.node]

    def _metas(self, owner: Class, depth: int) -> Iterator[str]:
        """Yield what the metaclasses of a class start where it is called."""
        for base in self.index.mro(owner):
            for keyword in base.node.keywords if isinstance(base, Class) else ():
                assert isinstance(base, Class)
                for value in self.index.value(keyword.value, base.module):
                    if keyword.arg == "metaclass" and isinstance(value, Class):
                        yield self.object_starts(value, depth + 1)

    def _statement_starts(
        self, statement: ast.stmt, base: Class, owner: Class, depth: int
    ) -> str:
        if isinstance(statement, FUNCTIONS) and _is_implicit(statement):
            return self._defined_starts(statement, base, owner, depth)
        if isinstance(statement, ast.Assign):
            return self._expression_starts(statement.value, base.module, depth + 1)
        return ""

    def _defined_starts(
        self, node: ast.AST, base: Class, owner: Class, depth: int
    ) -> str:
        """Return what starts a loop in a method, or what it may return, as a proxy."""
        for inner in walk(node):
            if isinstance(inner, ast.FunctionDef):
                function = Function(base.module, inner)
                if found := self.starts(function, depth + 1, owner):
                    return found
            elif isinstance(inner, ast.Lambda):
                anonymous = Anonymous(base.module, inner)
                if found := self._lambda_starts(anonymous, depth + 1):
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


def is_made_outside(values: Values) -> bool:
    """Whether nothing is known of a value but that outside code made it."""
    return all(
        (isinstance(each, External) and "()" in each.name)
        or (isinstance(each, Instance) and isinstance(each.of, External))
        or (isinstance(each, Member) and isinstance(each.of, Instance))
        for each in values
    )


def _bound_to(node: ast.expr, module: Module) -> ast.expr:
    """Return what a name of a function is assigned, once; else the expression."""
    if not isinstance(node, ast.Name):
        return node
    scope = module.at[node].find(node.id)
    if scope is not None and scope.kind == "function":
        bindings = scope.names[node.id]
        if len(bindings) == 1 and isinstance(bindings[0].node, ast.Assign):
            return bindings[0].node.value
    return node


def _is_self(node: ast.expr) -> bool:
    """Whether an expression is the object of a method, or its ``super()``."""
    match node:
        case ast.Name() | ast.Call(func=ast.Name(id="super")):
            return True
    return False


def _may_be_runner(call: ast.Call, values: Values, module: Module) -> bool:
    """``kept().run(coroutine())``: of what is not known, where runners are kept."""
    func = call.func
    return (
        isinstance(func, ast.Attribute)
        and func.attr == "run"
        and b"Runner" in module.source
        and b"asyncio" in module.source
        and len(call.args) == 1
        and isinstance(call.args[0], (ast.Call, ast.Name))
        and (not values or is_made_outside(values))
    )


def _is_implicit(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method is called without its name: operators, properties, with."""
    special = node.name.startswith("__") and node.name.endswith("__")
    return special or any(
        spelled(each).rpartition(".")[2] in ("property", "cached_property", "setter")
        for each in node.decorator_list
    )


def frames_within(module: Module, scope: Scope) -> Iterator[Scope]:
    """Yield a frame and the sync frames defined in it, not those of coroutines."""
    yield scope
    for inner in module.frames_in(scope):
        if not isinstance(inner.node, ast.AsyncFunctionDef):
            yield from frames_within(module, inner)
