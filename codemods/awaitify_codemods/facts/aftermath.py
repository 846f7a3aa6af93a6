"""What is left of a call: tasks, and context variables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Aftermath:
    """What is left of a call, transitively."""

    tasks: bool = False
    """A task was made that nothing awaited, gathered or returned, and it does
    something before it first waits: whether it had a turn can be seen."""
    teardown: bool = False
    """Such a task does something when it is cancelled."""
    lives: bool = False
    """Such a task waits, and goes on as long as the loop runs."""
    stores: frozenset[str] = frozenset()
    """Attributes that such tasks set before they first wait."""
    sets: frozenset[str] = frozenset()
    """Context variables set and not reset."""
    reads: frozenset[str] = frozenset()
    """Context variables read."""
    looks: bool = False
    """It looks at the task in which it runs."""
    spawned: frozenset[str] = frozenset()
    """Names of the coroutine functions that became such tasks."""

    def __or__(self, other: Aftermath) -> Aftermath:
        return Aftermath(
            self.tasks or other.tasks,
            self.teardown or other.teardown,
            self.lives or other.lives,
            self.stores | other.stores,
            self.sets | other.sets,
            self.reads | other.reads,
            self.looks or other.looks,
            self.spawned | other.spawned,
        )


NONE = Aftermath()
