"""What the parts of name resolution ask of each other.

A name means what it is bound to; what is bound is an expression; an expression is
made of names. `Index` answers, and remembers; the modules below it work it out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Protocol

from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.values import Class, External, Function, Value, Values

Ancestors = list[Class | External | None]
"""Classes; None for one that is not known."""
DEPTH = 40
"""How far meanings are followed."""


class Meanings(Protocol):
    """What names and expressions mean across a project."""

    @property
    def injected(self) -> Callable[[Function, str], Values]:
        """What pytest gives to a parameter of a test or fixture."""

    @property
    def utility(self) -> Callable[[Function], str]:
        """What a function gives that only makes, installs or ends a loop."""

    @property
    def below(self) -> Callable[[Class], list[Class]]:
        """The subclasses of a class."""

    def name(self, scope: Scope, name: str, module: Module, depth: int = 0) -> Values:
        """Return what a name means in a scope."""

    def bound(self, owner: Scope, name: str, module: Module, depth: int = 0) -> Values:
        """Return the meanings of all bindings of a name in its scope."""

    def value(self, node: ast.expr, module: Module, depth: int = 0) -> Values:
        """Return what an expression means."""

    def member(self, value: Value, name: str, depth: int = 0) -> Values:
        """Return what an attribute of a value means."""

    def imported(
        self, target: tuple[int, str, str], module: Module, depth: int
    ) -> Values:
        """Return what an import binds: its level, the module, and the name."""

    def mro(self, owner: Class) -> Ancestors:
        """Return the class and its ancestors."""

    def behind(self, value: Value) -> Value:
        """Return what an installed package defines under a name; else the value."""
