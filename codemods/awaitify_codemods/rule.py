"""The contract between a rule and whoever runs it.

A rule reads facts and the colouring, and returns decisions; it never sees a
LibCST tree. What a decision does to a tree is an edit. So decisions are plain
data, to be printed, stored, filtered and replayed, and one LibCST pass carries
out the decisions of all rules.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from awaitify_codemods.plan import LEFT, MIGRATE, Argument, Setting

if TYPE_CHECKING:
    from awaitify_codemods.facts.module import Module, Scope
    from awaitify_codemods.sources import Bound, Settings
    from awaitify_codemods.work import Work


Glance = Callable[[bytes], bool]


class Safety(Enum):
    """Whether a rewrite can change what a passing test observes."""

    SAFE = "safe"
    REVIEW = "review"
    REPORT = "report"


@dataclass(frozen=True)
class Example:
    """A before/after pair: rendered in the docs, run as a test."""

    title: str
    before: str
    after: str
    path: str = "test_module.py"
    """The file's name, where that matters."""
    bound: Bound | None = None
    """The time-out that was asked for, where it takes one."""

    @classmethod
    def unchanged(cls, title: str, code: str, path: str = path) -> Example:
        """Show code that the rule must leave alone."""
        return cls(title, code, code, path)


@dataclass(frozen=True)
class Meta:
    """A rule's declaration: all that drivers, tests and docs know of it."""

    code: str
    name: str
    summary: str
    safety: Safety
    triggers: Sequence[bytes]
    """A project none of whose files contains one is not even parsed."""
    examples: Sequence[Example]
    beside: Sequence[bytes] = ()
    """What such a file has to contain as well, all of it."""
    glance: Glance = lambda source: True
    """Whether such a file is worth to be parsed, by a closer look at its bytes."""
    stands_apart: bool = False
    """Whether it decides by itself, also where nothing drives a loop."""
    wanted: Callable[[Settings], bool] = lambda settings: True
    """Whether the user asked for what it does; if not, it looks at no file."""
    comes_last: bool = False
    """Whether it follows from what all others decide."""

    @property
    def search(self) -> tuple[Sequence[bytes], Sequence[bytes], Glance]:
        """What `Words.files_like` is asked for."""
        return self.triggers, self.beside, self.glance


@dataclass(frozen=True, eq=False)
class Decision:
    """One edit, on a node of a file's `ast`, with what it takes and gives."""

    module: Module
    node: ast.AST
    op: str
    """What is done; "" where there is something to report or to import only."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    removes: tuple[ast.AST, ...] = ()
    """The parts of the file that are gone afterwards."""
    uses: tuple[tuple[Scope, str], ...] = ()
    """Names of the file that the new code mentions, by the scope that binds them."""
    imports: tuple[str, ...] = ()
    """Import statements that the new code needs."""
    message: str = ""
    """What to report; empty where the edit only follows from another."""
    status: str = MIGRATE
    """``review`` for an edit that is not safe, of a rule that mostly is."""
    reason: str = ""
    """A refusal code where the site is left."""
    settings: tuple[Setting, ...] = ()
    """What the result needs of pytest's configuration."""
    group: ast.AST | None = None
    """Of rules that stand apart: decisions of one group are made all, or none."""

    @classmethod
    def left(cls, module: Module, node: ast.AST, reason: str, message: str) -> Decision:
        """Report a site that stays as it is, with a refusal code and the reason."""
        return cls(module, node, "", message=message, status=LEFT, reason=reason)


Operation = Callable[[Any, Mapping[str, Argument]], Any]
"""From the updated LibCST node and a decision's arguments to the new node."""


class Rule(ABC):
    """Base class of all rules; its docstring is the rule's rationale."""

    META: ClassVar[Meta]
    OPERATIONS: ClassVar[Mapping[str, Operation]] = {}
    """Operations that only this rule needs, by the names that decisions use."""

    @abstractmethod
    def decide(self, work: Work) -> Iterator[Decision]:
        """Yield what to do for the functions that become async."""
