"""Coroutines that coroutines make and drop, or compare: who makes them, for certain."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass

from awaitify_codemods.blocking.clocks import library_refusal
from awaitify_codemods.blocking.frames import Replacements
from awaitify_codemods.facts.module import FUNCTIONS, Module, own_nodes, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Value,
    external_name,
)
from awaitify_codemods.work import Work

_ASYNCIO = frozenset(
    External(f"asyncio.{name}") for name in ("gather", "sleep", "wait", "wait_for")
)
_SLEEP = External("asyncio.sleep")
_WAIT, _WAIT_FOR = External("asyncio.wait"), External("asyncio.wait_for")
_PLAIN = frozenset({"abstractmethod", "classmethod", "override", "staticmethod"})
_WARNING = frozenset({"assertWarns", "assertWarnsRegex", "catch_warnings", "warns"})
_EXPECTING = (b"never awaited", b"unawaited", b"not awaited")
_ENDLESS = frozenset({"run_forever", "serve_forever"})
_WAITING = frozenset("acquire get join recv wait wait_for".split())
_DEPTH = 4


@dataclass(frozen=True)
class Made:
    """A coroutine that a call certainly makes."""

    call: ast.Call
    name: str
    """Of the coroutine function."""
    refusal: Refusal | None
    """Why it must not be awaited, or why something else may be called."""


@dataclass(eq=False)
class Makers:
    """Says which calls make coroutines, for certain."""

    work: Work
    replacements: Replacements

    def made(self, call: ast.Call, by: Function) -> Made | None:
        """Return the coroutine that a call in a coroutine function makes, if it does.

        Not where that coroutine is expected to be dropped.
        """
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if not self._is_certain(call, by.module) or _is_expected(call, by):
            return None
        return Made(call, name, self._refusal(call, name, by))

    def _is_certain(self, call: ast.Call, module: Module) -> bool:
        values = self.work.index.value(call.func, module)
        return bool(values) and all(
            value in _ASYNCIO or self._is_coroutine_function(value) for value in values
        )

    def _is_coroutine_function(self, value: Value) -> bool:
        found = self.work.index.behind(value)
        if not isinstance(found, Function) or not _makes_coroutine(found):
            return False
        return all(map(_makes_coroutine, self._overrides(found)))

    def _overrides(self, function: Function) -> list[Function]:
        """Return what subclasses have in place of a method."""
        if function.owner is None:
            return []
        name, owner = function.node.name, Class(function.module, function.owner)
        return [
            Function(below.module, binding.node)
            for below in self.work.references.subclasses(owner)
            for binding in below.module.scopes[below.node].names.get(name, ())
            if isinstance(binding.node, FUNCTIONS)
        ]

    def _is_found_first(self, call: ast.Call, function: Function, by: Function) -> bool:
        """Whether an object certainly has the method of its class, or of a base."""
        if not isinstance(call.func, ast.Attribute) or function.owner is None:
            return True
        for value in self.work.index.value(call.func.value, by.module):
            of = value.of if isinstance(value, Instance) else value
            bases = self.work.index.mro(of) if isinstance(of, Class) else []
            if any(isinstance(each, Class) and _is_made_oddly(each) for each in bases):
                return False
            for base in bases:
                if isinstance(base, Class) and base.node is function.owner:
                    break
                if not isinstance(base, Class) and not _is_standard(base):
                    return False
        return True

    def _refusal(self, call: ast.Call, name: str, by: Function) -> Refusal | None:
        if where := self.replacements.of(name, by):
            return Refusal("uncertain-call", f"{name} is replaced there ({where})")
        if self._may_stay(call, by.module):
            return Refusal("uncertain-call", f"{name} may never return")
        for function in self._functions(call, by.module):
            if not self._is_found_first(call, function, by):
                message = f"{name} may be another's: of a base, or by a metaclass"
                return Refusal("uncertain-call", message)
            for store in function.module.stores.get(name, ()):
                where = f"{function.module.path}:{store.lineno}"
                return Refusal("uncertain-call", f"{name} is assigned there ({where})")
            owner = function.owner
            if owner and (where := self.replacements.of(owner.name, by)):
                message = f"{owner.name} is replaced there ({where})"
                return Refusal("uncertain-call", message)
        values = self.work.index.value(call.func, by.module)
        return library_refusal(by, self.work) if values & _ASYNCIO else None

    def _functions(self, call: ast.Call, module: Module) -> list[Function]:
        values = self.work.index.value(call.func, module)
        behind = [self.work.index.behind(each) for each in values]
        return [each for each in behind if isinstance(each, Function)]

    def _may_stay(self, call: ast.Call, module: Module, depth: int = 0) -> bool:
        """Whether to await a call may take for ever, as far as can be followed."""
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        values = self.work.index.value(call.func, module)
        if name in _ENDLESS or depth > _DEPTH:
            return True
        if name in _WAITING and any(
            external_name(each).startswith("asyncio.") for each in values - _ASYNCIO
        ):
            return True
        if values & _ASYNCIO and values != {_SLEEP}:
            if _WAIT in values and _has_timeout(call):
                return False
            # Tasks may be meant to go on, and a time-out to be met.
            return not call.args or not all(
                isinstance(each, ast.Call)
                and self._is_certain(each, module)
                and not self._may_stay(each, module, depth + 1)
                for each in (call.args[:1] if _WAIT_FOR in values else call.args)
            )
        return any(
            self._is_endless(each, depth) for each in self._functions(call, module)
        )

    def _is_endless(self, function: Function, depth: int) -> bool:
        for node in own_nodes(function.node):
            match node:
                case ast.While(test=ast.Constant()) if not _leaves(node):
                    return True
                case ast.Await(value=ast.Call() as call) if self._may_stay(
                    call, function.module, depth + 1
                ):
                    return True
        return False


def _has_timeout(call: ast.Call) -> bool:
    given = {each.arg: each.value for each in call.keywords}
    limit = given.get("timeout")
    return isinstance(limit, ast.Constant) and limit.value is not None


def _is_made_oddly(owner: Class) -> bool:
    """Whether calling a class, or looking at its objects, may give something else."""
    names = owner.module.scopes[owner.node].names
    metaclasses = [
        spelled(each.value).rpartition(".")[2]
        for each in owner.node.keywords
        if each.arg in ("metaclass", None)
    ]
    return bool(
        {"__new__", "__getattribute__"} & names.keys() or set(metaclasses) - {"ABCMeta"}
    )


def _is_standard(base: External | None) -> bool:
    package = base.name.partition(".")[0] if base else ""
    return package in sys.stdlib_module_names | {"builtins"}


def _makes_coroutine(function: Function) -> bool:
    kinds = function.module.kinds(function.node)
    decorators = {
        spelled(each).rpartition(".")[2] for each in function.node.decorator_list
    }
    return function.is_async and ast.Yield not in kinds and decorators <= _PLAIN


def _leaves(loop: ast.While) -> bool:
    ways = (ast.Break, ast.Return, ast.Raise)
    return any(isinstance(each, ways) for each in own_nodes(loop))


def _is_expected(call: ast.Call, by: Function) -> bool:
    """Whether the test may be about a coroutine that is not awaited."""
    if any(word in by.module.source for word in _EXPECTING):
        return True
    if "recwarn" in by.scope.names:
        return True
    for outer in by.module.enclosing(call):
        if isinstance(outer, (ast.With, ast.AsyncWith)):
            for item in outer.items:
                callee = getattr(item.context_expr, "func", item.context_expr)
                if spelled(callee).rpartition(".")[2] in _WARNING:
                    return True
                if "Warning" in ast.unparse(item.context_expr):
                    return True
        if outer is by.node:
            break
    return False


def is_dropped(call: ast.Call, module: Module) -> bool:
    """Whether a call is a statement."""
    return isinstance(module.parents[call], ast.Expr)


def unused_name(call: ast.Call, module: Module) -> str:
    """Return the local name that a call is assigned to, if nothing mentions it."""
    match module.parents[call]:
        case ast.Assign(targets=[ast.Name(id=name)]) if name.strip("_"):
            scope = module.at[call]
            if scope.kind == "function" and scope.find(name) is scope:
                if not module.references(scope, name):
                    return name
    return ""


def is_asserted(call: ast.Call, module: Module) -> bool:
    """Whether an assertion looks at what a call returns, as it is."""
    node: ast.AST = call
    parent = module.parents[node]
    while isinstance(parent, (ast.BoolOp, ast.Compare, ast.UnaryOp)):
        node, parent = parent, module.parents[parent]
    match parent:
        case ast.Assert(test=test):
            return test is node
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
            return name.startswith("assert") and node in parent.args
    return False
