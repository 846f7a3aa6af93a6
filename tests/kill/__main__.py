"""Kills `fix` at random moments: ``python -m tests.kill PROJECT [--count 200]``.

PROJECT is a directory with a suite that `fix` changes; it is copied, and not
touched. Half of the kills come at any moment of a run, half while it writes. One
run out of three is short of memory, one of disk. After each kill no file may be
torn, and `undo` must restore the bytes and permissions of all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from awaitify import interrupts
from tests.kill.disk import Disk, disk

Tree = dict[str, tuple[bytes, int]]
_MODES = (0o644, 0o600, 0o664, 0o755, 0o640)
_FIX = (sys.executable, "-m", "awaitify", "fix", "-q", "--allow-dirty")
_UNDO = (sys.executable, "-m", "awaitify", "undo")


@dataclass(frozen=True)
class Lengths:
    """How long a run takes, in seconds."""

    whole: float
    writing: float
    """From the moment when the journal is there until all files are."""
    replacing: float
    """From the first file on."""


@dataclass(frozen=True)
class Bench:
    """Where the runs take place."""

    folder: Path
    disk: Disk | None
    before: Tree
    after: Tree
    plan: Path
    lengths: Lengths

    @property
    def changed(self) -> list[str]:
        """The files that a run changes, in the order of the changes."""
        return sorted(n for n, f in self.before.items() if self.after.get(n) != f)

    @property
    def root(self) -> Path:
        return self.folder / "tree"

    @property
    def state(self) -> Path:
        return self.folder / "state"


@dataclass(frozen=True)
class Result:
    """What one run left behind."""

    pressure: str
    killed: bool
    """Or it had ended before, of itself."""
    phase: str
    written: int
    """How many files were changed."""
    torn: tuple[str, ...]
    restored: bool
    said: str
    """What `undo` said."""
    litter: tuple[str, ...]
    """What was left beside the files after `undo`."""

    @property
    def is_good(self) -> bool:
        """Say whether everything is as it was, and was whole."""
        return self.restored and not self.torn and not self.litter


def main() -> int:
    """Kill as often as is asked for, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill")
    parser.add_argument("project", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    chance = random.Random(chosen.seed)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, disk(Path(folder, "disk")) as small:
        bench = _prepare(chosen.project, Path(folder), small)
        print(
            f"a run takes {bench.lengths.whole:.1f} s, of that writing "
            f"{bench.lengths.writing * 1000:.1f} ms, and of that replacing "
            f"{len(bench.changed)} files {bench.lengths.replacing * 1000:.1f} ms",
            flush=True,
        )
        # What has a disk of its own must not leave it behind.
        interrupts.end_on_signals()
        with suppress(KeyboardInterrupt):
            while sum(result.killed for result in results) < chosen.count:
                results.append(_one(bench, chance, len(results)))
                _tell(results)
    for line in _summary(results):
        print(line)
    return 0 if all(result.is_good for result in results) else 1


def _tell(results: Sequence[Result]) -> None:
    last = results[-1]
    if not last.is_good:
        print(f"FAILED: run {len(results)}: {last}", flush=True)
    if len(results) % 50 == 0:
        print(f"{len(results)} runs", flush=True)


def _prepare(project: Path, folder: Path, small: Disk | None) -> Bench:
    """Run once without harm, to know what comes out and how long it takes."""
    pristine = folder / "pristine"
    ignored = shutil.ignore_patterns("__pycache__", ".git")
    shutil.copytree(project, pristine, symlinks=True, ignore=ignored)
    for number, path in enumerate(sorted(pristine.rglob("*.py"))):
        path.chmod(_MODES[number % len(_MODES)])
    before = _tree(pristine)
    bench = Bench(folder, small, before, {}, folder / "plan.json", Lengths(0, 0, 0))
    _fill(bench.root, before)
    check = [*_FIX[:3], "check", "-q", "--plan", str(bench.plan)]
    subprocess.run(check, cwd=bench.root, stdout=subprocess.DEVNULL, check=False)
    assert _run(bench).wait() == 0
    after = _tree(bench.root)
    assert after != before, "nothing to change: no use here"
    bench = replace(bench, after=after)
    # The machine may be busy with something else: the shortest of a few counts.
    lengths = [_measure(bench) for _ in range(3)]
    shortest = (min(values) for values in zip(*map(astuple, lengths), strict=True))
    return replace(bench, lengths=Lengths(*shortest))


def _run(bench: Bench) -> subprocess.Popen[bytes]:
    shutil.rmtree(bench.root, ignore_errors=True)
    shutil.rmtree(bench.state, ignore_errors=True)
    _fill(bench.root, bench.before)
    return _start(_FIX, bench.folder, None)


def _measure(bench: Bench) -> Lengths:
    started = time.monotonic()
    process = _run(bench)
    _wait(process, lambda: _has(bench.state, "manifest.json"))
    begun = time.monotonic()
    _wait(process, _is_replaced(bench.root / bench.changed[0]))
    first = time.monotonic()
    _wait(process, lambda: _has(bench.state, "done"))
    done = time.monotonic()
    assert process.wait() == 0
    return Lengths(time.monotonic() - started, done - begun, done - first)


def _one(bench: Bench, chance: random.Random, number: int) -> Result:
    """Start, kill, look, undo, look."""
    pressure = ("none", "memory", "disk")[number % 3]
    folder = bench.folder
    if pressure == "disk" and bench.disk is not None:
        pressure, folder = "full disk", bench.disk.path
    root, state = folder / "tree", folder / "state"
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)
    _fill(root, bench.before)
    if pressure == "full disk" and bench.disk is not None:
        bench.disk.leave(chance.randrange(0, 2 * _size(bench)))
    try:
        killed = _kill(bench, chance, folder, pressure, writing=number % 2 == 0)
    finally:
        if bench.disk is not None:
            bench.disk.widen()
    found = _tree(root)
    written, phase = _phase(bench, found, state)
    torn = tuple(_torn(bench, found, state))
    undone = subprocess.run(
        _UNDO, cwd=root, env=_environment(folder), capture_output=True
    )
    restored = _tree(root)
    return Result(
        pressure=pressure,
        killed=killed,
        phase=phase,
        written=written,
        torn=torn,
        restored=undone.returncode == (2 if phase == _PHASES[0] else 0)
        and {n: f for n, f in restored.items() if n in bench.before} == bench.before,
        said=undone.stderr.decode("utf-8", "replace"),
        litter=tuple(sorted(restored.keys() - bench.before.keys())),
    )


