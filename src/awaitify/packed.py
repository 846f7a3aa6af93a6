"""Migrates a large tree pack by pack, in processes of their own, within bounds.

This process holds paths, findings and what little else all packs have in common. The
bytes of a pack are read where it is migrated; what becomes of its files is kept on
disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING

from awaitify import fingerprint, memory, packs, pool
from awaitify.packs import Pack
from awaitify.progress import Tell
from awaitify.project import Project
from awaitify.spool import Entries, Kept, Place, Plans, Results, Shelf, Spool, entries

if TYPE_CHECKING:
    from awaitify_codemods import (
        Bug,
        FileError,
        Finding,
        Migration,
        RuleFailure,
        Setting,
        Settings,
        Unit,
    )

# What the facts of a byte of source may take, against what rewriting one does.
_A_FACT = 4

Migrate = Callable[[Project, "Settings", bool], "tuple[str, Migration]"]
"""Migrates a project that is one pack, in this process alone or with others; returns
what the result is remembered by, too."""


@dataclass(frozen=True)
class Part:
    """A pack that was migrated; what becomes of its files is kept on disk."""

    name: str
    """What it is remembered by; "" without a cache."""
    files: int
    places: Mapping[str, Place]
    findings: tuple[Finding, ...]
    units: tuple[Unit, ...]
    settings: tuple[Setting, ...]
    errors: tuple[FileError, ...]
    bugs: tuple[Bug, ...]
    failures: tuple[RuleFailure, ...]


@dataclass(frozen=True)
class Found:
    """What becomes of all packs."""

    parts: Mapping[str, Part]
    """First path of a pack -> what becomes of it."""
    shelf: Shelf

    def of(self, divided: Iterable[Pack]) -> tuple[str, Migration]:
        """Return what becomes of some packs, and what that is remembered by."""
        parts = [self.parts[p.first] for p in divided if p.first in self.parts]
        name = fingerprint.of("packs", *(part.name for part in parts))
        return name, _joined(parts, self.shelf)

    @property
    def originals(self) -> Mapping[str, bytes | None]:
        """Return the bytes that results are of."""
        return Results(_kept(self.parts.values(), self.shelf), were=True)


@dataclass(frozen=True)
class Work:
    """Migrates packs, in whatever process it is sent to."""

    project: Project
    settings: Settings
    step: Migrate
    spool: Spool

    def __call__(self, pack: Pack, *, alone: bool = True) -> Part:
        """Return what becomes of a pack.

        Args:
            pack: a part of the project.
            alone: whether this process has to do it all.

        """
        from awaitify_codemods import FileError

        part, unreadable = packs.part(self.project, pack)
        name, found = self.step(part, _chosen(self.settings, part), alone)
        kept = (
            Kept(plan, part.files[plan.path], found.results[plan.path])
            for plan in found.plan.files
        )
        vanished = (FileError(bad.path, 1, bad.message) for bad in unreadable)
        return Part(
            name,
            len(pack.own),
            self.spool.keep(fingerprint.of(pack.first), kept),
            found.plan.findings,
            found.plan.units,
            found.plan.settings,
            (*found.errors, *vanished),
            found.bugs,
            found.failures,
        )


def migrate(
    project: Project,
    settings: Settings,
    divided: Sequence[Pack],
    step: Migrate,
    processes: int | None,
    tell: Tell,
) -> Found:
    """Migrate all packs of a project.

    Args:
        project: all of it.
        settings: what the user chose.
        divided: its packs.
        step: what migrates one of them.
        processes: how many to use at most; None for as many as there are processors,
            0 for none but this one, which rewrites elsewhere.
        tell: called with what is being done.

    """
    shelf = Shelf()
    work = Work(project, settings, step, shelf.spool)
    # Where nothing may be edited, there is nothing to find out.
    divided = [pack for pack in divided if project.selected.intersection(pack.own)]
    parts = _each(work, divided, processes, tell)
    firsts = (pack.first for pack in divided)
    return Found(dict(zip(firsts, parts, strict=True)), shelf)


def _each(
    work: Work, divided: Sequence[Pack], processes: int | None, tell: Tell
) -> list[Part]:
    """Return what becomes of each pack, in their order."""
    if not divided:
        return []
    weights = [_weight(work.project, pack) for pack in divided]
    # Nearly all of a project in one pack: that is a project with some more in it.
    most = 0 if processes == 0 else sum(weights) // 2
    apart = [n for n, each in enumerate(weights) if each <= most]
    progress = _Progress(tell, sum(len(pack.own) for pack in divided))
    spread = pool.spread(
        work,
        [divided[n] for n in apart],
        [weights[n] for n in apart],
        min(processes or os.cpu_count() or 1, len(divided)),
        memory.budget(memory.free()) * _A_FACT,
        got=progress.add,
    )
    found = dict(zip(apart, spread, strict=True))
    parts = []
    for number, pack in enumerate(divided):
        part = found.get(number)
        if part is None or isinstance(part, pool.Crashed):
            # Here only what rewrites a file may crash, in a process of its own.
            part = work(pack, alone=False)
            progress.add(part)
        parts.append(part)
    return parts


def _weight(project: Project, pack: Pack) -> int:
    from awaitify.discover import OnDisk

    assert isinstance(project.files, OnDisk)
    return sum(project.files.sizes[path] for path in (*pack.own, *pack.read))


def _chosen(settings: Settings, part: Project) -> Settings:
    """Return what was chosen for the files of a part."""
    files = {
        path: choice
        for path, choice in settings.files.items()
        if path in part.files or path in part.documents
    }
    return replace(settings, files=files)


def _kept(parts: Iterable[Part], shelf: Shelf) -> Entries:
    places = chain.from_iterable(part.places.items() for part in parts)
    return entries(shelf, dict(places))


def _joined(parts: Sequence[Part], shelf: Shelf) -> Migration:
    """Return the migration of some packs."""
    from awaitify_codemods import Migration, Plan

    kept = _kept(parts, shelf)
    plan = Plan(
        Plans(kept),
        tuple(each for part in parts for each in part.findings),
        tuple(each for part in parts for each in part.units),
        tuple(dict.fromkeys(each for part in parts for each in part.settings)),
    )
    # Of what several packs read, each of them may tell.
    errors = dict.fromkeys(each for part in parts for each in part.errors)
    return Migration(
        plan,
        Results(kept),
        tuple(errors),
        tuple(each for part in parts for each in part.bugs),
        tuple(dict.fromkeys(each for part in parts for each in part.failures)),
    )


@dataclass(eq=False)
class _Progress:
    """Tells how far it is, and how long it may take."""

    tell: Tell
    files: int
    done: int = 0
    sites: int = 0
    started: float = field(default_factory=monotonic)

    def add(self, part: Part | pool.Crashed) -> None:
        """Count a pack that is done."""
        if isinstance(part, pool.Crashed):
            return
        self.done += part.files
        self.sites += len(part.findings)
        passed = monotonic() - self.started
        left = passed * (self.files - self.done) / max(self.done, 1)
        self.tell(
            f"Analysing: {self.done} of {self.files} files, {self.sites} sites, "
            f"about {_duration(left)} left"
        )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
