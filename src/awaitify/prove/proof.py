"""What a proof has found, as plain data: all that its reports tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from awaitify.prove.outcome import SuiteRun


class Verdict(str, Enum):
    """What became of one test."""

    SAME = "same"
    FIXED = "fixed"
    """It failed, and passes."""
    NEWLY_RUNNING = "newly running"
    """It passed without running, or was skipped for want of a runner."""
    REGRESSED = "regressed"
    """It passed, and fails."""
    LOST = "lost"
    """It passed, and is skipped or is not there any more."""
    ADDED = "added"
    FLAKY = "flaky"
    """It differed between two runs of the code as it was."""
    FLAKY_SINCE = "flaky since"
    """It differs between two runs of the result, and did not before."""
    FAILED_BEFORE = "failed before too"


@dataclass(frozen=True)
class Compared:
    """One test, before and after."""

    verdict: Verdict
    before: str
    """An outcome, or "" if it was not there; of several runs the worst."""
    after: str
    message: str = ""
    """Of the failure after, or of the skip."""
    seconds_before: float = 0.0
    seconds_after: float = 0.0


@dataclass(frozen=True)
class More:
    """A complaint that there is more of after than before."""

    kind: str
    name: str
    before: int
    after: int
    tests: tuple[str, ...]
    """The node ids of those that cause it now and did not, or caused less."""


@dataclass(frozen=True)
class Comparison:
    """The suite, before and after."""

    tests: Mapping[str, Compared] = field(default_factory=dict)
    """By node id."""
    more: tuple[More, ...] = ()
    collection_before: Mapping[str, str] = field(default_factory=dict)
    collection_after: Mapping[str, str] = field(default_factory=dict)

    def of(self, *verdicts: Verdict) -> list[str]:
        """Return the node ids of the tests with one of some verdicts."""
        return [key for key, each in self.tests.items() if each.verdict in verdicts]


@dataclass(frozen=True)
class Vacuous:
    """A test that passes without showing what it seems to show."""

    test: str
    """Its node id."""
    kind: str
    """``never-ran``: an async test that nothing awaited; ``coroutine-dropped``: a
    coroutine that it made was not awaited; ``coroutine-asserted``: it asserts on a
    coroutine, which is always true."""
    detail: str


@dataclass(frozen=True)
class Repair:
    """Something other than the first plan that made a test pass."""

    function: str
    """``path::TestX::test_y``."""
    kind: str
    """``task``, ``turn``, ``plain``, ``loop_scope=module``, ``promote``, ``anchor``."""
    tests: tuple[str, ...]
    """The node ids of those that failed without it."""


@dataclass(frozen=True)
class RolledBack:
    """What was left after all, as a test regressed with it."""

    what: tuple[str, ...]
    """Functions and classes ``path::TestX::test_y``, or files."""
    level: str
    """test, class, unit, file, or all."""
    tests: tuple[str, ...]
    """The node ids of the tests that regressed with it."""
    message: str
    """How they failed."""


@dataclass(frozen=True)
class Round:
    """One run of the suite with a plan."""

    number: int
    tried: str
    """What this plan does otherwise than the one before, in words."""
    regressed: int
    """How many tests are lost, regressed, or cause more complaints."""
    kept: bool


@dataclass(frozen=True)
class Proof:
    """The whole of it."""

    root: Path
    command: tuple[str, ...]
    """What ran the suite."""
    before: tuple[SuiteRun, ...]
    after: tuple[SuiteRun, ...]
    """The runs of the result; empty if there was nothing to change."""
    comparison: Comparison
    vacuous: tuple[Vacuous, ...] = ()
    rounds: tuple[Round, ...] = ()
    repairs: tuple[Repair, ...] = ()
    rolled_back: tuple[RolledBack, ...] = ()
    inventory: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Code of a rule -> its sites before, and those that are left."""
    left: Mapping[str, int] = field(default_factory=dict)
    """Refusal code -> how many sites were left for it."""
    changed: tuple[str, ...] = ()
    """Files with new bytes, relative to the root."""
    removed: tuple[str, ...] = ()
    run: str | None = None
    """What `awaitify undo` takes; None if nothing was changed."""
    again: tuple[str, ...] = ()
    """The commands that repeat it."""
    evidence: Path | None = None
    """Where the evidence of the first run is kept."""
    seconds: float = 0.0
    given_up: bool = False
    """Whether the rounds ended before the suite was as good as before."""
