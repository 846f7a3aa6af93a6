"""Proves the migration of a suite of the corpus, and scores what is left of it.

``python -m tests.corpus.proved KEY... [--runs 3]`` from the repository's root. Exits
with 1 if a test that passed before does not pass after: by the outcomes of runs that
the proof had no part in.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tests.corpus.prepare import prepare
from tests.corpus.score import Score, score
from tests.corpus.suites import load, test_paths

_PROVE = (sys.executable, "-m", "awaitify", "prove", "--allow-dirty", "-q")


def proved(key: str, runs: int = 3) -> tuple[Score, dict[str, Any]]:
    """Return the score of a suite after a proof, and what the proof says."""
    suite = load()[key]
    where, _ = prepare(suite)
    paths = test_paths(suite, where.source)
    tool = [*_PROVE, "--runs", str(runs), "--format", "json"]
    found = score(suite, tool, ("--", *paths, *suite.arguments))
    return found, json.loads(
        found.log[found.log.index("{") : found.log.rindex("}") + 1]
    )


def row(key: str, runs: int) -> dict[str, Any]:
    """Return score and proof as one row."""
    found, said = proved(key, runs)
    return {
        **{name: found.row()[name] for name in _SCORED},
        **{name: said.get(name) for name in ("rolled_back", "repairs", "rounds")},
    }


_SCORED = (
    "key",
    "rc",
    "seconds",
    "sites_before",
    "sites_after",
    "passed_before",
    "lost",
    "lost_ids",
    "assertions_changed",
    "never_awaited",
)


def main() -> None:
    """Print the rows of the suites named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", metavar="KEY", nargs="+", choices=[*load()])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    rows = []
    for key in given.suites:
        rows.append(row(key, given.runs))
        print(json.dumps(rows[-1]), flush=True)
    sys.exit(any(each["lost"] for each in rows))


if __name__ == "__main__":
    main()
