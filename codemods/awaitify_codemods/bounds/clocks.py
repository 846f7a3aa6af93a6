"""Clocks that tests move themselves: a time-out would go by them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.bounds.limits import marks
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.work import Work

_CLOCK = re.compile(
    r"freez(e_?time|er|egun)|frozen_?time|time_?machine|looptime|clocked|solipsism"
    r"|(fake|mock|virtual|manual|frozen|test)_?(clock|time|loop_?time)s?$"
    r"|fast_?forward|advance_?(time|clock)|time_?travel",
    re.I,
)
_REPLACED = re.compile(
    r"(^|\.)time\.monotonic$|^monotonic$|^call_(later|at)$|^time$"
    r"|(^|\.)asyncio\.(\w+\.)?(wait_for|timeout|shield)$|^(wait_for|timeout|shield)$"
    r"|^asyncio\.(tasks|timeouts|events)\.\w+$"
)
_OF_LOOPS = frozenset({"call_later", "call_at", "time", "monotonic"})
_OF_ASYNCIO = frozenset({"wait_for", "timeout", "shield"})
_REPLACING = frozenset("patch object setattr spy multiple".split())


@dataclass(eq=False)
class Clocks:
    """Finds what the clock of a test, or `wait_for` itself, is replaced by."""

    work: Work
    _files: dict[Module, list[tuple[ast.AST | None, str]]] = field(default_factory=dict)

    def of(self, test: Function) -> str:
        """Return what says that a test's time is not the clock's; "" if nothing."""
        for name in _parameters(test):
            if _CLOCK.search(name):
                return name
        for mark in marks(test, self.work):
            if _CLOCK.search(spelled(mark)):
                return spelled(mark)
        for owner, name in self._mentions(test.module):
            if owner is None or owner is test.node or not _is_test(owner):
                return name
        for home in self._homes(test):
            for owner, name in self._mentions(home):
                if owner is None:
                    return name
        for fixture in self.work.fixtures.of(test):
            for owner, name in self._mentions(fixture.module):
                if owner is fixture.node:
                    return name
        return ""

    @cached_property
    def around(self) -> str:
        """Where the code under test says ``"wait_for"``: it may put itself around it.

        What instruments asyncio does so, and sees another call then (opentelemetry).
        """
        for path in self.work.index.words.files_with("wait_for"):
            module = None if path in self._paths else self.work.index.module(path)
            for constant in module.strings_naming("wait_for") if module else ():
                return f"{path}:{constant.lineno}"
        return ""

    def _homes(self, test: Function) -> Iterator[Module]:
        """Yield the conftest files of a test, and where its classes are defined."""
        folder = test.module.path
        while folder:
            folder = folder.rpartition("/")[0]
            path = f"{folder}/conftest.py" if folder else "conftest.py"
            found = self.work.index.module(path) if path in self._paths else None
            if found:
                yield found
        if test.owner:
            for base in self.work.index.mro(Class(test.module, test.owner)):
                if isinstance(base, Class) and base.module is not test.module:
                    yield base.module

    @property
    def _paths(self) -> frozenset[str]:
        return self.work.tests

    def _mentions(self, module: Module) -> list[tuple[ast.AST | None, str]]:
        """Return the functions of a file that mention a clock; None for the file."""
        if module not in self._files:
            self._files[module] = list(_mentioned(module))
        return self._files[module]


def _mentioned(module: Module) -> Iterator[tuple[ast.AST | None, str]]:
    for name, uses in module.uses.items():
        if _CLOCK.search(name):
            for use in uses:
                yield _function(use, module), name
    for statement in module.imports:
        # An import alone replaces nothing, but for what takes effect by it.
        for alias in statement.names:
            if alias.name.startswith(("async_solipsism", "looptime")):
                yield None, alias.name
    for name in _OF_LOOPS & module.stores.keys():
        for store in module.stores[name]:
            yield _function(store, module), spelled(store)
    for name in _OF_ASYNCIO & module.stores.keys():
        for store in module.stores[name]:
            if spelled(store.value).rpartition(".")[2] == "asyncio":
                yield _function(store, module), spelled(store)
    for constant in module.strings:
        call = module.parents.get(constant)
        if isinstance(call, ast.Call) and _REPLACED.search(str(constant.value)):
            if spelled(call.func).rpartition(".")[2] in _REPLACING:
                if not _is_plain_time(constant, call):
                    yield _function(constant, module), str(constant.value)
    for node in module.functions:
        if node.name == "time" and module.class_of(node):
            yield None, "a clock of its own"


def _is_plain_time(constant: ast.Constant, call: ast.Call) -> bool:
    """``patch.object(time, "time")``: a loop goes by `monotonic`."""
    owner = spelled(call.args[0]).rpartition(".")[2] if call.args else ""
    return constant.value == "time" and owner in ("time", "datetime")


def _function(node: ast.AST, module: Module) -> ast.AST | None:
    """Return the outermost function around a node, or which it decorates."""
    found: ast.AST | None = None
    for outer in module.enclosing(node):
        if isinstance(outer, FUNCTIONS):
            found = outer
    return found


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, FUNCTIONS) and node.name.startswith("test")


def _parameters(test: Function) -> Iterator[str]:
    for each in test.node.args.args:
        yield each.arg
