"""Migrates a copy of a suite and compares: one row of JSON.

``python -m tests.corpus.score KEY [--tool "awaitify fix"]`` from the repository's
root. Exits with 1 if a test that passed before does not pass after.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.corpus import measure
from tests.corpus.prepare import prepare
from tests.corpus.suites import Place, Suite, load, test_paths
from tests.suite_runs import Run

FIX = (sys.executable, "-m", "awaitify", "fix")
_GOOD = ("passed", "xfailed")
STILL_GOOD = (*_GOOD, "xpassed")


@dataclass(frozen=True)
class Text:
    """What `measure` says of a suite's files."""

    sites: Counter[str]
    assertions: Counter[str]


@dataclass(frozen=True)
class Score:
    """A suite before and after a migration."""

    key: str
    code: int
    """What the tool exited with."""
    log: str
    """What it said."""
    seconds: float
    text_before: Text
    text_after: Text
    run_before: Run
    run_after: Run
    changed: tuple[str, ...]
    """Files whose bytes differ, or that came or went."""

    @property
    def lost(self) -> list[str]:
        """Tests that passed before and do not pass after."""
        after = self.run_after.tests
        passed = [test for test, said in self.run_before.tests.items() if said in _GOOD]
        return sorted(test for test in passed if after.get(test) not in STILL_GOOD)

    @property
    def assertions_changed(self) -> list[str]:
        """Assertions that came or went."""
        before, after = self.text_before.assertions, self.text_after.assertions
        return sorted((before - after) + (after - before))

    def row(self) -> dict[str, Any]:
        """Return the score as one row."""
        before, after = self.run_before.tests, self.run_after.tests
        return {
            "key": self.key,
            "rc": self.code,
            "seconds": round(self.seconds, 1),
            "sites_before": measure.legacy(self.text_before.sites),
            "sites_after": measure.legacy(self.text_after.sites),
            "before": dict(self.text_before.sites),
            "after": dict(self.text_after.sites),
            "passed_before": sum(outcome in _GOOD for outcome in before.values()),
            "lost": len(self.lost),
            "lost_ids": self.lost[:10],
            "missing": sorted(set(before) - set(after))[:5],
            "added": sorted(set(after) - set(before))[:5],
            "newly_passing": sum(
                after.get(test) == "passed" != outcome
                for test, outcome in before.items()
            ),
            "assertions": [
                self.text_before.assertions.total(),
                self.text_after.assertions.total(),
            ],
            "assertions_changed": [text[:90] for text in self.assertions_changed[:6]],
            "never_awaited": [
                self.run_before.never_awaited,
                self.run_after.never_awaited,
            ],
            "files_changed": len(self.changed),
        }


def score(suite: Suite, tool: Sequence[str] = FIX, handed: Sequence[str] = ()) -> Score:
    """Run `tool` over a copy of the suite, and the copy's tests.

    Args:
        suite: one of the corpus.
        tool: the command, up to the paths.
        handed: what follows them.

    Raises:
        PrepareError: the suite cannot be made ready.

    """
    where, run_before = prepare(suite)
    work = fresh_copy(where, "migrated")
    paths = test_paths(suite, work)
    known = measure.runners(measure.parse(work, paths))
    text_before = _measure(work, paths, known)
    started = time.monotonic()
    done = run_tool([*tool, ".", *handed], where, work)
    seconds = time.monotonic() - started
    # Before the tests run: they leave files too.
    changed = _changed(where.source, work)
    known |= measure.runners(measure.parse(work, paths))
    return Score(
        key=suite.key,
        code=done.returncode,
        log=done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace"),
        seconds=seconds,
        text_before=text_before,
        text_after=_measure(work, paths, known),
        run_before=run_before,
        run_after=where.run(suite, work, "after.json"),
        changed=changed,
    )


def lost_twice(suite: Suite, found: Score) -> list[str]:
    """Return the tests that are lost in another run of the migrated copy, too.

    A loaded machine makes tests fail that count milliseconds, before and after.
    """
    if not found.lost:
        return []
    where, _ = prepare(suite)
    again = where.run(suite, where.folder / "migrated", "again.json").tests
    return [test for test in found.lost if again.get(test) not in STILL_GOOD]


def fresh_copy(where: Place, name: str) -> Path:
    """Copy the suite's source to a folder beside it."""
    copy = where.folder / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(where.source, copy, symlinks=True)
    return copy


def run_tool(
    command: Sequence[str], where: Place, work: Path
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in `work`, as a user of the suite's environment would."""
    environment = {
        **os.environ,
        "VIRTUAL_ENV": str(where.environment),
        "AWAITIFY_STATE_DIR": str(where.folder / "state"),
    }
    return subprocess.run(
        command,
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def _measure(root: Path, paths: list[str], known: measure.Runners) -> Text:
    trees = measure.parse(root, paths)
    return Text(measure.sites(trees, known), measure.assertions(trees, known))


def _changed(before: Path, after: Path) -> tuple[str, ...]:
    old, new = _contents(before), _contents(after)
    return tuple(
        sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    )


def _contents(root: Path) -> dict[str, bytes]:
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def main() -> None:
    """Print the row of the suite named on the command line."""
    suites = load()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("key", metavar="KEY", choices=suites)
    parser.add_argument("--tool", default=shlex.join(FIX))
    options = parser.parse_args()
    result = score(suites[options.key], shlex.split(options.tool))
    print(json.dumps(result.row()))
    sys.exit(bool(result.lost))


if __name__ == "__main__":
    main()