def _kill(
    bench: Bench, chance: random.Random, folder: Path, pressure: str, *, writing: bool
) -> bool:
    """Return whether the run was killed before it ended."""
    command = list(_FIX)
    # A stored plan gets there sooner, and by another way.
    if writing and chance.random() < 0.8:
        command += ["--from-plan", str(bench.plan)]
    first = _is_replaced(folder / "tree" / bench.changed[0])
    limit = _limit(bench, chance, pressure)
    if writing:
        # The hand that kills must be faster than the one that writes.
        command = ["nice", "-n", "15", *command]
    process = _start(command, folder, limit)
    if not writing:
        time.sleep(chance.uniform(0, 1.1 * bench.lengths.whole))
    elif chance.random() < 0.5:
        _wait(process, lambda: _has(folder / "state", "manifest.json"))
        _spin(chance.uniform(0, 1.1 * bench.lengths.writing))
    else:
        _wait(process, first)
        _spin(chance.uniform(0, 1.1 * bench.lengths.replacing))
    process.send_signal(signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL
    # With it go the processes that it has started, and no others: its session.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return killed


def _limit(
    bench: Bench, chance: random.Random, pressure: str
) -> Callable[[], None] | None:
    if pressure == "memory":
        size = chance.randrange(30 << 20, 250 << 20)
        return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))
    if pressure == "disk":
        size = chance.randrange(100, max(len(f) for f, _ in bench.after.values()))
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return None


