"""What `awaitify report` does: a run that was kept, or shards, told once more."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from awaitify import patch, project, report, workflow
from awaitify.config import Format, Options, UsageError
from awaitify.journal import state
from awaitify.prove import report as of_proofs
from awaitify.prove import store as proofs
from awaitify.prove.proof import Proof
from awaitify.prove.stored import StoredError
from awaitify.report import Report, as_markdown, merging, reading, store
from awaitify.report.reading import ReportError, Written

_DONE = 0
_FEW = 10


def retell(words: Sequence[str], options: Options) -> int:
    """Render the report of a run again.

    Args:
        words: the id of the run; without one it is the newest.
        options: the format, and where it goes.

    Raises:
        UsageError: no report of it is kept.

    """
    if len(words) > 1:
        raise UsageError("one RUN at a time; --merge takes files")
    root, id = _run(words[0] if words else None)
    found = _found(root, id)
    with suppress(FileNotFoundError):
        proof = _proof(root, id)
        found = replace(found or of_proofs.nothing(proof), root=proof.root)
        return _tell_proof(proof, found, options)
    if found is None:
        raise UsageError(f"the report of run {id} is gone")
    return _tell(found, options)


def merge(names: Sequence[str], options: Options) -> int:
    """Render the reports of all shards as one.

    Args:
        names: the files in JSON.
        options: the format, and where it goes.

    Raises:
        UsageError: they are no reports of the shards of one run.

    """
    if not names:
        raise UsageError("--merge needs the files of all shards")
    try:
        parts = [(name, _read(name)) for name in names]
        return _tell(merging.merged(parts), options)
    except ReportError as error:
        raise UsageError(f"--merge: {error}") from error


def _read(name: str) -> Written:
    try:
        return reading.load(Path(name).read_bytes())
    except OSError as error:
        raise ReportError(f"{name}: {error.strerror}") from error
    except ReportError as error:
        raise ReportError(f"{name}: {error}") from error


def _run(wanted: str | None) -> tuple[Path, str]:
    """Return the root and the id of the run that is meant."""
    here = Path(os.path.realpath(os.curdir))
    root, _ = project.find_root(here)
    known = _kept(root)
    if wanted is None:
        if not known:
            raise UsageError(f"no report of a run is kept of {root}")
        return root, known[0]
    if wanted in known:
        return root, wanted
    # A run can be named from above or from below its root.
    others = [
        each
        for each in state.roots()
        if (each.is_relative_to(here) or here.is_relative_to(each))
        and wanted in _kept(each)
    ]
    if len(others) == 1:
        return others[0], wanted
    shown = ", ".join(known[:_FEW]) + (" ..." if len(known) > _FEW else "")
    kept = f"kept are {shown}" if known else "none is"
    raise UsageError(f"no report of a run {wanted} is kept of {root}; {kept}")


def _kept(root: Path) -> list[str]:
    """Return the ids of the runs that can be told of, newest first."""
    known = {*store.at(root).kept(), *proofs.at(root).kept()}
    return sorted(known, key=_order, reverse=True)


def _order(id: str) -> tuple[str, int]:
    # Their numbers are no strings: 10 comes after 9.
    stamp, _, number = id.rpartition("-")
    return (stamp, int(number)) if number.isdecimal() else (id, 0)


def _found(root: Path, id: str) -> Report | None:
    try:
        return store.at(root).load(id)
    except FileNotFoundError:
        return None
    except (OSError, ReportError) as error:
        raise UsageError(f"the report of run {id} cannot be read: {error}") from error


def _proof(root: Path, id: str) -> Proof:
    try:
        return proofs.at(root).load(id)
    except FileNotFoundError:
        raise
    except (OSError, StoredError) as error:
        raise UsageError(f"the proof of run {id} cannot be read: {error}") from error


def _tell(found: Report, options: Options) -> int:
    if options.format is Format.JUNIT:
        raise UsageError("--format junit is for a run of `prove`")

    def render(colour: bool) -> bytes:
        if options.format is Format.PATCH:
            return _patch(found, colour)
        return report.render(found, options.format, **_how(options), colour=colour)

    if options.format is Format.GITHUB:
        workflow.summarize(lambda room: as_markdown.render(found, room))
    return _save(render, options)


def _tell_proof(proof: Proof, found: Report, options: Options) -> int:
    def render(colour: bool) -> bytes:
        if options.format is Format.PATCH:
            return _patch(found, colour)
        form = options.format
        return of_proofs.render(proof, form, found, **_how(options), colour=colour)

    if options.format is Format.GITHUB:
        workflow.summarize(lambda _: of_proofs.render(proof, Format.MD, found))
    return _save(render, options)


def _how(options: Options) -> dict[str, bool]:
    return {"quiet": options.quiet, "verbose": options.verbose}


def _save(render: Callable[[bool], bytes], options: Options) -> int:
    colour = options.output is None and workflow.in_colour(options.color)
    workflow.save(options.output, render(colour), coloured=colour)
    return _DONE


def _patch(found: Report, colour: bool) -> bytes:
    """Return the patch, to be applied at the root.

    Raises:
        UsageError: the report does not say what became of the files.

    """
    if len(found.changes) < len(found.changed) + len(found.removed):
        raise UsageError(
            "--format patch: the report does not hold what became of each file; "
            "those of `diff --format json` do"
        )
    text = b"".join(map(patch.of, found.changes))
    return patch.coloured(text) if colour else text
