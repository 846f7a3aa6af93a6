"""Whether a test may sleep in a loop: followed through all that is known to run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    Class,
    External,
    Function,
    Instance,
    Member,
    Value,
    external_name,
)

_SLEEP = External("asyncio.sleep")
_QUIET = sys.stdlib_module_names | {"builtins", "pytest", "mock"}
# What they return may be anything.
_GIVING = frozenset({"builtins", "functools", "importlib", "operator", "types"})


@dataclass(eq=False)
class _Frame:
    """What the text of one function says."""

    sleeps: bool = False
    is_clear: bool = True
    """Whether all that it calls is known."""
    mentioned: set[Function] = field(default_factory=set)


@dataclass(eq=False)
class Sleeping:
    """Searches what functions mention; remembers what it found."""

    index: Index
    _frames: dict[ast.AST, _Frame] = field(default_factory=dict)

    def by(self, functions: Iterable[Function]) -> bool | None:
        """Return whether a call of some functions sleeps; None if that is unknown."""
        pending = list(functions)
        seen = set(pending)
        is_clear = True
        while pending:
            frame = self._frame(pending.pop())
            if frame.sleeps:
                return True
            is_clear = is_clear and frame.is_clear
            pending += frame.mentioned - seen
            seen |= frame.mentioned
        return False if is_clear else None

    def _frame(self, function: Function) -> _Frame:
        if function.node not in self._frames:
            frame = self._frames[function.node] = _Frame()
            self._fill(frame, function)
        return self._frames[function.node]

    def _fill(self, frame: _Frame, function: Function) -> None:
        module = function.module
        for node in walk(function.node):
            if isinstance(node, ast.Call):
                frame.is_clear &= bool(self.index.value(node.func, module))
            if isinstance(node, (ast.Name, ast.Attribute)) and node in module.at:
                for value in self.index.value(node, module):
                    if value == _SLEEP:
                        frame.sleeps |= not _is_in_vain(node, function)
                    frame.mentioned |= set(self._functions(value))
                    frame.is_clear &= self._is_clear(value)

    def _functions(self, value: Value) -> Iterator[Function]:
        """Yield what may run where a value is used."""
        match value:
            case Function():
                yield value
            case (Class() as owner) | Instance(Class() as owner):
                # Python itself calls some of its methods.
                for base in self.index.mro(owner):
                    if isinstance(base, Class):
                        for each in base.node.body:
                            if isinstance(each, FUNCTIONS):
                                yield Function(base.module, each)

    def _is_clear(self, value: Value) -> bool:
        """Whether all that may run where a value is used is known, or never sleeps."""
        match value:
            case External(name) | Instance(External(name)):
                pass
            case Member(Instance()):
                name = external_name(value)
            case (Class() as owner) | Instance(Class() as owner):
                return all(
                    base is not None and self._is_clear(base)
                    for base in self.index.mro(owner)
                    if not isinstance(base, Class)
                )
            case _:
                return True
        package = name.partition(".")[0]
        return package in _QUIET and not ("()" in name and package in _GIVING)


def _is_in_vain(node: ast.AST, function: Function) -> bool:
    """Whether a mention is the callee of ``asyncio.sleep(0)``."""
    match function.module.parents[node]:
        case ast.Call(func=func, args=[ast.Constant(value=0), *_]):
            return func is node
    return False
