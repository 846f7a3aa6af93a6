"""What `side_effect` does to a home-made mock, and to an AsyncMock in its place.

Both call a function and raise an exception. But an AsyncMock awaits what a coroutine
function makes; and where a list ends, it raises StopAsyncIteration, while the
StopIteration of a mock within a coroutine becomes a RuntimeError.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Set
from functools import cached_property
from typing import cast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External
from awaitify_codemods.mocks.facts import Configured
from awaitify_codemods.mocks.values import (
    Applied,
    Callable_,
    ClassObject,
    Constant,
    Items,
    Mock,
    Object,
    Opaque,
    Value,
    alternatives,
)

_FAILING = (
    "Error",
    "Exception",
    "Exit",
    "Interrupt",
    "Iteration",
    "Timeout",
    "Warning",
)
_ENDING = ("RuntimeError", "StopIteration", "StopAsyncIteration")


class Effects:
    """Judges what mocks are told to do.

    Args:
        index: the project.
        entered: the functions that tests execute -> which tests.

    """

    def __init__(self, index: Index, entered: Mapping[ast.AST, set[str]]) -> None:
        self._index = index
        self._entered = entered

    def refusal(self, configured: Configured, tests: Collection[str]) -> Refusal | None:
        """Return why the same `side_effect` would do something else."""
        where = f"{configured.module.path}:{_line(configured.node)}"
        values = alternatives(cast(Value, configured.value))
        if _is_failing_call(configured.node) and not any(map(_is_list, values)):
            return None
        for value in values:
            found = self._of(value, where, tests)
            if found is not None:
                return found
        return None

    def _of(self, value: Value, where: str, tests: Collection[str]) -> Refusal | None:
        match value:
            case Constant(value=None) | ClassObject():
                return None
            case Items():
                return self._of_list(value, where, tests)
            case Applied():
                return self._of(value.function, where, tests)
            case Mock() if not value.is_async:
                return None
            case Callable_(doubtful=False):
                if not getattr(value.function, "is_async", False):
                    return None
            case Opaque() | Object() if self.is_exception(value):
                return None
            case Mock() | Callable_():
                pass
            case _:
                message = f"what side_effect is ({where}) is not known"
                return Refusal("unknown-value", message)
        message = f"an AsyncMock would await what its side_effect makes ({where})"
        return Refusal("mixed-use", message)

    def is_exception(self, value: Value) -> bool:
        """Whether a mock raises a value in place of returning it."""
        if isinstance(value, Opaque):
            name = value.name.removesuffix("()").rpartition(".")[2]
            return name.endswith(_FAILING)
        if isinstance(value, (Object, ClassObject)) and isinstance(value.of, Class):
            return any(
                isinstance(base, External) and base.name.endswith(_FAILING)
                for base in self._index.mro(value.of)
            )
        return False

    def _of_list(
        self, value: Items, where: str, tests: Collection[str]
    ) -> Refusal | None:
        if not value.is_open and value.items and self.is_exception(value.items[-1]):
            return None  # whoever wrote it took care of its end
        for minding, place in self._minding:
            if not minding.isdisjoint(tests):
                message = (
                    f"where its side_effect ends ({where}), an AsyncMock raises "
                    f"StopAsyncIteration, not the RuntimeError of {place}"
                )
                return Refusal("mixed-use", message)
        return None

    @cached_property
    def _minding(self) -> list[tuple[Set[str], str]]:
        """Where code minds which exception ends a list, and the tests that run it."""
        found: list[tuple[Set[str], str]] = []
        for module in self._index.modules.values():
            for name in _ENDING if module else ():
                for use in module.uses.get(name, ()) if module else ():
                    assert module is not None
                    function = _function(use, module)
                    functions = [function] if function else module.functions
                    tests = {t for f in functions for t in self._entered.get(f, ())}
                    if tests and not _is_raised(use, module):
                        found.append((tests, f"{module.path}:{use.lineno}"))
        return found


def _function(node: ast.AST, module: Module) -> ast.AST | None:
    """Return the outermost function around a node."""
    functions = [each for each in module.enclosing(node) if isinstance(each, FUNCTIONS)]
    return functions[-1] if functions else None


def _is_raised(node: ast.AST, module: Module) -> bool:
    """Whether an exception is raised there, or by a mock, and not looked for."""
    for outer in module.enclosing(node):
        match outer:
            case ast.Raise() | ast.keyword(arg="side_effect"):
                return True
            case ast.Assign(targets=[ast.Attribute(attr="side_effect")]):
                return True
            case ast.stmt():
                return False
    return False


def _line(node: ast.AST) -> int:
    while not hasattr(node, "lineno"):
        node = next(ast.iter_child_nodes(node))
    return int(node.lineno)


def _is_list(value: Value) -> bool:
    return isinstance(value, Items)


def _is_failing_call(node: ast.AST) -> bool:
    """Whether an exception is written out, of a library that may not be there."""
    if not isinstance(node, (ast.keyword, ast.Assign)):
        return False
    match node.value:
        case (
            ast.Call(func=ast.Attribute(attr=name))
            | ast.Call(func=ast.Name(id=name))
            | ast.Attribute(attr=name)
            | ast.Name(id=name)
        ):
            return name[:1].isupper() and name.endswith(_FAILING)
    return False
