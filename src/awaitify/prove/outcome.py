"""What one run of a suite was like, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PASSED, FAILED, ERROR = "passed", "failed", "error"
SKIPPED, XFAILED, XPASSED = "skipped", "xfailed", "xpassed"
COLLECTED = "collected"
"""It never came to an end: the run ended before, or while it ran."""

FINE = frozenset({PASSED, XFAILED, XPASSED})

NEVER_AWAITED, DESTROYED = "never-awaited", "task-destroyed"
UNCLOSED_LOOP, UNCLOSED_TRANSPORT = "unclosed-loop", "unclosed-transport"
OTHER_MOCK = "asserts-on-other-mock"
"""An assertion about ``x.mock``, where x is an AsyncMock: that is another mock."""


@dataclass(frozen=True)
class Definition:
    """Where a test is defined."""

    path: str
    """Posix, relative to the root of the project; absolute if it is outside."""
    line: int
    """Of its first decorator, or of its ``def``."""
    name: str
    """``TestX::test_y``."""
    is_async: bool = False


@dataclass(frozen=True)
class Frame:
    """A line of a traceback, in a file of the project."""

    path: str
    line: int
    function: str


@dataclass(frozen=True)
class TestResult:
    """How one test ended."""

    __test__ = False

    outcome: str
    definition: Definition | None = None
    seconds: float = 0.0
    """Of set-up, call and tear-down."""
    message: str = ""
    """Of the failure or the skip: one or a few lines."""
    frames: tuple[Frame, ...] = ()
    """Of the failure's traceback, outermost first."""


@dataclass(frozen=True)
class Complaint:
    """Something that Python or asyncio has said about what a test left behind."""

    kind: str
    """never-awaited, task-destroyed, unclosed-loop, unclosed-transport,
    asserts-on-other-mock."""
    name: str
    """Of the coroutine, the task's coroutine, the transport's class, the mock."""
    test: str
    """The node id of the test that caused it; "" if none did."""


@dataclass(frozen=True)
class Around:
    """A frame around a drive of an event loop."""

    is_own: bool
    """Whether it is the project's; if not, it is of what is installed."""
    is_beyond: bool
    """Whether pytest stands between it and the drive: it has asked for a fixture."""
    path: str
    line: int
    first: int
    """The first line of its function."""
    name: str


@dataclass(frozen=True)
class Drive:
    """An event loop that was run, in one place or in many tests."""

    frames: tuple[Around, ...]
    """Innermost first."""
    api: str
    """run, run_until_complete, run_forever ..."""
    in_main_thread: bool
    nested: bool
    pending: tuple[str, ...]
    """The names of the coroutines of tasks that were left when it ended."""
    tests: tuple[str, ...]
    """The node ids of the tests that did, each once."""


@dataclass(frozen=True)
class Mocked:
    """A mock that was awaited and could not be, or was called and never awaited."""

    what: str
    """``awaited`` or ``never-awaited``."""
    kind: str
    name: str
    created: tuple[str, int] | None
    at: tuple[str, int] | None
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """What was seen beside the outcomes."""

    drives: tuple[Drive, ...] = ()
    mocks: tuple[Mocked, ...] = ()
    loaded: frozenset[str] = frozenset()
    """The files of the project that were imported."""
    is_whole: bool = False
    """Whether no drive can have gone unseen."""


FINISHED, TIMED_OUT, CRASHED, UNUSABLE = "finished", "timed-out", "crashed", "unusable"


@dataclass(frozen=True)
class SuiteRun:
    """One run of a suite."""

    ended: str
    """finished (whatever failed), timed-out, crashed (the interpreter went), or
    unusable: pytest did not get as far as to collect."""
    status: int
    """The exit status of pytest; negative for a signal."""
    results: Mapping[str, TestResult] = field(default_factory=dict)
    """Node id -> how the test ended, in the order in which they were collected."""
    collection: Mapping[str, str] = field(default_factory=dict)
    """What could not be collected -> why."""
    complaints: tuple[Complaint, ...] = ()
    running: tuple[str, ...] = ()
    """The tests that had begun and not ended, where the run ended early."""
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of processor time of all its processes."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """python, pytest, and its plugins."""
    output: str = ""
    """The last lines that pytest printed."""
    seen: Seen = Seen()

    @property
    def fine(self) -> frozenset[str]:
        """Return the node ids of the tests that ended as they should."""
        return frozenset(
            node_id for node_id, each in self.results.items() if each.outcome in FINE
        )
