"""What a mock stands for: the kinds of specs, of their members and of targets."""

from __future__ import annotations

from collections.abc import Iterable

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.values import Anonymous, External, Function
from awaitify_codemods.facts.values import Value as Meaning
from awaitify_codemods.mocks.kinds import kind_of, member_kind, members
from awaitify_codemods.mocks.values import (
    Callable_,
    ClassObject,
    Constant,
    Items,
    Mock,
    Object,
    Opaque,
    Value,
)


class Specs:
    """Asks what things are of which mocks take the place."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._members: dict[object, dict[str, str]] = {}

    def kind(self, value: Value) -> str:
        """Return async, sync, class, generator, object or unknown."""
        match value:
            case ClassObject():
                return "class"
            case Callable_(function=Function() as function):
                return kind_of(function, self._index)
            case Callable_():
                return "sync"
            case Mock():
                return "async" if value.is_async else "unknown"
            case Constant() | Items():
                return "object"
        meaning = self._meaning(value)
        return kind_of(meaning, self._index) if meaning else "unknown"

    def member_kind(self, owner: Value, name: str) -> str:
        """Return the kind of an attribute of a value."""
        meaning = self._meaning(owner)
        return member_kind(meaning, name, self._index) if meaning else "unknown"

    def members(self, spec: Value) -> dict[str, str] | None:
        """Return the kinds of the members of a spec; None where it says nothing."""
        if isinstance(spec, Items):
            names = [each.value for each in spec.items if isinstance(each, Constant)]
            return dict.fromkeys(map(str, names), "unknown")
        if isinstance(spec, Constant) or spec is None:
            return None
        meaning = self._meaning(spec)
        if meaning is None:
            return {}
        if meaning not in self._members:
            self._members[meaning] = members(meaning, self._index)
        return self._members[meaning]

    def _meaning(self, value: Value) -> Meaning | None:
        match value:
            case ClassObject(of=of):
                return of
            case Object(of=of) if of is not None:
                return of
            case Callable_(function=Function() as function):
                return function
            case Callable_(function=Anonymous() as function):
                return function
            case Opaque(name=name) if name and name.replace(".", "_").isidentifier():
                return External(name)
            case Opaque(name=name) if name.endswith("()"):
                inner = name[:-2]
                if inner.replace(".", "_").isidentifier():
                    if kind_of(inner, self._index) == "class":
                        return External(inner)
        return None

    def kind_of_all(self, meanings: Iterable[Meaning]) -> str:
        """Return the one kind of some meanings."""
        kinds = {kind_of(each, self._index) for each in meanings}
        return kinds.pop() if len(kinds) == 1 else "unknown"

    def target(self, dotted: str, path: str) -> str:
        """Return the kind of what `patch` replaces."""
        return kind_of(dotted, self._index, path)
