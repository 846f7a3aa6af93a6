"""The parts of an abstract execution, put together."""

from __future__ import annotations

from collections.abc import Callable, Collection

from awaitify_codemods.mocks.awaiting import Awaiting
from awaitify_codemods.mocks.behaviour import Behaviour
from awaitify_codemods.mocks.calls import Calls
from awaitify_codemods.mocks.contexts import Contexts
from awaitify_codemods.mocks.expressions import Expressions
from awaitify_codemods.mocks.lookups import Lookups
from awaitify_codemods.mocks.machine import Machine, Raised
from awaitify_codemods.mocks.natives import Natives
from awaitify_codemods.mocks.patching import Patching
from awaitify_codemods.mocks.specs import Specs
from awaitify_codemods.mocks.statements import Statements
from awaitify_codemods.mocks.values import Opaque, Value


class Execution:
    """Executes code of a project abstractly.

    Args:
        machine: its state.
        hop_names: the attributes that lead from hand-made mocks to real ones.

    """

    def __init__(self, machine: Machine, hop_names: Collection[str]) -> None:
        self.machine = machine
        self.hop_names = hop_names
        self.specs = Specs(machine.index)
        self.lookups = Lookups(self)
        self.expressions = Expressions(self)
        self.statements = Statements(self)
        self.calls = Calls(self)
        self.natives = Natives(self)
        self.mocks = Behaviour(self)
        self.awaiting = Awaiting(self)
        self.contexts = Contexts(self)
        self.patching = Patching(self)

    def guarded(self, act: Callable[[], Value]) -> Value:
        """Return what something gives; nothing is known of what raises instead."""
        self.machine.catching += 1
        try:
            return act()
        except Raised:
            return Opaque()
        finally:
            self.machine.catching -= 1
