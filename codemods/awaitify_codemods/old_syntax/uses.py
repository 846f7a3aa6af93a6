"""How functions are used that are generators, and are to be none any more."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.values import External, Function, Loop, Member
from awaitify_codemods.old_syntax.yields import coroutine_decorators, frame_of

_ITERATING = frozenset(
    "next iter list tuple set sorted enumerate zip map filter any all sum chain".split()
)
_OF_GENERATORS = frozenset(
    "send throw gi_frame gi_code gi_running gi_yieldfrom __next__ __iter__".split()
)
_ASKING = frozenset(
    "isgenerator isgeneratorfunction iscoroutine iscoroutinefunction isawaitable "
    "GeneratorType isinstance issubclass".split()
)
_TAKING = frozenset(
    "ensure_future wait_for shield gather wait as_completed run create_task Task "
    "run_coroutine_threadsafe".split()
)


@dataclass(frozen=True)
class Use:
    """A mention of a function, or of what may be one of its name."""

    module: Module
    node: ast.Name | ast.Attribute


@dataclass(frozen=True)
class Uses:
    """Finds and judges the uses of generators."""

    index: Index
    runners: Runners

    def of(self, function: Function) -> Iterator[Use]:
        """Yield what may mean a function, in all files."""
        name = function.node.name
        local = function.module.at[function.node].kind == "function"
        for path in self.index.words.files_with(name):
            if local and path != function.module.path:
                continue
            module = self.index.module(path)
            for node in module.uses.get(name, ()) if module else ():
                assert module is not None
                if local and isinstance(node, ast.Attribute):
                    continue
                values = self.index.value(node, module)
                if not values or function in values:
                    yield Use(module, node)

    def misuse(self, function: Function, converted: Collection[Function]) -> str:
        """Return what keeps a function a generator; "" if nothing does."""
        for use in self.of(function):
            if message := self._misused(use, converted):
                line = use.node.lineno
                return f"{message} ({use.module.path}:{line})"
        return ""

    def _misused(self, use: Use, converted: Collection[Function]) -> str:
        node, module = use.node, use.module
        call = module.parents[node]
        if not isinstance(call, ast.Call) or call.func is not node:
            if _is_asked(node, module):
                return "code asks what kind of function it is"
            return ""
        parent = module.parents[call]
        match parent:
            case ast.YieldFrom():
                frame = frame_of(parent, module)
                if frame in converted or (
                    frame and coroutine_decorators(frame, self.index)[0]
                ):
                    return ""
                return "a plain generator yields from it"
            case ast.For(iter=iterable) | ast.comprehension(iter=iterable):
                return "it is iterated over" if iterable is call else ""
            case ast.Attribute(attr=name) if name in _OF_GENERATORS:
                return "it is used as a generator"
            case ast.Starred():
                return "it is iterated over"
            case ast.Expr():
                return "its coroutine is dropped, which would be warned of"
            case ast.Assign(targets=[ast.Name(id=name)]):
                if _may_be_awaited_twice(name, call, module):
                    return "its coroutine is kept, and may be awaited twice"
        if _is_asked(call, module):
            return "code asks whether it is a generator"
        if _is_looked_into(call, module):
            return "code looks into generators there"
        if isinstance(parent, ast.Call):
            if spelled(parent.func).rpartition(".")[2] in _ITERATING:
                return "it is iterated over"
        return ""

    def is_driven(self, function: Function, converted: Collection[Function]) -> bool:
        """Whether all that is done with a plain generator is to drive it as a task."""
        uses = list(self.of(function))
        return bool(uses) and all(self._drives(each, converted) for each in uses)

    def _drives(self, use: Use, converted: Collection[Function]) -> bool:
        call = use.module.parents[use.node]
        if not isinstance(call, ast.Call) or call.func is not use.node:
            return False
        parent = use.module.parents[call]
        if isinstance(parent, ast.YieldFrom):
            return frame_of(parent, use.module) in converted
        if isinstance(parent, (ast.List, ast.Tuple)):
            parent = use.module.parents[parent]
        return isinstance(parent, ast.Call) and self._takes(parent, use.module)

    def _takes(self, call: ast.Call, module: Module) -> bool:
        values = self.index.value(call.func, module)
        if self.runners.of(values) is not None:
            return True
        return bool(values) and all(
            (isinstance(each, Member) and isinstance(each.of, Loop))
            or (
                isinstance(each, External)
                and each.name.startswith("asyncio.")
                and each.name.rpartition(".")[2] in _TAKING
            )
            for each in values
        )


def _is_asked(node: ast.expr, module: Module) -> bool:
    parent = module.parents[node]
    return (
        isinstance(parent, ast.Call)
        and node in parent.args
        and spelled(parent.func).rpartition(".")[2] in _ASKING
    )


def _may_be_awaited_twice(name: str, call: ast.Call, module: Module) -> bool:
    """Whether what keeps a coroutine is mentioned more than once, or elsewhere.

    A generator that is through can be awaited again, and gives None.
    """
    scope = module.at[call].find(name)
    if scope is None:
        return True
    uses = module.references(scope, name)
    return len(uses) > 1 or any(
        module.at[use].frame is not scope.frame or _is_repeated(use, scope.node, module)
        for use in uses
    )


def _is_repeated(node: ast.AST, frame: ast.AST, module: Module) -> bool:
    """Whether a loop stands around a node, within a frame."""
    for outer in module.enclosing(node):
        if outer is frame:
            return False
        if isinstance(outer, (ast.For, ast.AsyncFor, ast.While, ast.comprehension)):
            return True
    return False


def _is_looked_into(call: ast.Call, module: Module) -> bool:
    """Whether the outermost function around a call reads a generator's attributes."""
    around = [each for each in module.enclosing(call) if isinstance(each, FUNCTIONS)]
    return any(
        around[-1:] == [each for each in module.enclosing(use) if each in around][-1:]
        for name in _OF_GENERATORS
        if name.startswith("gi_")
        for use in module.uses.get(name, ())
    )
