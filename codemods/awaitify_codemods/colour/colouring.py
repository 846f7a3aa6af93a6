"""The result: who becomes async, who is left and why, and what joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from awaitify_codemods.facts.cases import Rebase
from awaitify_codemods.facts.loop_overrides import Override
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.references import Reference
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.values import Function, Loop


@dataclass(frozen=True, eq=False)
class EventLoopEffects:
    """What becomes of overrides of the ``event_loop`` fixture."""

    overrides: tuple[Override, ...] = ()
    going: tuple[Override, ...] = ()
    dropping: tuple[Function, ...] = ()
    """The coroutine functions that no longer ask for a loop."""
    scopes: dict[Function, str] = field(default_factory=dict)
    """The loop scope of each async test and fixture that such a loop outlived."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """The largest set of functions that can become async together."""

    coloured: tuple[Function, ...]
    left: dict[Function, Refusal]
    awaits: tuple[Reference, ...] = ()
    """Calls of coloured functions in coloured functions."""
    bridges: tuple[Reference, ...] = ()
    """Calls of coloured functions that stay sync, and drive them themselves."""
    forms: dict[Drive, str] = field(default_factory=dict)
    """How each drive is awaited: plain, task, turn."""
    promoted: frozenset[Function] = frozenset()
    """Tests that drive nothing, but need the current loop."""
    asked: frozenset[Function] = frozenset()
    """Tests that drive nothing, and failed without a loop that runs."""
    rebases: tuple[Rebase, ...] = ()
    """The unittest classes that get another base."""
    shared: dict[Function, Loop] = field(default_factory=dict)
    """The module's loop that a function ran on, itself or through a helper."""
    scopes: dict[Function, str] = field(default_factory=dict)
    """The loop scope of each test and fixture whose loop outlives it."""
    takes_loop: bool = False
    """Whether tests take the current loop away that did not."""
    staying: Callable[[], Iterable[Function]] = tuple
    """What stays sync and may need the current loop."""
    behind: Callable[[], tuple[Module, ...] | Refusal] = tuple
    """The files for a fixture that gives it one; why none helps."""
    joined: tuple[tuple[Function, Function], ...] = ()
    """Fixtures, and who uses them and becomes async too."""
    stranding: Refusal | None = None
    """Why test cases of other libraries must not change: what needs their loop."""
    event_loops: EventLoopEffects = field(default_factory=EventLoopEffects)


def in_order(functions: Iterable[Function]) -> list[Function]:
    """Sort functions by place, so that every run decides and reports alike."""
    return sorted(functions, key=lambda each: (each.module.path, each.node.lineno))
