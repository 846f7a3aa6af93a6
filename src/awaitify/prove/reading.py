"""What the processes of a suite have noted -> how the suite ran."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from awaitify.prove.group import Ended
from awaitify.prove.outcome import (
    COLLECTED,
    CRASHED,
    ERROR,
    FAILED,
    FINISHED,
    TIMED_OUT,
    UNUSABLE,
    Around,
    Complaint,
    Definition,
    Drive,
    Frame,
    Mocked,
    Seen,
    SuiteRun,
    TestResult,
)

_INTERNAL_ERROR = 3
Note = Mapping[str, Any]


def suite_run(
    notes: Sequence[Sequence[Note]], ended: Ended, seconds: float
) -> SuiteRun:
    """Return what the notes of a suite's processes say."""
    gathered = _Gathered()
    for process in notes:
        for note in process:
            gathered.take(note)
    how = _how(gathered, ended)
    return SuiteRun(
        how,
        ended.status,
        gathered.results,
        gathered.uncollected,
        tuple(gathered.complaints),
        () if how == FINISHED else tuple(gathered.running),
        seconds,
        ended.cpu,
        gathered.versions,
        ended.output,
        gathered.seen(is_whole=how == FINISHED),
    )


def notes(folder: Path) -> list[list[Note]]:
    """Return the notes of each process; of those that control others last."""
    found = [list(_read(path)) for path in sorted(folder.glob("*.jsonl"))]
    return sorted(found, key=lambda process: any(n.get("controls") for n in process))


def _read(path: Path) -> Iterator[Note]:
    for line in path.read_bytes().split(b"\n"):
        try:
            note = json.loads(line)
        except ValueError:
            # The end of what a process wrote that was killed meanwhile.
            continue
        if isinstance(note, dict) and "note" in note:
            yield note


def _how(gathered: _Gathered, ended: Ended) -> str:
    if not ended.in_time:
        return TIMED_OUT
    if gathered.finished and gathered.collected:
        return CRASHED if ended.status == _INTERNAL_ERROR else FINISHED
    if gathered.collected or ended.status < 0:
        return CRASHED
    return UNUSABLE


@dataclass
class _Gathered:
    results: dict[str, TestResult] = field(default_factory=dict)
    uncollected: dict[str, str] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)
    running: dict[str, None] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    collected: bool = False
    finished: bool = False
    worker: bool = False
    blind: bool = False
    drives: dict[str, Drive] = field(default_factory=dict)
    """By what they are called in the notes of one process."""
    mocks: dict[Mocked, dict[str, None]] = field(default_factory=dict)
    driven: dict[Drive, tuple[dict[str, None], dict[str, None]]] = field(
        default_factory=dict
    )
    """Drive -> the tasks that it left, and the tests that did it."""
    loaded: set[str] = field(default_factory=set)

    def take(self, note: Note) -> None:
        """Add what a note says."""
        getattr(self, f"_{note['note']}", lambda note: None)(note)

    def _start(self, note: Note) -> None:
        self.worker = note["worker"]
        self.versions = {**note["versions"], **self.versions}
        self.blind = self.blind or note["blind"]

    def _items(self, note: Note) -> None:
        self.collected = True
        for node_id, where in note["items"]:
            definition = Definition(*where) if where else None
            self.results.setdefault(node_id, TestResult(COLLECTED, definition))

    def _uncollected(self, note: Note) -> None:
        self.uncollected.setdefault(note["id"], note["why"])

    def _begin(self, note: Note) -> None:
        self.running[note["id"]] = None

    def _end(self, note: Note) -> None:
        self.running.pop(note["id"], None)

    def _phase(self, note: Note) -> None:
        node_id = note["id"]
        before = self.results.get(node_id, TestResult(COLLECTED))
        after = replace(before, seconds=before.seconds + note["seconds"])
        if note["outcome"] and before.outcome not in (FAILED, ERROR):
            frames = tuple(Frame(*frame) for frame in note["frames"])
            after = replace(
                after, outcome=note["outcome"], message=note["message"], frames=frames
            )
        self.results[node_id] = after

    def _complaint(self, note: Note) -> None:
        self.complaints.append(Complaint(note["kind"], note["name"], note["test"]))

    def _loaded(self, note: Note) -> None:
        self.loaded.update(note["files"])

    def _drive(self, note: Note) -> None:
        frames = tuple(Around(*frame) for frame in note["frames"])
        drive = Drive(frames, note["api"], note["main"], note["nested"], (), ())
        self.drives[note["id"]] = drive

    def _drove(self, note: Note) -> None:
        drive = self.drives[note["id"]]
        pending, tests = self.driven.setdefault(drive, ({}, {}))
        pending.update(dict.fromkeys(note["pending"]))
        tests.update(dict.fromkeys(filter(None, [note["test"]])))

    def _mock(self, note: Note) -> None:
        created, at = (tuple(note[k]) if note[k] else None for k in ("created", "at"))
        mock = Mocked(note["what"], note["kind"], note["name"], created, at, ())
        tests = self.mocks.setdefault(mock, {})
        tests.update(dict.fromkeys(filter(None, [note["test"]])))

    def seen(self, *, is_whole: bool) -> Seen:
        """Return what was seen beside the outcomes."""
        drives = (
            replace(drive, pending=tuple(sorted(pending)), tests=tuple(tests))
            for drive, (pending, tests) in self.driven.items()
        )
        mocks = (replace(m, tests=tuple(tests)) for m, tests in self.mocks.items())
        whole = is_whole and not self.blind and bool(self.loaded)
        return Seen(tuple(drives), tuple(mocks), frozenset(self.loaded), whole)

    def _finish(self, note: Note) -> None:
        self.finished = self.finished or not self.worker
