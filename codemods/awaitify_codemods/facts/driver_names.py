"""The names to look for: drivers, and the helpers found that drive for others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.values import Function
from awaitify_codemods.facts.words import Words

DRIVERS = frozenset(
    {"run", "run_until_complete", "run_forever", "run_sync", "async_to_sync"}
)


@dataclass(eq=False)
class Names:
    """Names of drivers; with the files that define them, if they are helpers."""

    homes: dict[str, set[str]] = field(
        default_factory=lambda: {name: set() for name in DRIVERS}
    )
    methods: set[str] = field(default_factory=set)
    """Names of helpers that are methods, and of fixtures: who uses them need not
    say where they are."""

    def __len__(self) -> int:
        """Return how many names there are, each with its files."""
        return sum(1 + len(homes) for homes in self.homes.values())

    def add(self, name: str, scope: Scope, module: Module) -> None:
        """Look for a name of a runner; for a module's, elsewhere, too."""
        homes = self.homes.setdefault(name, set())
        if scope.kind == "module":
            homes.add(module.path)

    def add_helper(self, function: Function) -> None:
        """Look for a runner helper, or a decorator that drives."""
        self.homes.setdefault(function.node.name, set()).add(function.module.path)
        if function.owner is not None:
            self.methods.add(function.node.name)

    def add_said(self, name: str, definition: Function | None) -> None:
        """Look for a runner that the user names, also where it is not defined."""
        self.homes.setdefault(name, set())
        self.methods.add(name)
        if definition is not None:
            self.add_helper(definition)

    def is_only_said(self, use: ast.Name | ast.Attribute) -> bool:
        """Whether a name is looked for because the user names a runner elsewhere."""
        name = use.attr if isinstance(use, ast.Attribute) else use.id
        return name not in DRIVERS and not self.homes[name]

    def add_fixture(self, name: str, module: Module) -> None:
        """Look for a parameter that a fixture gives a runner to."""
        self.homes.setdefault(name, set()).add(module.path)
        self.methods.add(name)

    def carriers(self, words: Words) -> Iterator[str]:
        """Yield the files that may mean one of the helpers."""
        for name, homes in self.homes.items():
            found = [words.carriers(name, home) for home in sorted(homes)]
            if name in self.methods:
                # A subclass need not say where its base's base is.
                found = [words.files_with(name)]
            yield from (path for paths in found for path in paths)
