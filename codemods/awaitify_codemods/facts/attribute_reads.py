"""The attributes that statements read, with all that they call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Function

_DEPTH = 12


@dataclass(frozen=True, eq=False)
class AttributeReads:
    """Answers for statements; remembers what functions read."""

    index: Index
    _read: dict[ast.AST, frozenset[str]] = field(default_factory=dict)

    def attributes_in(
        self, statements: Sequence[ast.AST], module: Module
    ) -> frozenset[str]:
        """Return the attributes that statements read, with all that they call."""
        nodes = [node for each in statements for node in walk(each)]
        found = _attributes(nodes)
        for call in (each for each in nodes if isinstance(each, ast.Call)):
            for value in self.index.value(call.func, module):
                if isinstance(value, Function):
                    found |= self._attributes_of(value)
        return found

    def _attributes_of(self, function: Function, depth: int = 0) -> frozenset[str]:
        node = function.node
        if node not in self._read:
            self._read[node] = frozenset()  # what a cycle finds
            found = _attributes(walk(node))
            for call in function.scope.calls if depth < _DEPTH else ():
                for value in self.index.value(call.func, function.module):
                    if isinstance(value, Function):
                        found |= self._attributes_of(value, depth + 1)
            self._read[node] = found
        return self._read[node]


def _attributes(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(
        each.attr
        for each in nodes
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Load)
    )
