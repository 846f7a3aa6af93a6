"""What the abstract execution of a test computes with.

Values with attributes are objects: who writes to one is seen by all who hold it. An
`Opaque` stands for all that is not known, external names included.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.values import Anonymous, Class, Function
from awaitify_codemods.mocks.facts import Path

if TYPE_CHECKING:
    from awaitify_codemods.mocks.home_made import HomeMade

_MOST = 6
"""How many alternatives a value has at most."""


@dataclass(eq=False, slots=True)
class Opaque:
    """An object of which only the name is known, if that."""

    name: str = ""
    """Dotted, with ``()`` for calls: ``asyncio.get_event_loop().create_task``."""
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Constant:
    """A literal."""

    value: object


@dataclass(eq=False, slots=True)
class Items:
    """A list, tuple or set."""

    items: list[Value]
    is_open: bool = False
    """Whether there may be more than those known."""
    is_list: bool = True
    is_awaitable: bool = False
    """Whether it is what `gather` gives, and can be awaited itself."""


@dataclass(eq=False, slots=True)
class Mapping:
    """A dict by constant keys."""

    items: dict[object, Value]
    is_open: bool = False


@dataclass(eq=False, slots=True)
class Frame:
    """A function, class or module that is being executed."""

    module: Module
    node: ast.AST
    parent: Frame | None = None
    """The frame in which the function was defined."""
    names: dict[str, Value] = field(default_factory=dict)
    result: Value | None = None
    owner: Class | None = None
    """The class whose method it is, for ``super()``."""
    on_yield: Callable[[Value], Value] | None = None
    """What happens while it is suspended."""
    is_function: bool = True
    may_have_raised: bool = False
    filled: set[str] = field(default_factory=set)
    """The parameters that have their arguments."""

    @property
    def scope(self) -> Scope:
        """The scope of its body."""
        return self.module.scopes.get(self.node, self.module.scope)


@dataclass(eq=False, slots=True)
class Callable_:
    """A function, lambda or bound method."""

    function: Function | Anonymous
    closure: Frame | None = None
    bound: Value | None = None
    owner: Class | None = None
    doubtful: bool = False
    """Whether a decorator that is not known may do otherwise."""
    is_context: bool = False
    """Whether ``contextmanager`` or its async sister made it one."""
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class ClassObject:
    """A class of the project."""

    of: Class


@dataclass(eq=False, slots=True)
class Object:
    """An instance of a class of the project; of none: a plain namespace."""

    of: Class | None
    attributes: dict[str, Value] = field(default_factory=dict)
    depth: int = 0
    """How many conditions were open when it was made."""


@dataclass(eq=False, slots=True)
class ModuleObject:
    """A module of the project."""

    of: Module


@dataclass(eq=False, slots=True)
class Super:
    """``super()`` in a method."""

    of: Class
    bound: Value


@dataclass(eq=False, slots=True)
class Suspended:
    """A coroutine, a generator, or a context manager made of one: a body to run."""

    function: Callable_
    names: dict[str, Value]
    kind: str
    """coroutine, generator or context."""
    module: Module
    node: ast.AST
    """The call that made it."""
    given: set[str] = field(default_factory=set)
    """The parameters that the call gave."""
    awaited: bool = False
    looked_at: bool = False
    """Whether something could see what it is."""


@dataclass(eq=False, slots=True)
class FutureObject:
    """A future or a task."""

    module: Module
    node: ast.AST
    result: Value | None = None
    raises: bool = False


@dataclass(eq=False, slots=True)
class Applied:
    """``functools.partial``."""

    function: Value
    args: list[Value]
    keywords: dict[str, Value]


@dataclass(eq=False, slots=True)
class Native:
    """Something whose meaning is known here: ``monkeypatch.setattr``, ``m.start``."""

    name: str
    of: Value | None
    """The object whose method it is."""


@dataclass(eq=False, slots=True)
class MockClass:
    """A class, or a function, that makes mocks."""

    kind: str
    home_made: HomeMade | None = None


@dataclass(eq=False, slots=True)
class Mock:
    """A mock object."""

    site: ast.Call
    path: Path
    kind: str
    children: dict[str, Value] = field(default_factory=dict)
    returns: Value | None = None
    side_effect: Value | None = None
    wraps: Value | None = None
    members: dict[str, str] | None = None
    """Of a spec: the kinds of its members."""
    real: str = ""
    """The kind of what it stands for: async, sync, class, unknown."""
    deleted: set[str] = field(default_factory=set)
    depth: int = 0
    born: int = 0
    """How many children of mocks there were when it was mentioned first."""
    first: ast.AST | None = None
    """What configured it when it was mentioned first."""

    @property
    def is_async(self) -> bool:
        """Whether its calls have to be awaited."""
        return self.kind in ASYNC_KINDS or self.kind.startswith("hand-made:async")

    @property
    def is_function(self) -> bool:
        """Whether it is a coroutine function, with a mock that a hop leads to."""
        return self.kind.endswith(":function") and not self.path


ASYNC_KINDS = frozenset({"AsyncMock", "CoroutineMock"})


@dataclass(eq=False, slots=True)
class Called:
    """What a call of a mock returned."""

    mock: Mock
    value: Value
    node: ast.AST
    raises: bool = False
    """Whether awaiting it raises what its `side_effect` is."""
    by_test: bool = True
    """Whether a test called it itself."""
    was_awaited: bool = False


@dataclass(eq=False, slots=True)
class Hopped:
    """What the hop of a home-made mock leads to: ``send.mock``."""

    mock: Mock


@dataclass(eq=False, slots=True)
class Patcher:
    """``patch(...)``: what it puts where."""

    targets: list[tuple[Place, Value]]
    given: Value | None
    """What ``as`` binds, and what a decorated function gets."""
    keywords: dict[str, Value] = field(default_factory=dict)
    undo: list[tuple[Place, Value | None]] = field(default_factory=list)
    injects: bool = True
    """Whether a decorated function gets it as an argument."""


Place = tuple[object, str]
"""The owner of a name, as the table of patches has it, and the name."""


@dataclass(eq=False, slots=True)
class OneOf:
    """One of some values."""

    values: tuple[Value, ...]


Value: TypeAlias = (
    Opaque
    | Constant
    | Items
    | Mapping
    | Callable_
    | ClassObject
    | Object
    | ModuleObject
    | Super
    | Suspended
    | FutureObject
    | Applied
    | Native
    | MockClass
    | Mock
    | Called
    | Hopped
    | Patcher
    | OneOf
)

NONE = Constant(None)

PLAIN = "<plain>"
"""The name of a value that is not known, but is none to be awaited."""
TEXT = "<text>"
"""That of a text, of bytes, or of a number: so is what their methods return."""


def is_plain(value: Opaque) -> bool:
    """Whether a value is certainly none to be awaited."""
    return value.name == PLAIN or value.name.startswith(TEXT)


def alternatives(value: Value) -> tuple[Value, ...]:
    """Return the alternatives of a value."""
    return value.values if isinstance(value, OneOf) else (value,)


def joined(values: Iterable[Value | None]) -> Value:
    """Return what is one of some values."""
    found: list[Value] = []
    for value in values:
        if value is None:
            continue
        for one in alternatives(value):
            for other in found:
                if one is other or (type(one) is type(other) and _is_same(one, other)):
                    break
            else:
                found.append(one)
    if not found:
        return Opaque()
    if len(found) == 1:
        return found[0]
    # More are as good as unknown, and none of them may be forgotten.
    return OneOf(tuple(found if len(found) <= _MOST else [*found[:_MOST], Opaque()]))


def _is_same(one: Value, other: Value) -> bool:
    if isinstance(one, Constant) and isinstance(other, Constant):
        return type(one.value) is type(other.value) and one.value == other.value
    return (
        isinstance(one, Opaque)
        and isinstance(other, Opaque)
        and (one.name == other.name and not one.attributes and not other.attributes)
    )


def flat(value: Value) -> Iterator[Value]:
    """Yield the alternatives of a value, and of the elements of a list."""
    for one in alternatives(value):
        if isinstance(one, Items):
            for item in one.items:
                yield from flat(item)
        else:
            yield one
