"""The names to look for: drivers, and the helpers found that drive for others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.values import Function
from awaitify_codemods.facts.words import Words

DRIVERS = frozenset({"run", "run_until_complete", "run_forever"})


@dataclass(eq=False)
class Names:
    """Names of drivers; with the files that define them, if they are helpers."""

    homes: dict[str, set[str]] = field(
        default_factory=lambda: {name: set() for name in DRIVERS}
    )
    methods: set[str] = field(default_factory=set)
    """Names of helpers that are methods."""

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

    def carriers(self, words: Words) -> Iterator[str]:
        """Yield the files that may mean one of the helpers."""
        for name, homes in self.homes.items():
            found = [words.carriers(name, home) for home in sorted(homes)]
            if name in self.methods:
                # A subclass need not say where its base's base is.
                found = [words.files_with(name)]
            yield from (path for paths in found for path in paths)