def _start(
    command: Sequence[str],
    folder: Path,
    limit: Callable[[], None] | None,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder / "tree",
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=limit,
        start_new_session=True,
    )


def _environment(folder: Path) -> dict[str, str]:
    places = {"AWAITIFY_STATE_DIR": str(folder / "state"), "TMPDIR": str(folder)}
    return {**os.environ, **places}


def _wait(process: subprocess.Popen[bytes], event: Callable[[], bool]) -> None:
    while not event() and process.poll() is None:
        pass


def _spin(seconds: float) -> None:
    # To sleep would take longer than what is waited for.
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def _has(state: Path, name: str) -> bool:
    """Say whether the run is there and has a file of this name; in a hurry."""
    for place in _list(state):
        for run in _list(place):
            if os.path.exists(f"{run}/{name}"):
                return True
    return False


def _list(directory: str | Path) -> list[str]:
    try:
        return [f"{directory}/{name}" for name in os.listdir(directory)]
    except OSError:
        return []


def _is_replaced(path: Path) -> Callable[[], bool]:
    node = path.stat().st_ino
    name = str(path)

    def look() -> bool:
        return os.stat(name).st_ino != node

    return look


# Not those that were being dropped, because nothing came of the run.
_MANIFESTS = "*/[0-9]*/manifest.json"
_PHASES = ("before the journal", "before the first file", "between files", "after")


def _phase(bench: Bench, found: Tree, state: Path) -> tuple[int, str]:
    manifests = list(state.glob(_MANIFESTS))
    if not manifests:
        return 0, _PHASES[0]
    files = json.loads(manifests[0].read_bytes())["files"]
    written = sum(found.get(f["path"]) != bench.before[f["path"]] for f in files)
    if written == len(files):
        return written, _PHASES[3]
    return written, _PHASES[2 if written else 1]


def _torn(bench: Bench, found: Tree, state: Path) -> Iterator[str]:
    """Yield the files that are neither what they were nor what they become."""
    intended = {
        (file["path"], file["after"])
        for manifest in state.glob(_MANIFESTS)
        for file in json.loads(manifest.read_bytes())["files"]
    }
    for name, old in bench.before.items():
        new = found.get(name)
        if new in (old, bench.after.get(name)):
            continue
        # Where another file could not be written, less was to be changed here.
        source, mode = new or (None, old[1])
        digest = None if source is None else hashlib.sha256(source).hexdigest()
        if (name, digest) not in intended or mode != old[1]:
            yield name


def _fill(root: Path, tree: Tree) -> None:
    for name, (source, mode) in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source)
        path.chmod(mode)


def _tree(root: Path) -> Tree:
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes(),
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def _size(bench: Bench) -> int:
    changed = [n for n, f in bench.before.items() if bench.after.get(n) != f]
    return sum(len(bench.before[name][0]) for name in changed)


def _summary(results: list[Result]) -> Iterator[str]:
    killed = [result for result in results if result.killed]
    yield f"{len(killed)} runs killed, {len(results) - len(killed)} ended before that"
    for which, group in (
        ("killed", killed),
        ("ended", [r for r in results if not r.killed]),
    ):
        phases = Counter(result.phase for result in group)
        yield f"{which}: " + ", ".join(f"{p} {phases[p]}" for p in _PHASES)
        pressures = Counter(result.pressure for result in group)
        yield f"{which}: pressure " + ", ".join(
            f"{name} {count}" for name, count in sorted(pressures.items())
        )
    yield f"torn files: {sum(len(result.torn) for result in results)}"
    good = sum(result.restored for result in killed)
    yield f"restored by undo: {good} of {len(killed)} killed"
    good = sum(result.restored for result in results)
    yield f"restored by undo: {good} of all {len(results)}"
    yield f"files left beside: {sum(len(result.litter) for result in results)}"


if __name__ == "__main__":
    sys.exit(main())
