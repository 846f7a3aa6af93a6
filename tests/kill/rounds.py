"""Kills a run of many rounds at any moment: ``python -m tests.kill.rounds DIR [N]``.

One out of two is short of disk, where the system lets us have a small one. After
each kill no file may be torn, and `undo` must restore the bytes and permissions of
all, and leave nothing beside them.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from awaitify.apply import Change
from awaitify.journal import JournalError, rounds, state
from awaitify.journal.runs import Occasion
from tests.kill.disk import Disk, disk

_FILES = [f"d{number % 3}/f{number}.py" for number in range(12)]
_MODES = (0o644, 0o600, 0o755, 0o640)
_LINES = 4000
Tree = dict[str, tuple[bytes, int]]


def main(directory: Path, count: int, seed: int) -> None:
    """Kill as often as is asked for; raise if a file is torn or lost."""
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    found = Counter[str]()
    with disk(directory / "disk") as small:
        places = [(directory / "here", None)]
        if small is not None:
            places.append((small.path / "there", small))
        for number in range(count):
            folder, narrow = places[number % len(places)]
            found[_one(folder, narrow, chance, directory / "said")] += 1
    print(", ".join(f"{what} {times}" for what, times in sorted(found.items())))
    print(f"restored by undo: {count} of {count}")


def work(root: Path, seed: int) -> None:
    """Write one round after the other, for ever; what fails is tried in another way."""
    chance = random.Random(seed)
    print("ready", flush=True)
    with rounds.opened(root, Occasion("prove", "1", None)) as run:
        while True:
            chosen = [name for name in _FILES if chance.random() < 0.5]
            changes = [
                Change(root / name, _source(name, 0), _any(chance, name))
                for name in sorted(chosen)
            ]
            try:
                failed = bool(run.write(changes).failures)
            except JournalError:
                failed = True
            print("failed" if failed else "written", flush=True)


def _any(chance: random.Random, name: str) -> bytes | None:
    number = chance.randrange(1, 9)
    return None if number == 1 else _source(name, number)


def _source(name: str, number: int) -> bytes:
    """Return what a round makes of a file; a torn one would be none of these."""
    line = f"{name} {number}\n".encode()
    return line * (_LINES // (number + 1)) + b"end\n"


def _one(folder: Path, narrow: Disk | None, chance: random.Random, said: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    root = folder / "root"
    before = dict(_fill(root))
    if narrow is not None:
        narrow.leave(chance.randrange(200_000, 1_200_000))
    try:
        outcome = _killed(folder, root, chance, said)
    finally:
        if narrow is not None:
            narrow.widen()
    for name, (source, mode) in _tree(root).items():
        if not name.rpartition("/")[2].startswith(".awaitify-"):
            known = [_source(name, number) for number in range(9)]
            assert source in known, f"{name} is torn"
            assert mode == before[name][1], name
    undo = [sys.executable, "-m", "awaitify", "undo", "-q"]
    done = subprocess.run(undo, cwd=root, env=_environment(folder), capture_output=True)
    # Nothing to undo, where it was killed before its first round.
    assert done.returncode in (0, 2), done.stderr
    left = _tree(root)
    assert left == before, sorted(left.items() ^ before.items())[:3]
    return outcome


def _killed(folder: Path, root: Path, chance: random.Random, said: Path) -> str:
    """Kill a process that writes rounds; say how far it had come."""
    command = [sys.executable, "-m", "tests.kill.rounds", "--work", str(root)]
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*command, str(chance.randrange(1 << 32))],
            env=_environment(folder),
            stdout=out,
        )
    while not said.read_bytes() and process.poll() is None:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.5))
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    lines = Counter(said.read_bytes().split())
    if lines[b"failed"]:
        return "killed, with rounds that had failed"
    return "killed after a round" if lines[b"written"] else "killed before that"


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, state.VARIABLE: str(folder / "state")}


def _fill(root: Path) -> Iterator[tuple[str, tuple[bytes, int]]]:
    root.mkdir(parents=True)
    (root / "setup.py").touch()
    for number, name in enumerate(_FILES):
        path, mode = root / name, _MODES[number % len(_MODES)]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_source(name, 0))
        path.chmod(mode)
        yield name, (_source(name, 0), mode)


def _tree(root: Path) -> Tree:
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes(),
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in root.rglob("*")
        if path.is_file() and path.name != "setup.py"
    }


if __name__ == "__main__":
    if sys.argv[1] == "--work":
        work(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        times = int((sys.argv[2:] or ["100"])[0])
        here = Path(os.path.realpath(sys.argv[1]))
        main(here, times, random.randrange(1 << 32))
