"""Answers for the functions of a project: which starts a loop when it is called."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.asking import EVERYBODYS, is_where_no_loop_runs
from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.foreign import KNOWN
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope, spelled
from awaitify_codemods.facts.nodes import frames_within
from awaitify_codemods.facts.reach.decorations import decorated, overloads
from awaitify_codemods.facts.reach.installed import installed
from awaitify_codemods.facts.reach.kept import dispatched, kept_in, unknown_starts
from awaitify_codemods.facts.reach.objects import implicit_starts, meta_starts
from awaitify_codemods.facts.reach.reaching import DEPTH, Only
from awaitify_codemods.facts.reach.starters import (
    is_drive,
    is_made_outside,
    is_runner,
    is_starter,
)
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    Function,
    Instance,
    Member,
    Parent,
    Partial,
    Value,
)

_CALLING = frozenset(
    External(name)
    for name in (
        "builtins.map builtins.filter builtins.sorted builtins.min builtins.max "
        "functools.reduce itertools.starmap itertools.takewhile itertools.dropwhile"
    ).split()
)


@dataclass(eq=False)
class Reach:
    """Answers for the functions of a project; remembers them.

    Args:
        index: the project's files.
        runners: recognises what drives.
        test_code: the files that are migrated; all others are under test.
        only: the starts that are meant, if not all are.

    """

    index: Index
    runners: Runners
    test_code: frozenset[str]
    only: Only | None = None
    _starts: dict[tuple[ast.AST, ast.AST | None], str] = field(default_factory=dict)
    _kept: dict[ast.AST, str] = field(default_factory=dict)
    _named: dict[str, str] | None = None
    _objects: dict[ast.AST, str] = field(default_factory=dict)

    def of(self, only: Only) -> Reach:
        """Return one that answers about some starts alone."""
        return Reach(self.index, self.runners, self.test_code, only)

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
    def has_any(self) -> bool:
        """Whether anything under test may start a loop."""
        if self.only is None:
            return bool(self.under_test)
        return any(
            self.starts(Function(module, node))
            for module in self.under_test
            for node in module.functions
        )

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
        if depth > DEPTH:
            return ""
        if self._named is None:
            self.starting_methods  # noqa: B018
        key = (function.node, receiver.node if receiver else None)
        if key not in self._starts:
            self._starts[key] = ""  # what a cycle finds
            found = decorated(function, self, depth) or overloads(function, self, depth)
            if not found and not function.is_async and not self._is_harmless(function):
                found = self._search(function, depth, receiver)
            self._starts[key] = found
        return self._starts[key]

    def _is_harmless(self, function: Function) -> bool:
        """Whether a function is under test, and nothing there drives a loop."""
        path = function.module.path
        in_project = path in self.index.files
        return in_project and path not in self.test_code and not self.under_test

    def _search(self, function: Function, depth: int, receiver: Class | None) -> str:
        # What it defines may be called. Colouring judges that for the functions of
        # test code; lambdas never become async.
        under_test = function.module.path not in self.test_code
        frames = [
            frame
            for frame in frames_within(function.module, function.scope)
            if under_test or frame is function.scope or frame.kind == "lambda"
        ]
        return self.frames_start(frames, function, depth, receiver)

    def lambda_starts(self, value: Anonymous, depth: int) -> str:
        """Return what starts a loop when a lambda is called."""
        key = (value.node, None)
        if depth > DEPTH:
            return ""
        if key not in self._starts:
            self._starts[key] = ""  # what a cycle finds
            frames = [value.module.scopes[value.node]]
            self._starts[key] = self.frames_start(frames, value, depth, None)
        return self._starts[key]

    def frames_start(
        self,
        frames: list[Scope],
        function: Function | Anonymous,
        depth: int,
        receiver: Class | None,
    ) -> str:
        """Return what starts a loop among the calls of some frames."""
        module = function.module
        name = f"{module.path}::{module.qualified(function.node)}"
        if isinstance(function, Anonymous):
            name = f"a lambda in {module.path}:{function.node.lineno}"
        for call in [call for frame in frames for call in frame.calls]:
            if is_drive(call, module, self):
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
        if default := _default_of(func, module):
            # ``def total(a, runner=asyncio.run)``: most callers leave it at that.
            values |= self.index.value(default, module)
            if is_runner(self.index.value(default, module), self):
                return spelled(default)
        for value in values:
            if found := self.value_starts(value, depth + 1, on):
                return found
        match _bound_to(func, module):
            case ast.Call(func=ast.Name(id="getattr"), args=[of, name, *_]):
                if found := dispatched(of, name, module, self, depth):
                    return found
        if module.path in self.test_code:
            return ""
        if not values and isinstance(func, ast.Attribute):
            return self._named_starts(func.attr, module)
        unknown = is_made_outside(values)
        return unknown_starts(func, module, self, depth) if unknown else ""

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

    def value_starts(
        self, value: Value, depth: int = 0, receiver: Class | None = None
    ) -> str:
        """Return what starts a loop when a value is called; "" if nothing does."""
        match value:
            case External(name):
                return name if is_starter(name, self) else installed(value, self, depth)
            case Member(Instance(External())):
                return installed(value, self, depth)
            case Function():
                return self.starts(value, depth, receiver)
            case Anonymous():
                return self.lambda_starts(value, depth)
            case Partial(module, node):
                given = self.index.value(node.args[0], module)
                if is_runner(given, self):
                    return spelled(node.args[0])
                starting = (self.value_starts(each, depth + 1) for each in given)
                return next(filter(None, starting), "")
            case Class():
                return self.object_starts(value, depth)
            case Instance(Class() as owner):
                return self.object_starts(owner, depth)
            case Instance(External()):
                return installed(value, self, depth)
        return ""

    def object_starts(self, owner: Class, depth: int = 0) -> str:
        """Return what Python itself may call on an object and that starts a loop."""
        if depth > DEPTH:
            return ""
        if owner.node not in self._objects:
            self._objects[owner.node] = ""  # what a cycle finds
            self._objects[owner.node] = implicit_starts(
                owner, self, depth
            ) or meta_starts(owner, self, depth)
        return self._objects[owner.node]

    def kept_starts(self, module: Module, depth: int) -> str:
        """Return a function of a file that starts a loop and is kept somewhere."""
        if module.tree not in self._kept:
            self._kept[module.tree] = ""  # what a cycle finds
            self._kept[module.tree] = kept_in(module, self, depth)
        return self._kept[module.tree]


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


def _default_of(node: ast.expr, module: Module) -> ast.expr | None:
    """Return the name that a parameter stands for where it is not given."""
    if not isinstance(node, ast.Name):
        return None
    scope = module.at[node].find(node.id)
    if scope is None or not isinstance(scope.node, (*FUNCTIONS, ast.Lambda)):
        return None
    arguments = scope.node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    plain = plain[len(plain) - len(arguments.defaults) :]
    for argument, default in (
        *zip(plain, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ):
        if argument.arg == node.id and isinstance(default, (ast.Name, ast.Attribute)):
            return default
    return None


def _is_self(node: ast.expr) -> bool:
    """Whether an expression is the object of a method, or its ``super()``."""
    match node:
        case ast.Name() | ast.Call(func=ast.Name(id="super")):
            return True
    return False
