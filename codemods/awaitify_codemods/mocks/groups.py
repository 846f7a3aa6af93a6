"""Parts that change together or not at all, and what holds some of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.sites import Refusal


@dataclass(eq=False)
class Groups:
    """Nodes in groups; one that is held holds its group."""

    _above: dict[ast.AST, ast.AST] = field(default_factory=dict)
    _held: dict[ast.AST, Refusal] = field(default_factory=dict)

    def add(self, node: ast.AST) -> None:
        """Add a node in a group of its own."""
        self._above.setdefault(node, node)

    def join(self, node: ast.AST, others: Iterable[ast.AST]) -> None:
        """Put nodes in one group."""
        self.add(node)
        for each in others:
            self.add(each)
            self._above[self.of(each)] = self.of(node)

    def of(self, node: ast.AST) -> ast.AST:
        """Return the node that stands for a group."""
        while self._above[node] is not node:
            self._above[node] = self._above[self._above[node]]
            node = self._above[node]
        return node

    def hold(self, node: ast.AST, refusal: Refusal) -> None:
        """Keep a node and its group as they are; the first reason is told."""
        self._held.setdefault(node, refusal)

    def held(self) -> dict[ast.AST, Refusal]:
        """Return the groups that stay, and why."""
        found: dict[ast.AST, Refusal] = {}
        for node, refusal in self._held.items():
            if node in self._above:
                found.setdefault(self.of(node), refusal)
        return found

    def refusal(self, node: ast.AST) -> Refusal | None:
        """Return why a node itself is held."""
        return self._held.get(node)

    def __iter__(self) -> Iterator[ast.AST]:
        """Go through all nodes."""
        return iter(self._above)
