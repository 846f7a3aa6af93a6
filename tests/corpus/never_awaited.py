"""Runs a suite before and after: which coroutines nobody awaits that were not there.

``python -m tests.corpus.never_awaited KEY... [--unsafe]`` from the repository's root.
Garbage is collected after each test, so that a warning belongs to the test that
dropped the coroutine. Exits with 1 if a test drops a coroutine that it did not make
before; those of asynctest's mocks, which never warned, are counted apart.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.corpus.prepare import prepare
from tests.corpus.score import FIX, fresh_copy, run_tool
from tests.corpus.suites import Place, Suite, load
from tests.suite_runs import warnings_by_test

_FLAGS = ("-p", "gc_after_tests", "-W", "always::RuntimeWarning")
_WARNING = re.compile(r"coroutine '([^']+)' was never awaited")
_OF_MOCKS = "AsyncMockMixin._execute_mock_call"

Dropped = Counter[tuple[str, str]]
"""The node id of a test, and a coroutine that nobody awaits there -> how many."""


@dataclass(frozen=True)
class NeverAwaited:
    """What a suite drops, before and after a migration."""

    key: str
    before: Dropped
    after: Dropped
    retired: bool
    """Whether the suite had mocks of asynctest, whose coroutines never warned."""

    @property
    def new(self) -> list[str]:
        """Return the coroutines that a test drops and did not make before."""
        return sorted(
            f"{test}: {name}"
            for test, name in self.after
            if not self.before[test, name]
        )

    @property
    def wrong(self) -> list[str]:
        """Return those that are not of asynctest's mocks."""
        return [
            each
            for each in self.new
            if not self.retired or not each.endswith(_OF_MOCKS)
        ]

    def row(self) -> dict[str, Any]:
        """Return the outcome as one row."""
        return {
            "key": self.key,
            "before": self.before.total(),
            "after": self.after.total(),
            "new": self.new,
            "wrong": len(self.wrong),
            "retired": self.retired,
        }


def never_awaited(suite: Suite, options: Iterable[str] = ()) -> NeverAwaited:
    """Migrate a copy of a suite, and compare what both drop."""
    where, _ = prepare(suite)
    work = fresh_copy(where, "never-awaited")
    done = run_tool([*FIX, *options, "."], where, work)
    assert done.returncode == 0, done.stderr.decode()
    return NeverAwaited(
        suite.key,
        dropped(suite, where, where.source),
        dropped(suite, where, work),
        any(b"asynctest" in each.read_bytes() for each in where.source.rglob("*.py")),
    )


def dropped(suite: Suite, where: Place, source: Path) -> Dropped:
    """Run a suite; return what its tests drop."""
    flagged = replace(suite, arguments=[*suite.arguments, *_FLAGS])
    record = where.folder / "never-awaited.json"
    run = where.run(flagged, source, record.name)
    assert run.tests, run.log[-2000:]
    return Counter(
        (test, found[1])
        for test, text in warnings_by_test(record)
        if (found := _WARNING.search(text))
    )


def main() -> None:
    """Print the rows of the suites named on the command line."""
    suites = load()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", metavar="KEY", choices=suites, nargs="+")
    parser.add_argument("--unsafe", action="store_true")
    given = parser.parse_args()
    options = ["--unsafe"] if given.unsafe else []
    wrong = False
    for key in given.keys:
        found = never_awaited(suites[key], options)
        print(json.dumps(found.row()), flush=True)
        wrong = wrong or bool(found.wrong)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
