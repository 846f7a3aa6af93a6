"""Kills a batch: ``python -m tests.batch.killed [--repositories 300] [--kills 20]``.

The same repositories are migrated twice: undisturbed, and by a batch that is killed
with SIGKILL at random moments, alone or with all that it has started, and taken up
again. Every entry must be done exactly once, none be lost, and summary, commits and
patches be the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from awaitify import interrupts
from tests.batch.projects import NOTHING, repository
from tests.command import LEGACY, git

_NAME = "batch.toml"
_SLEEPS = 0.05
_LEFT = LEGACY + "\n\nasync def g():\n    return asyncio.run(f())\n"
_BROKEN = "def f(:\n"
_WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "somebody"),
        ("EMAIL", "somebody@example.org"),
        ("DATE", "2026-01-01T00:00:00Z"),
    )
}
VARIABLES = (*_WHO, "AWAITIFY_STATE_DIR")
"""What it sets in the environment, for all that it starts."""


@dataclass(frozen=True)
class Bench:
    """One of the two worlds."""

    folder: Path
    names: tuple[str, ...]

    @property
    def state(self) -> Path:
        return self.folder / ".batch.batch"

    @property
    def ended(self) -> int:
        """How many entries have come to an end."""
        total = 0
        for path in (self.state / "entries").glob("*.json"):
            with suppress(OSError, ValueError):
                state = json.loads(path.read_bytes())
                total += state["phase"] == "over" or bool(state["verdict"])
        return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both, compare, and say what is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.batch.killed")
    parser.add_argument("--repositories", type=int, default=300)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}", flush=True)
    chance = random.Random(chosen.seed)
    # The processes of a batch are to end with us, too.
    interrupts.end_on_signals()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(_settled(Path(folder)))
        names = tuple(f"r{number:03}" for number in range(chosen.repositories))
        calm, killed = (Bench(Path(folder, n), names) for n in ("calm", "killed"))
        _fill(calm, Path(folder, "kinds"), chosen.jobs)
        shutil.copytree(calm.folder, killed.folder, symlinks=True)
        started = time.monotonic()
        _batch(calm, "run").wait()
        print(f"undisturbed: {time.monotonic() - started:.0f} s", flush=True)
        started = time.monotonic()
        phases = Counter(_kills(killed, chance, chosen.kills))
        _batch(killed, "run").wait()
        _batch(killed, "retry").wait()
        print(f"killed: {time.monotonic() - started:.0f} s, {dict(phases)}", flush=True)
        faults = [*_faults(calm, killed)]
    for fault in faults:
        print(f"FAILED: {fault}")
    total = sum(phases.values())
    statuses = f"{len(names)} entries, {total} kills, {len(faults)} faults"
    print(statuses)
    # A kill that comes too late, at the end of the last entry, is none.
    return 0 if not faults and 2 * total >= chosen.kills else 1


def _settled(folder: Path) -> dict[str, str]:
    """Return an environment in which the same commit is the same bytes."""
    return {**_WHO, "AWAITIFY_STATE_DIR": str(folder / "state")}


def _fill(bench: Bench, kinds: Path, jobs: int) -> None:
    """Make the repositories: most are migrated, some are not, one in ten is odd."""
    made = [
        repository(kinds / "plain"),
        repository(kinds / "left", _LEFT),
        repository(kinds / "two", LEGACY, test_y=LEGACY),
        repository(kinds / "idle", NOTHING),
        repository(kinds / "broken", LEGACY, test_y=_BROKEN),
        repository(kinds / "taken"),
    ]
    git(made[-1], "branch", f"awaitify/{bench.names[-1]}")
    bench.folder.mkdir()
    lines = [f"[batch]\njobs = {jobs}"]
    for number, name in enumerate(bench.names):
        last = number == len(bench.names) - 1
        kind = made[-1] if last else made[min(number % 10, 4) if number % 2 else 0]
        shutil.copytree(kind, bench.folder / name)
        lines.append(f'[[entry]]\npath = "{name}"')
        lines += ["blame-ignore-revs = true"] if number % 4 == 0 else []
        if number % 5 == 0:
            lines.append(f'on-done = "mkdir -p ../../../../done/{name}"')
    (bench.folder / _NAME).write_text("\n".join(lines), encoding="utf-8")


def _batch(bench: Bench, what: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "awaitify", "batch", what, "-q", _NAME],
        cwd=bench.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _kills(bench: Bench, chance: random.Random, kills: int) -> Iterator[str]:
    """Kill a batch again and again; yield how."""
    total = len(bench.names)
    moments = sorted(chance.uniform(0, max(total - 6, 1)) for _ in range(kills))
    for number, moment in enumerate(moments):
        process = _batch(bench, "run")
        while bench.ended < moment and process.poll() is None:
            time.sleep(_SLEEPS)
        # Somewhere in an entry, from its work tree to its state.
        time.sleep(chance.uniform(0, 1.5))
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        if process.wait() >= 0:
            continue
        if alone := number % 2 == 0:
            yield "alone"
        for child in [] if alone else family:
            with suppress(psutil.Error):
                child.kill()
        if not alone:
            yield "with its children"


def _faults(calm: Bench, killed: Bench) -> Iterator[str]:
    """Yield what is not as it must be."""
    told, after = (_summary(bench) for bench in (calm, killed))
    if told != after:
        for one, other in zip(told["entries"], after["entries"], strict=True):
            if one != other:
                yield f"{one} is {other} after kills"
        yield f"the summaries differ: {told['summary']} is {after['summary']}"
    statuses = told["summary"]["statuses"]
    if statuses.keys() - {"migrated", "unchanged", "failed"}:
        yield f"not all entries were done: {statuses}"
    print(f"{statuses}, exit code {told['summary']['exit_code']}", flush=True)
    for bench in (calm, killed):
        for entry in told["entries"]:
            yield from _faults_of(bench, entry)
        if left := os.listdir(bench.state / "work"):
            yield f"left behind: {left}"
    for path in (calm.state / "patches").iterdir():
        other = killed.state / "patches" / path.name
        if not other.exists() or path.read_bytes() != other.read_bytes():
            yield f"{path.name} differs"


def _summary(bench: Bench) -> dict[str, Any]:
    command = [sys.executable, "-m", "awaitify", "batch", "status", "--format", "json"]
    done = subprocess.run(
        [*command, _NAME], cwd=bench.folder, capture_output=True, check=False
    )
    told: dict[str, Any] = json.loads(done.stdout)
    # The one thing that says how long it took.
    del told["slowest"]
    return told


def _faults_of(bench: Bench, entry: dict[str, Any]) -> Iterator[str]:
    folder, branch = bench.folder / entry["name"], entry["branch"]
    where = f"{bench.folder.name}/{entry['name']}"
    if (
        git(folder, "status", "--porcelain")
        or len(_lines(folder, "worktree", "list")) > 1
    ):
        yield f"{where}: touched, or with a work tree of the batch"
    if entry["status"] != "migrated":
        return
    if not git(folder, "branch", "--list", branch):
        yield f"{where}: lost, there is no {branch}"
        return
    subjects = _lines(folder, "log", "--format=%s", f"main..{branch}")
    moves = (folder / ".git/logs/refs/heads" / branch).read_text().splitlines()
    if len(moves) != 1 or len(subjects) not in (1, 2):
        yield f"{where}: done {len(moves)} times, {subjects}"
    if _lines(folder, "rev-parse", branch) != [entry["head"]]:
        yield f"{where}: another head"
    number = bench.names.index(entry["name"])
    if number % 5 == 0 and not (bench.folder / "done" / entry["name"]).is_dir():
        yield f"{where}: its command was not run"


def _lines(folder: Path, *arguments: str) -> list[str]:
    return git(folder, *arguments).splitlines()


if __name__ == "__main__":
    sys.exit(main())
