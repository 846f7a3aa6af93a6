"""Kills proofs at random moments, and looks for bytes that `undo` does not restore.

``python -m tests.prove.killed DIRECTORY [--count 50] [--seed 8]`` from the
repository's root; the directory is to be empty. Exits with 1 if one is not restored.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.command import contents, environment, start
from tests.prove import projects

PROVE = ("prove", "--python", sys.executable, "--rounds", "6", "-q")


def make(root: Path) -> Path:
    """Write a project whose proof has several rounds, in several files."""
    more = projects.REFUSING["tests/test_api.py"]
    return projects.make(
        root, {**projects.ORDERED, **projects.REFUSING, "tests/test_api_too.py": more}
    )


def seconds_of_a_whole_proof(root: Path) -> float:
    """Return how long a proof takes that nobody kills."""
    begin = time.monotonic()
    done = start(make(root), *PROVE)
    assert done.returncode == 4, done.stderr
    return time.monotonic() - begin


def kill_after(root: Path, seconds: float) -> bool:
    """Kill a proof after so long; return whether it was still at work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "awaitify", *PROVE],
        cwd=root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def killed(directory: Path, count: int, seed: int) -> Counter[str]:
    """Kill so many proofs of one project, and undo each.

    Returns:
        How many were killed; changed (when they were); restored, byte for byte.

    """
    long = seconds_of_a_whole_proof(directory / "first")
    root = make(directory / "project")
    before, chance = contents(root), random.Random(seed)
    found = Counter[str]()
    for _ in range(count):
        found["killed"] += kill_after(root, chance.uniform(0.1, 1.1) * long)
        changed = contents(root) != before
        found["changed"] += changed
        done = start(root, "undo")
        told = done.returncode == 0 or not changed
        found["restored"] += told and contents(root) == before
    return found


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=8)
    given = parser.parse_args()
    found = killed(given.directory, given.count, given.seed)
    print(f"of {given.count}: {dict(found)}")
    sys.exit(found["restored"] != given.count)


if __name__ == "__main__":
    main()
