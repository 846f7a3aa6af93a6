"""All entries together: what came of each, in numbers and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from awaitify.batch.entries import Batch, Mistake
from awaitify.batch.states import Phase, State, Verdict

_RANKS = (0, 1, 3, 4, 5, 2, 123)
_WRONG = 2
SLOWEST = 5


@dataclass(frozen=True)
class Line:
    """One entry."""

    name: str
    owner: str
    status: str
    """migrated, unchanged, failed, pending, or interrupted."""
    state: State


@dataclass(frozen=True)
class Summary:
    """What there is to say of a batch; only `slowest` differs from run to run."""

    file: str
    lines: tuple[Line, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def statuses(self) -> Mapping[str, int]:
        """Return how many entries there are of each status."""
        return dict(sorted(Counter(line.status for line in self.lines).items()))

    @property
    def left(self) -> Mapping[str, int]:
        """Return how many sites were left in all, by reason, most frequent first."""
        total: Counter[str] = Counter()
        for line in self.lines:
            total.update(line.state.counts.left)
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    @property
    def slowest(self) -> Sequence[State]:
        """Return the entries that took longest."""
        states = [line.state for line in self.lines if line.state.seconds]
        return sorted(states, key=lambda s: (-s.seconds, s.name))[:SLOWEST]

    def total(self, what: str) -> int:
        """Return the sum of one of the counts."""
        return sum(int(getattr(line.state.counts, what)) for line in self.lines)

    @property
    def code(self) -> int:
        """Return the exit code: that of the worst entry."""
        codes = [line.state.code for line in self.lines]
        return worst([*codes, *(_WRONG for _ in self.mistakes)])


def of(batch: Batch, states: Mapping[str, State], *, running: bool) -> Summary:
    """Return the summary of a batch.

    Args:
        batch: what there was to do.
        states: by the names of entries; those that are to be told about.
        running: whether somebody is at it.

    """
    lines = [
        Line(entry.name, entry.owner, _status(states[entry.name], running), state)
        for entry in batch.entries
        if (state := states.get(entry.name)) is not None
    ]
    ordered = tuple(sorted(lines, key=lambda line: line.name))
    return Summary(batch.file.name, ordered, batch.mistakes)


def worst(codes: Iterable[int]) -> int:
    """Return the exit code that counts where several hold."""
    return max(codes, key=_RANKS.index, default=0)


def _status(state: State, running: bool) -> str:
    if state.verdict is not Verdict.NONE:
        return str(state.verdict.value)
    if state.phase is Phase.NEW:
        return "pending"
    return "running" if running else "interrupted"
