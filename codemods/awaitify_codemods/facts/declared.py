"""What the user says of names: which are runners, and which coroutine functions.

It counts where the source does not tell. Where the source shows that a runner does
harm to what it drives, or that a function is no coroutine function, that counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.harmful import yields
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.values import (
    NOTHING,
    Anonymous,
    Class,
    External,
    File,
    Function,
    Instance,
    Member,
    Value,
    Values,
)


@dataclass(eq=False)
class Declared:
    """Answers for the names that the user lists.

    Args:
        index: the project's files.
        runners: dotted names of helpers that drive a coroutine.
        coroutines: dotted names of coroutine functions.

    """

    index: Index
    runners: frozenset[str] = frozenset()
    coroutines: frozenset[str] = frozenset()
    _meant: dict[str, Values] = field(default_factory=dict)

    def is_runner(self, value: Value) -> bool:
        """Whether the user says that a value drives what it is given."""
        return bool(self.runners) and self._is_among(value, self.runners)

    def is_coroutine_function(self, value: Value) -> bool:
        """Whether the source, or else the user, says that a call makes a coroutine."""
        if isinstance(value, Function):
            return value.is_async and not yields(value.node)
        if not self.coroutines or not isinstance(value, (External, Member)):
            return False
        found = self.index.behind(value)
        if isinstance(found, (Function, Class)):
            return isinstance(found, Function) and self.is_coroutine_function(found)
        return _dotted(value) in self.coroutines

    def words(self) -> set[str]:
        """Return by what names runners are called."""
        return {name.rpartition(".")[2] for name in self.runners}

    def mentions(self) -> Iterator[tuple[str, Function | None]]:
        """Yield by what name each runner is called, and its definition if there is."""
        for name in sorted(self.runners):
            found = [each for each in self._meaning(name) if isinstance(each, Function)]
            yield name.rpartition(".")[2], found[0] if found else None

    def _is_among(self, value: Value, names: Iterable[str]) -> bool:
        name = _dotted(value)
        if name:
            last = name.rpartition(".")[2]
            return any(
                name == each
                or (last == each.rpartition(".")[2] and self._is_same(value, each))
                for each in names
            )
        if not isinstance(value, (Function, Anonymous)):
            return False
        return any(value in self._meaning(each) for each in names)

    def _is_same(self, value: Value, name: str) -> bool:
        """Whether two names mean one definition, of which one hands on the other's."""
        found = self.index.behind(value)
        return isinstance(found, Function) and found in self._meaning(name)

    def _meaning(self, name: str) -> Values:
        """Return what a name means in the project, or in what is installed."""
        if name not in self._meant:
            self._meant[name] = self._look_up(name.split("."))
        return self._meant[name]

    def _look_up(self, parts: list[str]) -> Values:
        for size in range(len(parts) - 1, 0, -1):
            path = self.index.locate(".".join(parts[:size]), "")
            module = self.index.module(path) if path else None
            if module is None:
                continue
            values: Values = frozenset({File(module)})
            for part in parts[size:]:
                found = [self.index.member(each, part) for each in values]
                values = NOTHING.union(*found)
            return values
        defined = self.index.definition(External(".".join(parts)))
        return frozenset({defined}) if defined else NOTHING


def _dotted(value: Value) -> str:
    """Return the dotted name of what is not the project's."""
    match value:
        case External(name):
            return name
        case Member(Instance(External(owner)), name):
            return f"{owner}.{name}"
    return ""
