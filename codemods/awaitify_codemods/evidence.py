"""What was seen while a suite ran: which loops, from where, and which mocks.

`awaitify prove` writes it and `awaitify fix --evidence` reads it. It holds for the
bytes it was seen with; what is said of a file that has changed is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[str, int]
"""A posix path relative to the root, and a line from 1."""

TEST, APP, DEPENDENCY, CALLBACK = "test", "app", "dependency", "callback"
"""Who drives a loop: test code alone; code under test; what is installed; test code
that one of these calls."""


@dataclass(frozen=True)
class Ran:
    """A test that ran, and how it ended."""

    function: Place
    """Its definition: the line of its first decorator, or of its ``def``."""
    outcome: str
    """passed, failed, error, skipped, xfailed or xpassed."""


@dataclass(frozen=True)
class SeenDrive:
    """A place that drove an event loop."""

    by: str
    at: Place | None
    """The call, in the innermost file of the project; None if there is none."""
    api: str
    """run_until_complete, run_forever, run ..."""
    in_main_thread: bool
    nested: bool
    """Whether a loop was running in that thread already."""
    pending: tuple[str, ...]
    """The names of the coroutines of tasks that were left when it ended."""
    functions: tuple[Place, ...]
    """The functions of the project that were being executed, innermost first."""
    tests: tuple[str, ...]
    """The node ids of the tests that did."""


@dataclass(frozen=True)
class SeenMock:
    """A mock that was awaited and could not be, or was called and never awaited."""

    what: str
    """``awaited`` (and failed), ``never-awaited``."""
    kind: str
    """Its class: MagicMock, AsyncMock ..."""
    name: str
    """As the mock names itself: ``mock.client.get``."""
    created: Place | None
    """Where in the project it was made, or the mock that it is an attribute of."""
    at: Place | None
    """Where it was awaited or called."""
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """All that was seen."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Path -> the hash of its bytes, as `awaitify_codemods.plan.digest` makes it."""
    tests: Mapping[str, Ran] = field(default_factory=dict)
    """Node id -> what became of it."""
    drives: tuple[SeenDrive, ...] = ()
    mocks: tuple[SeenMock, ...] = ()
