"""Runs a suite with warnings as errors, before and after: what turned red.

``python -m tests.corpus.strict KEY...`` from the repository's root. Exits with 1 if
a test that passes with these flags before does not pass with them after.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from tests.corpus.prepare import prepare
from tests.corpus.score import STILL_GOOD, Score, score
from tests.corpus.suites import Suite, load, place
from tests.suite_runs import Run

FLAGS = (
    *("-W", "error::pytest.PytestWarning", "-W", "error::DeprecationWarning"),
    "--continue-on-collection-errors",
)
# pytest-asyncio warns where it is not set, though nothing uses it: no test runs.
_SET = ("-o", "asyncio_default_fixture_loop_scope=function")


@dataclass(frozen=True)
class Strict:
    """A suite with warnings as errors, before and after a migration."""

    key: str
    before: Run
    after: Run
    is_set: bool
    """Whether the suite runs at all after the migration, without more options."""

    @property
    def turned_red(self) -> list[str]:
        """Tests that passed before and do not pass after."""
        good = [t for t, said in self.before.tests.items() if said in STILL_GOOD]
        return sorted(t for t in good if self.after.tests.get(t) not in STILL_GOOD)

    def row(self) -> dict[str, Any]:
        """Return the outcomes as one row."""
        return {
            "key": self.key,
            "before": dict(Counter(self.before.tests.values())),
            "after": dict(Counter(self.after.tests.values())),
            "turned_red": len(self.turned_red),
            "turned_red_ids": self.turned_red[:10],
            "set": self.is_set,
        }


def strict(suite: Suite, scored: Score) -> Strict:
    """Run a suite, and the copy of it that `scored` tells was migrated."""
    assert scored.key == suite.key
    where = place(suite)
    runs = []
    for flags in (FLAGS, (*FLAGS, *_SET)):
        flagged = replace(suite, arguments=[*suite.arguments, *flags])
        before = where.run(flagged, where.source, "strict-before.json")
        after = where.run(flagged, where.folder / "migrated", "strict-after.json")
        runs.append(bool(after.tests))
        if before.tests:
            break
    return Strict(suite.key, before, after, runs[0])


def main() -> None:
    """Print the rows of the suites named on the command line."""
    suites = load()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", metavar="KEY", choices=suites, nargs="+")
    red = False
    for key in parser.parse_args().keys:
        prepare(suites[key])
        scored = score(suites[key])
        found = strict(suites[key], scored)
        row = {**found.row(), "lost": scored.lost, "rc": scored.code}
        print(json.dumps(row), flush=True)
        red = red or bool(found.turned_red or scored.lost)
    sys.exit(red)


if __name__ == "__main__":
    main()
