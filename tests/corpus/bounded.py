"""What time-outs cost a suite, in CPU time of its own run, before and after in turn.

``python -m tests.corpus.bounded KEY... [--runs 5]`` from the repository's root, or
``--folders BEFORE AFTER --command PYTEST...`` for a suite that lies elsewhere. Exits
with 1 if one that takes longer than 5 seconds costs more than 10 per cent more.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.corpus.prepare import prepare
from tests.corpus.score import fresh_copy, run_tool
from tests.corpus.suites import load

BAR, LONG = 0.10, 5.0
BOUNDED = ("--allow-dirty", "--unsafe", "--timeout", "30")
_FIX = (sys.executable, "-m", "awaitify", "fix")


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU, of the user and the system: the medians of some runs."""

    key: str
    before: float
    after: float
    awaits: int
    """How many got a time-out."""

    @property
    def more(self) -> float:
        """How much more it costs, as a part of what it did."""
        return self.after / self.before - 1

    @property
    def is_above(self) -> bool:
        """Whether that is too much."""
        return self.before > LONG and self.more > BAR

    def row(self) -> dict[str, Any]:
        """Return the cost as one row."""
        plain = {name: round(getattr(self, name), 2) for name in ("before", "after")}
        return {"key": self.key, **plain, "more": round(self.more, 3)} | {
            "awaits": self.awaits
        }


def _cpu(run: Callable[[], object]) -> float:
    """Return the CPU time of the processes that end within a call."""
    then = os.times()
    run()
    now = os.times()
    user = now.children_user - then.children_user
    return user + now.children_system - then.children_system


def compared(
    runs: int, before: Callable[[], object], after: Callable[[], object]
) -> tuple[float, float]:
    """Return the medians of runs of two states of a suite, in turn."""
    before()
    after()  # what is compiled is kept, and read from then on
    pairs = [(_cpu(before), _cpu(after)) for _ in range(runs)]
    return statistics.median(p[0] for p in pairs), statistics.median(
        p[1] for p in pairs
    )


def of_suite(key: str, runs: int) -> Cost:
    """Migrate a pinned suite with time-outs, and compare it to what it was."""
    suite = load()[key]
    where, _ = prepare(suite)
    plain, bounded = fresh_copy(where, "plain"), fresh_copy(where, "bounded")
    run_tool([*_FIX, *BOUNDED, "."], where, bounded)
    medians = compared(
        runs,
        lambda: where.run(suite, plain, "cost.json"),
        lambda: where.run(suite, bounded, "cost.json"),
    )
    return Cost(key, *medians, _bounds(bounded))


def of_folders(before: Path, after: Path, command: Sequence[str], runs: int) -> Cost:
    """Compare two states of a suite that lie elsewhere."""

    def play(folder: Path) -> object:
        return subprocess.run(command, cwd=folder, capture_output=True)

    medians = compared(runs, lambda: play(before), lambda: play(after))
    return Cost(str(before), *medians, _bounds(after))


def _bounds(folder: Path) -> int:
    files = folder.rglob("*.py")
    return sum(file.read_bytes().count(b", timeout=30)") for file in files)


def main() -> None:
    """Print the rows of the suites named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", metavar="KEY", nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folders", nargs=2, type=Path)
    parser.add_argument("--command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    costs = [of_suite(key, given.runs) for key in given.suites]
    if given.folders:
        costs.append(of_folders(*given.folders, given.command, given.runs))
    for cost in costs:
        print(json.dumps(cost.row()), flush=True)
    sys.exit(any(cost.is_above for cost in costs))


if __name__ == "__main__":
    main()
