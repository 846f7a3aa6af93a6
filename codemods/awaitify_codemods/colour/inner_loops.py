"""Code that starts a loop of its own, and is reached by what would be async."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from awaitify_codemods.colour.given import Given
from awaitify_codemods.colour.handed import Handed
from awaitify_codemods.colour.suspects import Suspects, Suspicion, first
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope
from awaitify_codemods.facts.nodes import frames_within
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import children
from awaitify_codemods.facts.values import Function


class Reached(Protocol):
    """Answers whether a function reaches code that starts a loop."""

    def reached_by(self, function: Function, coloured: set[Function]) -> Refusal | None:
        """Refuse what calls or hands on sync code that starts a loop."""


@dataclass(eq=False)
class InnerLoops:
    """Looks through the frames of a function, and at what is given to it."""

    suspects: Suspects
    given: Given
    handed: Handed
    left: Mapping[Function, Refusal]
    _frames: dict[Function, list[Scope]] = field(default_factory=dict)
    _in_frame: dict[Scope, tuple[Suspicion, ...]] = field(default_factory=dict)

    def reached_by(self, function: Function, coloured: set[Function]) -> Refusal | None:
        """Refuse what calls or hands on sync code that starts a loop."""
        if function.is_async:
            return None  # it ran inside a loop before
        module = function.module
        given = first(self.given.to(function), coloured, self.left)
        if given:
            return given
        if function not in self._frames:
            self._frames[function] = list(frames_within(module, function.scope))
        for frame in self._frames[function]:
            if frame is not function.scope and isinstance(frame.node, FUNCTIONS):
                if Function(module, frame.node) in coloured:
                    continue
            found = self.handed.unknown_call(frame, module)
            suspicions = self._suspicions(frame, module)
            found = found or first(suspicions, coloured, self.left)
            if found:
                return found
        return None

    def _suspicions(self, frame: Scope, module: Module) -> tuple[Suspicion, ...]:
        if frame not in self._in_frame:
            self._in_frame[frame] = tuple(
                suspicion
                for node in _frame_nodes(frame.node)
                for suspicion in self.suspects.of(node, module)
            )
        return self._in_frame[frame]


def _frame_nodes(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    body = getattr(node, "body", [])
    pending: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while pending:
        each = pending.pop()
        if isinstance(each, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(each, (ast.Name, ast.Attribute)) and isinstance(
            each.ctx, ast.Load
        ):
            yield each
        pending.extend(children(each))
