"""What a file takes from asynctest's mocks: by which names, and where it says them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitify_codemods.facts.foreign_cases import MOCKS, mentions
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Binding, Module, Scope

ASYNC = "CoroutineMock"
TWINS = {ASYNC: "AsyncMock"} | {
    name: name
    for name in (
        "ANY DEFAULT MagicMock Mock NonCallableMagicMock NonCallableMock PropertyMock "
        "call create_autospec mock_open patch sentinel"
    ).split()
}
"""What asynctest.mock has -> what it is in unittest.mock."""
SCOPES = frozenset({"GLOBAL", "LIMITED"})
"""What the argument `scope` of a patch is given."""

PACKAGE = "package"
MODULE = "module"
NAME = "name"


@dataclass(frozen=True, eq=False)
class Part:
    """A mention of one thing of asynctest.mock, or of the module itself."""

    module: Module
    node: ast.Name | ast.Attribute
    name: str
    """Its name there; "" for the module."""
    root: ast.Name
    """The name with which the mention begins."""

    @property
    def call(self) -> ast.Call | None:
        """The call of which it is the callee."""
        parent = self.module.parents[self.node]
        if isinstance(parent, ast.Call) and parent.func is self.node:
            return parent
        return None


@dataclass(frozen=True, eq=False)
class Taken:
    """A name by which a file knows asynctest, its mocks, or one of them."""

    module: Module
    scope: Scope
    local: str
    bindings: tuple[Binding, ...]
    parts: tuple[Part, ...]

    @cached_property
    def statement(self) -> ast.stmt:
        """The import, or the first of them."""
        statement = next(each.node for each in self.bindings if is_foreign(each))
        assert isinstance(statement, ast.stmt)
        return statement

    @property
    def aliases(self) -> list[ast.alias]:
        """What is imported by that name from asynctest."""
        return [
            alias
            for each in self.bindings
            if is_foreign(each) and isinstance(each.node, ast.ImportFrom)
            for alias in each.node.names
            if (alias.asname or alias.name) == self.local
        ]

    @property
    def kind(self) -> str:
        """Whether the name is asynctest itself, its mocks, or one thing of them."""
        _, source, name = self._target
        if isinstance(self.statement, ast.Import):
            return MODULE if source == "asynctest.mock" else PACKAGE
        return MODULE if (source, name) == ("asynctest", "mock") else NAME

    @property
    def name(self) -> str:
        """What it is called there."""
        return self._target[2]

    @cached_property
    def _target(self) -> tuple[int, str, str]:
        found = (each.target for each in self.bindings if is_foreign(each))
        return next(found, (0, "", ""))


def is_foreign(binding: Binding) -> bool:
    """Whether a name is imported from asynctest."""
    return binding.target[0] == 0 and binding.target[1] in (
        "asynctest",
        "asynctest.mock",
    )


def parts(module: Module, index: Index) -> list[Part]:
    """Return what a file mentions of asynctest's mocks, in the order of the source."""
    found = {}
    for mention in mentions(module, index):
        names = mention.name.split(".")
        if len(names) > 1 and f"asynctest.{names[1]}" in MOCKS:
            node: ast.expr = mention.node
            for _ in names[2:]:
                assert isinstance(node, ast.Attribute)
                node = node.value
            assert isinstance(node, (ast.Name, ast.Attribute))
            name = "" if names[1] == "mock" else names[1]
            found[node] = Part(module, node, name, _root(node))
    return sorted(found.values(), key=_place)


def taken(module: Module, found: list[Part]) -> Iterator[Taken]:
    """Yield the names to which those mentions go back."""
    grouped: dict[tuple[Scope, str], list[Part]] = {}
    for part in found:
        scope = module.at[part.root].find(part.root.id)
        if scope is not None:
            grouped.setdefault((scope, part.root.id), []).append(part)
    for (scope, local), its_parts in grouped.items():
        yield Taken(module, scope, local, tuple(scope.names[local]), tuple(its_parts))


def unused(module: Module) -> list[tuple[str, ast.alias]]:
    """Return the mocks that a file imports for nothing, with their local names."""
    found = []
    for statement in module.imports:
        if not isinstance(statement, ast.ImportFrom) or statement.level:
            continue
        if statement.module not in ("asynctest", "asynctest.mock"):
            continue
        if module.parents[statement] is not module.tree:
            continue
        for alias in statement.names:
            local = alias.asname or alias.name
            if f"asynctest.{alias.name}" in MOCKS:
                if not module.references(module.scope, local):
                    found.append((local, alias))
    return found


def _root(node: ast.expr) -> ast.Name:
    while isinstance(node, ast.Attribute):
        node = node.value
    assert isinstance(node, ast.Name)
    return node


def _place(part: Part) -> tuple[int, int]:
    return part.node.lineno, part.node.col_offset
