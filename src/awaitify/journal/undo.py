"""Takes a run back, file by file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from awaitify import apply
from awaitify.apply import Change, Failure
from awaitify.journal import runs, standing
from awaitify.journal.manifest import File
from awaitify.journal.runs import Run
from awaitify.journal.standing import Seen, Verdict


@dataclass(frozen=True)
class Undone:
    """What became of the files of a run that was taken back."""

    restored: tuple[str, ...]
    already: tuple[str, ...]
    """Files that were as before the run."""
    refused: tuple[Failure, ...]


def undo(
    run: Run,
    root: Path,
    files: Sequence[File],
    later: Sequence[Run],
    pause: Callable[[], None] = lambda: None,
    *,
    dry: bool = False,
) -> Undone:
    """Give files the bytes and permissions that they had before a run.

    Each file is whole at every moment. What was cut off is completed by doing
    it again. The caller has the lock.

    Args:
        run: what is taken back.
        root: where.
        files: those of the run to restore.
        later: the runs that came after it, newest first; one of them may have
            changed a file since.
        pause: called between two files; may raise.
        dry: change nothing.

    """
    restored, already, refused = [], [], []
    if not dry:
        standing.clear_litter(run, root)
    for file in files:
        pause()
        seen = standing.look(root, file.path)
        verdict = standing.judge(file, seen)
        if verdict is Verdict.BEFORE:
            already.append(file.path)
        elif verdict is Verdict.CHANGED:
            refused.append(Failure(root / file.path, _objection(file, seen, later)))
        elif failures := () if dry else _restore(run, file, seen, root):
            refused += failures
        else:
            restored.append(file.path)
    now = standing.verdicts(run, standing.looking(root)).values()
    if not dry and set(now) == {Verdict.BEFORE}:
        runs.mark_undone(run)
    return Undone(tuple(restored), tuple(already), tuple(refused))


def _restore(run: Run, file: File, seen: Seen, root: Path) -> tuple[Failure, ...]:
    path = root / file.path
    try:
        before = None if file.before is None else run.read_copy(file)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return (Failure(path, error.strerror or str(error)),)
    change = Change(path, seen.source, before, file.mode, file.beside)
    return apply.apply([change], root)


def _objection(file: File, seen: Seen, later: Sequence[Run]) -> str:
    if seen.obstacle:
        return seen.obstacle
    by = next((run.id for run in later if _made(run, file.path, seen)), None)
    what = "removed" if seen.source is None else "changed"
    return f"{what} since, by run {by}" if by else f"{what} since"


def _made(run: Run, path: str, seen: Seen) -> bool:
    return any(
        file.path == path and seen.digest in (file.after, *file.earlier)
        for file in run.manifest.files
    )


def chosen(run: Run, root: Path, paths: Sequence[Path]) -> list[File]:
    """Return the files of a run that lie below one of some paths; all for none."""
    if not paths:
        return list(run.manifest.files)
    real = [place(path) for path in paths]
    return [
        file
        for file in run.manifest.files
        if any((root / file.path).is_relative_to(path) for path in real)
    ]


def place(path: Path) -> Path:
    """Return the real path of a file; a link in its place stands for the file."""
    if path.is_symlink():
        return Path(os.path.realpath(path.parent), path.name)
    return Path(os.path.realpath(path))
