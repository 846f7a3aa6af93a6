"""Which functions a test has replaced by the time that it drives something."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    File,
    Function,
    Instance,
    Value,
)

_PATCHES = ("unittest.mock.patch", "mock.patch", "mock.mock.patch")
_MOCKS = ("unittest.mock.", "mock.")
_UNDOING = frozenset({"undo", "stopall"})

Quiet = Callable[[Value], bool]
"""Whether calling something leaves nothing behind."""


@dataclass(frozen=True)
class Replaced:
    """Methods, and attributes of modules."""

    methods: frozenset[Function] = frozenset()
    names: frozenset[tuple[Module, str]] = frozenset()

    def covers(
        self, call: ast.Call, function: Function, module: Module, index: Index
    ) -> bool:
        """Whether a call that names a function gets what stands in its place."""
        if function in self.methods:
            return True
        match call.func:
            case ast.Attribute(value=owner, attr=name):
                return any(
                    isinstance(value, File) and (value.module, name) in self.names
                    for value in index.value(owner, module)
                )
            case ast.Name(id=name):
                scope = module.at[call].find(name)
                if scope is None or scope.kind == "module":
                    return (module, name) in self.names
                # An import in a function looks the name up when that is called.
                return any(
                    each.kind == "import"
                    and (function.module, each.target[2]) in self.names
                    for each in scope.names[name]
                )
        return False


@dataclass(frozen=True)
class _Search:
    module: Module
    scope: Scope
    index: Index
    quiet: Quiet
    line: int

    def run(self, node: ast.AST) -> Iterator[Function | tuple[Module, str]]:
        for call in self._patches(node):
            target = self._target(call)
            if target and self._keeps_quiet(call):
                yield from target
        before = list(self._before(node))
        for statement in before:
            match statement:
                case (
                    ast.Expr(value=ast.Call() as call)
                    | ast.Assign(value=ast.Call(func=ast.Attribute()) as call)
                ) if self._is_of_fixture(call):
                    if self._keeps_quiet(call):
                        yield from self._target(call)
                case ast.Assign(targets=[ast.Attribute(value=owner, attr=name)]):
                    if self._is_quiet(statement.value):
                        stores = [each for each in before if _sets(each, owner, name)]
                        yield from self._member(owner, name, len(stores))

    def _patches(self, node: ast.AST) -> Iterator[ast.Call]:
        """Yield the calls of `patch` that are in force, as decorator or block."""
        entered: list[ast.expr] = []
        for outer in self.module.enclosing(node):
            if isinstance(outer, ast.With):
                entered += [item.context_expr for item in outer.items]
            if outer is self.scope.node:
                entered += getattr(outer, "decorator_list", [])
                break
        for each in entered:
            if isinstance(each, ast.Call) and any(
                isinstance(value, External)
                and value.name.removesuffix(".object") in _PATCHES
                for value in self.index.value(each.func, self.module)
            ):
                yield each

    def _before(self, node: ast.AST) -> Iterator[ast.stmt]:
        """Yield the statements that are certain to have run, in this function."""
        statement: ast.AST = self.module.statement(node)
        for outer in self.module.enclosing(statement):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(outer, name, None)
                if isinstance(block, list) and statement in block:
                    yield from block[: block.index(statement)]
            if outer is self.scope.node:
                return
            statement = outer

    def _is_of_fixture(self, call: ast.Call) -> bool:
        """``monkeypatch.setattr(...)``, ``mocker.patch(...)``: of a parameter."""
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr == "object":
            func = func.value
        if not isinstance(func, ast.Attribute) or func.attr not in ("setattr", "patch"):
            return False
        owner = func.value
        return isinstance(owner, ast.Name) and any(
            each.kind == "param" for each in self.scope.names.get(owner.id, ())
        )

    def _target(self, call: ast.Call) -> list[Function | tuple[Module, str]]:
        match call.args:
            case [ast.Constant(value=str(dotted)), *_]:
                owner, _, name = dotted.rpartition(".")
                values = self.index.target(owner, self.module)
                return list(self._members(values, name))
            case [owner_node, ast.Constant(value=str(name)), *_]:
                return list(self._member(owner_node, name))
        return []

    def _member(
        self, owner: ast.expr, name: str, times: int = 1
    ) -> Iterator[Function | tuple[Module, str]]:
        """Yield the methods or names that an assignment replaces.

        Args:
            owner: whose attribute it is.
            name: the attribute.
            times: how often it has been assigned so far.

        """
        values = self.index.value(owner, self.module)
        if any(isinstance(each, Instance) for each in values):
            # Of one object: those of the test, if it does so with each.
            made = [each for each in values if 0 < self._makes(each) <= times]
            values = frozenset(made)
        yield from self._members(values, name)

    def _makes(self, value: Value) -> int:
        """Return how many objects the test has made by then."""
        return sum(
            value in self.index.value(call, self.module)
            for call in self.scope.calls
            if call.lineno <= self.line
        )

    def _members(
        self, values: frozenset[Value], name: str
    ) -> Iterator[Function | tuple[Module, str]]:
        for value in values:
            if isinstance(value, File):
                yield value.module, name
            elif isinstance(value, Class) or (
                isinstance(value, Instance) and isinstance(value.of, Class)
            ):
                for each in self.index.member(value, name):
                    if isinstance(each, Function):
                        yield each

    def _keeps_quiet(self, call: ast.Call) -> bool:
        """Whether what a patch puts in the place leaves nothing behind."""
        spelled_out = isinstance(call.args[0], ast.Constant) if call.args else False
        new = call.args[1:] if spelled_out else call.args[2:]
        new += [each.value for each in call.keywords if each.arg in _CALLED]
        fixed = {each.arg for each in call.keywords} <= _KNOWN
        return fixed and all(map(self._is_quiet, new))

    def _is_quiet(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant():
                return True
            case ast.Call(keywords=keywords) if self._is_mock(node):
                return {each.arg for each in keywords} <= _KNOWN and all(
                    self._is_quiet(each.value)
                    for each in keywords
                    if each.arg in _CALLED
                )
            case ast.Call(func=func) if self._makes_quiet(func):
                return True
            case ast.Name(id=name):
                bindings = self.scope.names.get(name, [])
                if len(bindings) == 1 and bindings[0].value is not None:
                    return self._is_quiet(bindings[0].value)
        values = self.index.value(node, self.module)
        return bool(values) and all(
            isinstance(each, (Function, Anonymous, External)) and self.quiet(each)
            for each in values
        )

    def _makes_quiet(self, func: ast.expr) -> bool:
        """Whether a function makes functions, and nothing of it leaves anything."""
        values = self.index.value(func, self.module)
        return bool(values) and all(
            isinstance(value, Function)
            and self.quiet(value)
            and all(
                self.quiet(Function(value.module, inner))
                for inner in walk(value.node)
                if isinstance(inner, FUNCTIONS)
            )
            for value in values
        )

    def _is_mock(self, node: ast.Call) -> bool:
        values = self.index.value(node.func, self.module)
        return bool(values) and all(
            isinstance(each, External) and each.name.startswith(_MOCKS)
            for each in values
        )


def _sets(statement: ast.stmt, owner: ast.expr, name: str) -> bool:
    """Whether a statement assigns an attribute of what an expression names."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=each, attr=attribute)]):
            return attribute == name and ast.unparse(each) == ast.unparse(owner)
    return False


# What a mock calls, and what else may be said of it.
_CALLED = frozenset({"new", "side_effect"})
_KNOWN = _CALLED | {"return_value", "autospec", "spec", "name", "raising"}


def replaced_at(
    node: ast.AST, module: Module, scope: Scope, index: Index, quiet: Quiet
) -> Replaced:
    """Return what is replaced, by what leaves nothing behind, where a node stands."""
    if any(getattr(call.func, "attr", "") in _UNDOING for call in scope.calls):
        return Replaced()
    found = list(
        _Search(module, scope, index, quiet, getattr(node, "lineno", 0)).run(node)
    )
    return Replaced(
        frozenset(each for each in found if isinstance(each, Function)),
        frozenset(each for each in found if not isinstance(each, Function)),
    )
