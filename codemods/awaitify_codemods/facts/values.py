"""What an expression can mean, as far as the text tells."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.module import FunctionNode, Module, Scope


@dataclass(frozen=True)
class External:
    """Something outside the project, by its dotted name."""

    name: str


@dataclass(frozen=True)
class File:
    """A module whose source can be read."""

    module: Module


@dataclass(frozen=True)
class Function:
    """A function or method defined in a file that can be read."""

    module: Module
    node: FunctionNode

    @property
    def is_async(self) -> bool:
        """Whether calling it makes a coroutine or an async generator."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def name(self) -> str:
        """Its node id within its file, ``TestX::test_y``."""
        return self.module.qualified(self.node)

    @property
    def full_name(self) -> str:
        """What plans and directives call it, ``path::TestX::test_y``."""
        return f"{self.module.path}::{self.name}"

    @property
    def scope(self) -> Scope:
        """The scope of its body."""
        return self.module.scopes[self.node]

    @property
    def owner(self) -> ast.ClassDef | None:
        """The class in whose body it is defined."""
        return self.module.class_of(self.node)


@dataclass(frozen=True)
class Anonymous:
    """A lambda."""

    module: Module
    node: ast.Lambda


@dataclass(frozen=True)
class Class:
    """A class defined in a file that can be read."""

    module: Module
    node: ast.ClassDef


@dataclass(frozen=True)
class Instance:
    """An object of a class; of an external class by its dotted name."""

    of: Class | External


@dataclass(frozen=True)
class Loop:
    """An event loop: which one, by what made or fetched it."""

    module: Module
    node: ast.Call | ast.ClassDef
    """A call; or the class to whose objects a framework gives it."""
    kind: str
    """new, current (``get_event_loop``), or running."""
    library: str = "asyncio"
    """Whose: asyncio's own, or the ``IOLoop`` of tornado around one."""

    @property
    def scope(self) -> Scope:
        """The frame in which the loop is made."""
        return self.module.at[self.node].frame


@dataclass(frozen=True)
class Member:
    """An attribute of a loop or of an external object: ``loop.run_until_complete``."""

    of: Loop | Instance
    name: str


@dataclass(frozen=True)
class Partial:
    """``functools.partial(function, ...)``."""

    module: Module
    node: ast.Call


@dataclass(frozen=True)
class Parent:
    """``super()`` in a method of a class."""

    of: Class


Value = (
    External
    | File
    | Function
    | Anonymous
    | Class
    | Instance
    | Loop
    | Member
    | Partial
    | Parent
)
Values = frozenset[Value]
NOTHING: Values = frozenset()
"""The meaning of an expression is not known."""


def external_name(value: Value) -> str:
    """Return the dotted name of what is not the project's, or of its class."""
    match value:
        case External(name) | Instance(External(name)):
            return name
        case Member(Instance(External(name))):
            return name
    return ""
