"""What the parts of the search ask of each other."""

from __future__ import annotations

import ast
from typing import Protocol

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.values import Anonymous, Class, Function, Value

DEPTH = 12
"""How far callers are followed."""


class Only(Protocol):
    """Says which starts are meant, where not all are."""

    def starts(self, name: str) -> bool:
        """Whether what a dotted name means starts a loop when it is called."""

    def drives(self, call: ast.Call, module: Module, index: Index) -> bool:
        """Whether a call drives a loop itself."""


class Reaching(Protocol):
    """Answers with the name of what starts a loop; "" if nothing does.

    `depth` says how far the callers have been followed.
    """

    index: Index
    runners: Runners
    test_code: frozenset[str]
    only: Only | None

    def starts(
        self, function: Function, depth: int = 0, receiver: Class | None = None
    ) -> str:
        """Return which function starts a loop when this one is called."""

    def lambda_starts(self, value: Anonymous, depth: int) -> str:
        """Return what starts a loop when a lambda is called."""

    def frames_start(
        self,
        frames: list[Scope],
        function: Function | Anonymous,
        depth: int,
        receiver: Class | None,
    ) -> str:
        """Return what starts a loop among the calls of some frames."""

    def value_starts(
        self, value: Value, depth: int = 0, receiver: Class | None = None
    ) -> str:
        """Return what starts a loop when a value is called."""

    def object_starts(self, owner: Class, depth: int = 0) -> str:
        """Return what Python itself may call on an object and that starts a loop."""

    def kept_starts(self, module: Module, depth: int) -> str:
        """Return a function of a file that starts a loop and is kept somewhere."""
