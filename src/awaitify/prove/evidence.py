"""What a run of the suite has shown -> the evidence that plans are made with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from awaitify.prove.outcome import Around, Drive, SuiteRun
from awaitify_codemods.evidence import (
    APP,
    CALLBACK,
    DEPENDENCY,
    TEST,
    Evidence,
    Place,
    Ran,
    SeenDrive,
    SeenMock,
)
from awaitify_codemods.plan import digest
from awaitify_codemods.testcode import is_in_test_folder


def gathered(
    run: SuiteRun,
    files: Mapping[str, bytes],
    tests: Collection[str] = (),
) -> Evidence:
    """Return the evidence of a run.

    Args:
        run: how the suite ran.
        files: the project's files, as they were when it ran.
        tests: those of them in which pytest looks for tests.

    """
    drives = tuple(_drives(run.seen.drives, tests))
    known = {path for each in drives for path, _ in each.functions} | run.seen.loaded
    ran = dict(_ran(run)) if run.seen.is_whole else {}
    return Evidence(
        {path: digest(files[path]) for path in sorted(known & files.keys())},
        ran,
        drives,
        tuple(
            SeenMock(m.what, m.kind, m.name, m.created, m.at, m.tests)
            for m in run.seen.mocks
        ),
    )


def _drives(drives: Sequence[Drive], tests: Collection[str]) -> Iterator[SeenDrive]:
    """Yield drives, each once, whatever lines of outer functions led to it."""
    found: dict[SeenDrive, list[Drive]] = {}
    for each in drives:
        own = [frame for frame in each.frames if frame.is_own]
        drive = SeenDrive(
            by=_by(each, tests),
            at=(own[0].path, own[0].line) if own else None,
            api=each.api,
            in_main_thread=each.in_main_thread,
            nested=each.nested,
            pending=(),
            functions=tuple(_functions(own)),
            tests=(),
            package=_package(each.frames),
        )
        found.setdefault(drive, []).append(each)
    for drive, same in found.items():
        pending = {name for each in same for name in each.pending}
        ran = dict.fromkeys(test for each in same for test in each.tests)
        yield replace(drive, pending=tuple(sorted(pending)), tests=tuple(ran))


def _by(drive: Drive, tests: Collection[str]) -> str:
    """Return who drives: nothing on the far side of pytest does."""
    kinds = [_kind(frame, tests) for frame in drive.frames if not frame.is_beyond]
    if not kinds or kinds[0] != TEST:
        return kinds[0] if kinds else DEPENDENCY
    return TEST if set(kinds) == {TEST} else CALLBACK


def _kind(frame: Around, tests: Collection[str]) -> str:
    if not frame.is_own:
        return DEPENDENCY
    name = frame.path.rpartition("/")[2]
    is_test = (
        frame.path in tests
        or is_in_test_folder(frame.path)
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
    )
    return TEST if is_test else APP


def _package(frames: Sequence[Around]) -> str:
    """Return which package the project has called, for that to drive, whatever with.

    Empty if the project itself drives.
    """
    called = ""
    for frame in frames:
        if frame.is_own:
            break
        called = frame.path
    if not called:
        return ""
    parts = re.split(r"[/\\](?:site|dist)-packages[/\\]", called)
    if len(parts) > 1:
        return re.split(r"[/\\]", parts[-1])[0].removesuffix(".py")
    # Installed so that it can be edited: it begins where its folders do.
    path = Path(called)
    while (path.parent / "__init__.py").is_file():
        path = path.parent
    return path.stem


def _functions(frames: Sequence[Around]) -> Iterator[Place]:
    # Modules, lambdas and comprehensions are frames, too.
    for frame in frames:
        if not frame.name.startswith("<"):
            yield frame.path, frame.first


def _ran(run: SuiteRun) -> Iterator[tuple[str, Ran]]:
    for node_id, result in run.results.items():
        where = result.definition
        if where is not None:
            yield node_id, Ran((where.path, where.line), result.outcome)
