"""The content of a report, whatever it will look like."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import patch
from awaitify.changes import Change, changes
from awaitify.project import Fault, Project
from awaitify.refusals import NOTES

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify_codemods import Finding, RuleFailure


_NOTES = frozenset(note.code for note in NOTES)


@dataclass(frozen=True)
class Known:
    """What a baseline says of a report."""

    found: int
    """How many findings it knows; they are not in the report."""
    gone: int
    """How many of its own are not found any more."""


@dataclass(frozen=True)
class Refused:
    """A result that failed a check, and was refused."""

    path: str
    check: str
    message: str
    diff: bytes
    """What it would have changed."""


@dataclass(frozen=True)
class Report:
    """Everything that a run has to say."""

    command: str
    root: Path
    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...]
    bugs: tuple[Refused, ...]
    failures: tuple[RuleFailure, ...]
    changed: tuple[str, ...]
    """Files with new bytes, relative to the root."""
    removed: tuple[str, ...]
    patch: bytes
    """Empty unless it was asked for: large files take long to compare."""
    seconds: float
    written: bool = False
    """Whether the changes are on disk."""
    known: Known | None = None
    """What a baseline says, if there is one."""
    changes: tuple[Change, ...] = ()
    """What becomes of each file; empty unless it was asked for."""
    shard: str | None = None
    """``I/N``, if it is about a part of the project."""
    is_narrowed: bool = False
    """Whether some findings are left out, which nobody wants to be told of."""

    @property
    def left(self) -> Mapping[str, int]:
        """Return how many sites were left, by refusal code, most frequent first."""
        codes = Counter(f.reason or "unresolved" for f in self.of("left"))
        return dict(sorted(codes.items(), key=lambda item: (-item[1], item[0])))

    @property
    def sites(self) -> int:
        """Return how many findings are sites, not comments of the user's."""
        return sum(finding.rule not in _NOTES for finding in self.findings)

    @property
    def work(self) -> bool:
        """Say whether there is something that `fix` would change.

        With a baseline, whether there is more of it than that knows.
        """
        if self.known is not None or self.is_narrowed:
            return bool(self.of("migrate", "newly-running"))
        return bool(self.changed or self.removed) and not self.written

    def of(self, *statuses: str) -> list[Finding]:
        """Return the findings that have one of some statuses."""
        return [finding for finding in self.findings if finding.status in statuses]

    def narrowed(self, lines: Mapping[str, Sequence[range]]) -> Report:
        """Return the same report with what is on some lines, by path, alone.

        Whatever is wrong with a whole file counts if any of it is among them.
        """
        findings = (
            each
            for each in self.findings
            if any(each.line in some for some in lines.get(each.path, ()))
        )
        faults = (each for each in self.faults if each.path in lines)
        return replace(
            self, findings=tuple(findings), faults=tuple(faults), is_narrowed=True
        )

    def shown(self, path: str) -> str:
        """Return a path as it is typed where the command runs."""
        here = os.path.realpath(os.curdir)
        full = os.path.join(self.root, path)
        return os.path.relpath(full, here) if _is_below(full, here) else full

    def shown_patch(self, colour: bool) -> bytes:
        """Return the patch as standard output gets it."""
        return patch.coloured(self.patch) if colour else self.patch

    def as_written(self) -> Report:
        """Return the same report after its changes were made."""
        return replace(self, written=True)


def of(
    run: Run,
    command: str,
    *,
    seconds: float,
    with_patch: bool,
    with_changes: bool = False,
    shard: str | None = None,
) -> Report:
    """Return the report of a run whose changes are not on disk yet."""
    migration = run.migration
    new = tuple(_changing(run))
    changed = tuple(path for path, goes in new if not goes)
    removed = tuple(path for path, goes in new if goes)
    paths = [path for path, _ in new]
    findings = sorted(
        migration.plan.findings, key=lambda f: (f.path, f.line, f.column, f.rule)
    )
    return Report(
        command=command,
        root=run.project.root,
        findings=tuple(findings),
        faults=tuple(sorted(run.faults, key=lambda f: (f.path, f.line))),
        bugs=tuple(sorted(_refused(run), key=lambda bug: (bug.path, bug.check))),
        failures=migration.failures,
        changed=changed,
        removed=removed,
        patch=_patch(run, paths) if with_patch else b"",
        seconds=seconds,
        changes=_changes(run, paths) if with_changes else (),
        shard=shard,
    )


def _changing(run: Run) -> Iterator[tuple[str, bool]]:
    """Yield the files that become something else, and whether they go."""
    results = run.results
    for path in sorted(results):
        after = results[path]
        if after != run.before(path):
            yield path, after is None


def _changes(run: Run, paths: Sequence[str]) -> tuple[Change, ...]:
    results = run.results
    files = ((path, run.before(path), results[path]) for path in paths)
    found = changes(files, run.migration.plan.units)
    return tuple(replace(each, executable=_is_executable(run, each)) for each in found)


def _is_executable(run: Run, change: Change) -> bool:
    # Asked for files that go alone: others keep their mode.
    place = run.project.root / change.path
    return change.after is None and os.access(place, os.X_OK)


def _refused(run: Run) -> Iterator[Refused]:
    for bug in run.migration.bugs:
        diff = patch.unified(bug.path, bug.before, bug.after)
        yield Refused(bug.path, bug.check, bug.message, diff)


def _patch(run: Run, paths: Sequence[str]) -> bytes:
    project, results = run.project, run.results
    base = _patch_base(project, paths)
    return b"".join(
        patch.unified(
            os.path.relpath(project.root / path, base).replace(os.sep, "/"),
            run.before(path),
            results[path],
            executable=os.access(project.root / path, os.X_OK),
        )
        for path in paths
    )


def _patch_base(project: Project, paths: Iterable[str]) -> Path:
    """Return where the patch is to be applied: the top of the git tree.

    Without git it is the working directory, if that holds all that changes.
    """
    here = os.path.realpath(os.curdir)
    if project.repository is None and all(
        _is_below(str(project.root / path), here) for path in paths
    ):
        return Path(here)
    return project.root


def _is_below(path: str, directory: str) -> bool:
    return Path(path).is_relative_to(directory)
