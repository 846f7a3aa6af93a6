"""Runs awaitify over whole source trees, and says what it should never do.

    python -m tests.sweep.sweep DIRECTORY... [--results FILE] [--limit SECONDS]

Each directory is a project of its own. It is copied, and the copy is migrated, with
a patch first and twice in place, each in a process of its own. Whatever code there
is, none of these may happen: a crash, a traceback, an exit code other than 0, 1 and
3, a result that does not compile, a patch that git does not take or that says
something else than what was written, a second run that changes something, a touch
on a file that is no Python.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import tomlkit

_KEPT = (".py", ".toml", ".cfg", ".ini", ".txt", ".gitignore")
_COMPLAINT = re.compile(
    r"Traceback|internal error|a bug in awaitify|crashed|\w+Warning:"
)


@dataclass
class Swept:
    """What became of one project."""

    project: str
    files: int = 0
    changed: int = 0
    exits: list[int] = field(default_factory=list)
    """Of ``diff``, of ``fix`` and of another ``fix``."""
    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    """Files that awaitify could not use, and said so."""
    faults: list[str] = field(default_factory=list)
    """What must not happen; empty for all the world."""


def sweep(project: Path, limit: float) -> Swept:
    """Copy a project, migrate the copy, and look at everything about it."""
    swept = Swept(str(project))
    with tempfile.TemporaryDirectory(prefix="sweep-") as place:
        root = Path(place, "project")
        shutil.copytree(project, root, symlinks=True, ignore=_unneeded)
        _git(root, "init", "-q")
        before = _content(root)
        swept.files = sum(path.endswith(".py") for path in before)
        patch = _run(swept, root, limit, "diff")
        _run(swept, root, limit, "fix", "--allow-dirty")
        after = _content(root)
        changed = {
            path
            for path in before.keys() | after.keys()
            if before.get(path) != after.get(path)
        }
        swept.changed = len(changed)
        swept.faults += _of_results(changed, before, after)
        _run(swept, root, limit, "fix", "--allow-dirty")
        swept.faults += [
            f"{path}: a second run changes it"
            for path, source in _content(root).items()
            if after.get(path) != source
        ]
        _restore(root, {path: before.get(path) for path in changed})
        if patch:
            told = _git(root, "apply", "--whitespace=nowarn", "-", stdin=patch)
            swept.faults += [f"git apply: {line}" for line in told.splitlines()[:3]]
        swept.faults += [
            f"{path}: the patch does not say what was written"
            for path in changed
            if _read(root / path) != after.get(path)
        ]
    return swept


def _unneeded(directory: str, names: list[str]) -> list[str]:
    """Return what has no part in it, such as data: of packages there is much."""
    return [
        name
        for name in names
        if name in (".git", "__pycache__", "site-packages")
        or (not name.endswith(_KEPT) and not Path(directory, name).is_dir())
    ]


def _run(swept: Swept, root: Path, limit: float, *arguments: str) -> bytes:
    started = time.monotonic()
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-W", "error", "-m", "awaitify"),
                *(*arguments, "-v", "--no-cache", root.name),
            ],
            # Not within: what is imported could come from there.
            cwd=root.parent,
            env={**os.environ, "AWAITIFY_STATE_DIR": str(root.parent / "state")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        swept.faults.append(f"{arguments[0]}: not done after {limit:.0f} s")
        swept.exits.append(-1)
        return b""
    swept.seconds.append(round(time.monotonic() - started, 1))
    swept.exits.append(done.returncode)
    said = done.stderr.decode("utf-8", "replace")
    swept.errors = len(re.findall(r"^.+:\d+: error: ", said, re.MULTILINE))
    if done.returncode not in (0, 1, 3):
        swept.faults.append(f"{arguments[0]}: exit {done.returncode}: {said[-3000:]}")
    elif found := _COMPLAINT.search(said):
        swept.faults.append(f"{arguments[0]}: {said[found.start() :][:3000]}")
    return done.stdout


def _of_results(
    changed: set[str], before: dict[str, bytes], after: dict[str, bytes]
) -> Iterator[str]:
    for path in sorted(changed):
        if path not in before:
            yield f"{path}: made"
        elif path in after and not path.endswith(".py"):
            yield from _of_configuration(path, after[path])
        elif path in after:
            try:
                with warnings.catch_warnings(action="ignore"):
                    compile(after[path], path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                yield f"{path}: does not compile: {error}"


def _of_configuration(path: str, source: bytes) -> Iterator[str]:
    try:
        if path.endswith(".toml"):
            tomlkit.parse(source)
        elif path.endswith((".ini", ".cfg")):
            configparser.RawConfigParser().read_string(source.decode("utf-8-sig"))
        elif not path.endswith(".txt"):
            yield f"{path}: touched"
    except (ValueError, configparser.Error) as error:
        yield f"{path}: cannot be read: {error}"


def _content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _restore(root: Path, sources: dict[str, bytes | None]) -> None:
    for path, source in sources.items():
        if source is None:
            (root / path).unlink()
        else:
            (root / path).write_bytes(source)


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, input=stdin, capture_output=True, check=False
    )
    return done.stderr.decode("utf-8", "replace") if done.returncode else ""


def main() -> int:
    """Sweep each directory named; return how many had faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--results", type=Path, help="one line of JSON a project")
    parser.add_argument("--limit", type=float, default=1200, help="seconds a run")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    for directory in options.directories:
        swept = sweep(directory, options.limit)
        total.update(files=swept.files, changed=swept.changed, faults=len(swept.faults))
        total.update(projects=1, errors=swept.errors)
        print(
            f"{directory.name}: {swept.files} files, {swept.changed} changed, "
            f"{swept.errors} errors, exits {swept.exits}, {swept.seconds} s",
            *swept.faults,
            sep="\n  ",
            flush=True,
        )
        if options.results:
            with options.results.open("a", encoding="utf-8") as results:
                results.write(json.dumps(asdict(swept)) + "\n")
    print(", ".join(f"{count} {what}" for what, count in total.items()))
    return min(total["faults"], 100)


if __name__ == "__main__":
    sys.exit(main())
