"""What `undo` and `runs` do, from arguments to an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from awaitify import interrupts, project
from awaitify.config import UsageError
from awaitify.journal import runs, standing, state
from awaitify.journal import undo as journal_undo
from awaitify.journal.runs import Run, Unreadable
from awaitify.journal.standing import State
from awaitify.journal.undo import Undone
from awaitify.report.escaping import terminal
from awaitify.terminal import say

_DONE = 0
_FILES_FAILED = 3
_SCHEMA = 1


def undo(words: Sequence[str], *, dry_run: bool = False, quiet: bool = False) -> int:
    """Give files the bytes that they had before a run.

    Args:
        words: the id of a run, if it is not to be the newest; then files and
            directories, if it is not to be all.
        dry_run: only say what would be done.
        quiet: no word if all went well.

    """
    wanted = words[0] if words and runs.is_id(words[0]) else None
    paths = [Path(word) for word in (words[1:] if wanted else words)]
    root = _root(paths, wanted)
    place = state.place(root)
    if not place.is_dir():
        raise UsageError(_nothing(root))
    try:
        with state.lock(place), interrupts.deferred() as pause:
            found = runs.listed(root)
            run = _named(found, wanted, root) if wanted else _newest(found, root)
            files = journal_undo.chosen(run, root, paths)
            if not files:
                raise UsageError(f"run {run.id} changed nothing there")
            later = runs.newer(_readable(found), run)
            result = journal_undo.undo(run, root, files, later, pause, dry=dry_run)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt("the same command restores the rest") from error
    for failure in result.refused:
        say(f"{_shown(failure.path)}: not restored: {failure.message}")
    if not quiet:
        _tell(_account(run, result, dry_run))
    return _FILES_FAILED if result.refused else _DONE


def show(*, as_json: bool = False) -> int:
    """List the runs of the root that the working directory belongs to."""
    root = _root((), None)
    look = standing.looking(root)
    found = runs.listed(root)
    if as_json:
        data = [_as_json(run, look) for run in found]
        shown = {"schema": _SCHEMA, "root": root.as_posix(), "runs": data}
        _write(json.dumps(shown, indent=2))
        return _DONE
    for line in _table([_row(run, look) for run in found]):
        _tell(line)
    if not found:
        say(f"note: {_nothing(root)}")
    return _DONE


def _tell(line: str) -> None:
    _write(terminal(line))


def _write(text: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{text}\n".encode())
    sys.stdout.buffer.flush()


def _root(paths: Sequence[Path], wanted: str | None) -> Path:
    """Return the root whose runs are meant."""
    real = [journal_undo.place(path) for path in paths or [Path(os.curdir)]]
    start = Path(os.path.commonpath(real))
    while not start.is_dir():
        start = start.parent
    root, _ = project.find_root(start)
    if wanted is None or (state.place(root) / wanted).exists():
        return root
    # A run can be named from above or from below its root.
    others = [each for each in _near(start) if (state.place(each) / wanted).exists()]
    return others[0] if len(others) == 1 else root


def _near(start: Path) -> list[Path]:
    """Return the roots above and below a directory that have a journal."""
    return [
        root
        for root in state.roots()
        if root.is_relative_to(start) or start.is_relative_to(root)
    ]


def _newest(found: Iterable[Run | Unreadable], root: Path) -> Run:
    look = standing.looking(root)
    for run in _readable(found):
        if standing.of(run, standing.verdicts(run, look).values()) is not State.UNDONE:
            return run
    raise UsageError(_nothing(root))


def _named(found: Iterable[Run | Unreadable], wanted: str, root: Path) -> Run:
    run = next((each for each in found if each.id == wanted), None)
    if run is None:
        raise UsageError(f"no run {wanted} in {root}; `awaitify runs` lists them")
    if isinstance(run, Unreadable):
        raise UsageError(f"run {wanted} cannot be read: {run.message}")
    return run


def _readable(found: Iterable[Run | Unreadable]) -> list[Run]:
    return [run for run in found if isinstance(run, Run)]


def _nothing(root: Path) -> str:
    """Return what to say where there is no run, and where there are some."""
    others = [str(each) for each in _near(Path(os.path.realpath(os.curdir)))]
    known = [each for each in others if each != str(root)]
    where = f"; there are some in {', '.join(known)}" if known else ""
    return f"nothing to undo in {root}{where}"


def _account(run: Run, result: Undone, dry_run: bool) -> str:
    number = len(result.restored)
    verb = "would be restored" if dry_run else "restored"
    parts = [f"{number} file{'' if number == 1 else 's'} {verb}"]
    if result.already:
        parts.append(f"{len(result.already)} as before the run already")
    if result.refused:
        parts.append(f"{len(result.refused)} left")
    return f"run {run.id}: {', '.join(parts)}"


def _shown(path: Path) -> str:
    here = os.path.realpath(os.curdir)
    inside = path.is_relative_to(here)
    return os.path.relpath(path, here) if inside else str(path)


def _as_json(run: Run | Unreadable, look: standing.Look) -> dict[str, object]:
    if isinstance(run, Unreadable):
        return {"id": run.id, "state": "unreadable", "message": run.message}
    verdicts = standing.verdicts(run, look)
    kept = run.manifest
    return {
        "id": run.id,
        "time": kept.time,
        "state": standing.of(run, verdicts.values()).value,
        "command": kept.command,
        "version": kept.version,
        "head": kept.head,
        "rounds": kept.rounds,
        "files": [
            {
                "path": file.path,
                "change": "removed" if file.after is None else "changed",
                "state": verdicts[file.path].value,
            }
            for file in kept.files
        ],
    }


def _row(run: Run | Unreadable, look: standing.Look) -> tuple[str, ...]:
    if isinstance(run, Unreadable):
        return (run.id, "", "unreadable", "", run.message)
    verdicts = standing.verdicts(run, look)
    when = datetime.fromisoformat(run.manifest.time).astimezone()
    state = standing.of(run, verdicts.values()).value
    return (
        run.id,
        when.strftime("%Y-%m-%d %H:%M:%S"),
        state,
        str(len(verdicts)),
        run.manifest.command,
    )


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    lines = [("RUN", "WHEN", "STATE", "FILES", "COMMAND"), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()
