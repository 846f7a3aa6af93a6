"""Code that starts a loop of its own, and is reached by what would be async."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.colour.given import Given
from awaitify_codemods.colour.handed import Handed
from awaitify_codemods.colour.suspects import Suspects
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.reach import frames_within
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function


@dataclass(frozen=True, eq=False)
class InnerLoops:
    """Looks through the frames of a function, and at what is given to it."""

    suspects: Suspects
    given: Given
    handed: Handed

    def reached_by(self, function: Function, coloured: set[Function]) -> Refusal | None:
        """Refuse what calls or hands on sync code that starts a loop."""
        if function.is_async:
            return None  # it ran inside a loop before
        module = function.module
        for given in self.given.loops(function, coloured):
            return given
        for frame in frames_within(module, function.scope):
            if frame is not function.scope and isinstance(frame.node, FUNCTIONS):
                inner = Function(module, frame.node)
                if inner in coloured:
                    continue
            unknown = self.handed.unknown_call(frame, module)
            if unknown:
                return unknown
            for node in _frame_nodes(frame.node):
                found = self.suspects.of(node, module, coloured)
                if found:
                    return found
        return None


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
        pending.extend(ast.iter_child_nodes(each))
