"""Runs the codemods over a project, or finds what they made of it before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from awaitify import configuring, fingerprint, remembered
from awaitify.cache import Cache
from awaitify.discover import OnDisk
from awaitify.formatting import Formatter
from awaitify.progress import Tell, nothing
from awaitify.project import Fault, Project
from awaitify.rewriting import Rewriter
from awaitify.settings.settlement import Settlement

if TYPE_CHECKING:
    from awaitify.cluster import Cluster
    from awaitify.packs import Pack
    from awaitify.settings.given import Given, Wanted
    from awaitify.shards import Shard
    from awaitify_codemods import Bug, Migration, Plan, Rule, Settings, Sources
    from awaitify_codemods.finishing import Finish


@dataclass(frozen=True)
class Run:
    """A project and what became of it."""

    project: Project
    migration: Migration
    settlement: Settlement = field(default_factory=Settlement)
    """What becomes of configuration files."""

    originals: Mapping[str, bytes | None] = field(default_factory=dict)
    """The bytes that results are of, where the project does not hold on to them."""

    @property
    def results(self) -> Mapping[str, bytes | None]:
        """Return the new bytes of every file that changes; None for one that goes."""
        return Overlaid(self.settlement.after, self.migration.results)

    def before(self, path: str) -> bytes | None:
        """Return the bytes of a file that changes; None for one that is made."""
        if path in self.settlement.after:
            return self.settlement.before[path]
        if path in self.originals:
            return self.originals[path]
        return self.project.files[path]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Files that could not be used, found at any stage.

        Files that were only read do not count: what they keep from being decided
        is left, with a reason of its own.
        """
        found = (
            Fault(error.path, error.line, error.message)
            for error in self.migration.errors
            if error.path in self.project.selected
        )
        return (*self.project.faults, *found)


@dataclass(eq=False)
class Overlaid(Mapping[str, "bytes | None"]):
    """Some files, and others that count where they are not among those."""

    first: Mapping[str, bytes]
    last: Mapping[str, bytes | None]

    def __getitem__(self, path: str) -> bytes | None:
        """Return what counts for a file."""
        return self.first[path] if path in self.first else self.last[path]

    def __iter__(self) -> Iterator[str]:
        yield from self.last
        yield from (path for path in self.first if path not in self.last)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class Means:
    """What a run may use to get its result."""

    jobs: int | None = None
    """How many processes; None for as many as there are processors, 0 for none but
    this one."""
    cache: Cache | None = None
    formatter: Formatter | None = None
    """This one changes the result: the layout of what changes."""
    tell: Tell = nothing
    """Called with what is being done."""
    cluster: Cluster | None = None
    """What rewrites files in the place of processes of this machine, if anything."""


def migrate(
    project: Project,
    settings: Settings,
    means: Means,
    wanted: Wanted | None = None,
    shard: Shard | None = None,
) -> Run:
    """Analyse a project and compute its new files; nothing is written.

    Args:
        project: the files.
        settings: what the user chose.
        means: what to use for it.
        wanted: what the result is for, as far as the user said.
        shard: the part of the project that is meant; None for all of it.

    """
    if isinstance(project.files, OnDisk):
        from awaitify import packs

        means.tell(f"Reading {len(project.files)} files")
        divided = packs.divide(project)
        if len(divided) > 1:
            return _in_packs(project, settings, means, wanted, divided, shard)
        project = replace(project, files=dict(project.files))
    name, migration = _of_one_pack(project, settings, means, wanted)
    settled = _settled(project, settings, means, wanted, name, migration)
    run = Run(project, configuring.joined(migration, settled), settled.settlement)
    if shard is not None:
        from awaitify import dealing

        run = dealing.dealt(run, shard)
    return run


def _in_packs(
    project: Project,
    settings: Settings,
    means: Means,
    wanted: Wanted | None,
    divided: Sequence[Pack],
    shard: Shard | None,
) -> Run:
    """Migrate a large tree; the configuration of each group goes with its packs."""
    from awaitify import packed, packs

    known = project.has_plugin
    project = replace(
        project,
        has_plugin=_has_plugin(project) if known is None else known,
        shared=packs.shared(project, divided),
    )
    groups = packs.grouped(project, divided)
    mine = [each for each in groups if shard is None or shard.takes(each.first)]
    chosen = [pack for group in mine for pack in group.packs]
    step = partial(_part, replace(means, tell=nothing), wanted)
    jobs = 0 if means.cluster else means.jobs
    found = packed.migrate(project, settings, chosen, step, jobs, means.tell)
    means.tell("Reading the configuration")
    settled = []
    for group in mine:
        part, (name, migration) = packs.of_group(project, group), found.of(group.packs)
        settled.append(_settled(part, settings, means, wanted, name, migration))
    everything = configuring.together(settled)
    _, migration = found.of(sorted(chosen, key=lambda pack: pack.first))
    own = frozenset(path for pack in chosen for path in pack.own)
    return Run(
        replace(project, selected=project.selected & own),
        configuring.joined(migration, everything),
        everything.settlement,
        found.originals,
    )


def _settled(
    project: Project,
    settings: Settings,
    means: Means,
    wanted: Wanted | None,
    name: str,
    migration: Migration,
) -> configuring.Settled:
    """Return what becomes of configuration files with a migration."""
    settle: remembered.Settle = configuring.settle
    if means.cache is not None:
        settle = remembered.settling(means.cache, name, settle)
    return settle(configuring.given(project, settings, wanted), migration)


def _part(
    means: Means,
    wanted: Wanted | None,
    project: Project,
    settings: Settings,
    alone: bool,
) -> tuple[str, Migration]:
    """Migrate one pack; return what it is remembered by, too."""
    if alone:
        means = replace(means, jobs=0)
    return _of_one_pack(project, settings, means, wanted)


def _of_one_pack(
    project: Project, settings: Settings, means: Means, wanted: Wanted | None
) -> tuple[str, Migration]:
    """Migrate a project in one analysis; return what that is remembered by, too."""
    given = configuring.given(project, settings, wanted)
    lowest = configuring.pythons(given, settings)
    asked = replace(sources(project, given), pythons=lowest)
    name = _name(asked, settings, means, given)
    if name and project.shared:
        name = fingerprint.of("part", name, project.shared)
    return name, _found(asked, settings, means, name)


def checked(
    run: Run,
    results: Mapping[str, bytes | None],
    settings: Settings,
    wanted: Wanted | None = None,
) -> tuple[Bug, ...]:
    """Return what is wrong with results of a run that were changed by hand.

    Args:
        run: what they are results of.
        results: the new bytes of every Python file that changes.
        settings: those of the run, with pins for what was changed.
        wanted: see `migrate`.

    """
    import awaitify_codemods as core

    given = configuring.given(run.project, settings, wanted)
    asked = sources(run.project, given)
    return core.checked(run.migration.plan, results, asked, settings)


def configured(project: Project, settlement: Settlement) -> Run:
    """Return a run that changes configuration files alone."""
    from awaitify_codemods import Migration, Plan

    plan = Plan(findings=settlement.findings)
    return Run(project, Migration(plan, {}), settlement)


def _name(sources: Sources, settings: Settings, means: Means, given: Given) -> str:
    """Return what a migration is remembered by."""
    if means.cache is None:
        return ""
    command = means.formatter.command if means.formatter else None
    return remembered.key(_tool(settings.others), sources, settings, given, command)


def _found(given: Sources, settings: Settings, means: Means, name: str) -> Migration:
    """Return what became of the same before, or make it."""
    if means.cache is None:
        rewriter = Rewriter(means.jobs, tell=means.tell, cluster=means.cluster)
        means.tell(f"Analysing {len(given.files)} files")
        return _migrate(given, settings, rewriter, means.formatter)
    cache, tool = means.cache, _tool(settings.others)
    witness = remembered.Witness(given, means.formatter)
    migration = remembered.recall(cache, name, witness)
    if migration is None:
        means.tell(f"Analysing {len(given.files)} files")
        rewriter = Rewriter(means.jobs, cache, tool, means.tell, means.cluster)
        finish = witness.finish if means.formatter else None
        migration = _migrate(witness.watched(), settings, rewriter, finish)
        if not rewriter.unlucky:
            remembered.keep(cache, name, migration, witness)
    return migration


def replay(
    project: Project,
    plan: Plan,
    means: Means,
    others: Sequence[type[Rule]],
    settlement: Settlement | None = None,
) -> Run:
    """Carry out a stored plan; nothing is written.

    Args:
        project: the files.
        plan: what `migrate` made of them.
        means: what to use for it.
        others: the rules beside our own that the plan may be of.
        settlement: what it makes of configuration files.

    Raises:
        awaitify_codemods.PlanError: it was made for other bytes.

    """
    import awaitify_codemods as core

    rewriter = Rewriter(means.jobs, tell=means.tell, cluster=means.cluster)
    if means.cache is not None:
        rewriter = Rewriter(
            means.jobs, means.cache, _tool(others), means.tell, means.cluster
        )
    given = sources(project)
    migration = core.replay(plan, given, rewriter, others, means.formatter)
    return Run(project, migration, settlement or Settlement())


def without(project: Project, faults: Iterable[Fault]) -> Project:
    """Return the project with some files out of reach, and the reasons noted."""
    noted = tuple(faults)
    lost = {fault.path for fault in noted}
    return replace(
        project,
        selected=project.selected - lost,
        closed=project.closed | (lost & project.documents.keys()),
        faults=(*project.faults, *noted),
    )


def sources(project: Project, given: Given | None = None) -> Sources:
    """Return the project as the codemods want it.

    Args:
        project: the files.
        given: what decides about its configuration; without it no rule may ask for
            a setting.

    """
    from awaitify_codemods import Sources

    known = project.has_plugin
    return Sources(
        files=project.files,
        selected=project.selected,
        tests=project.tests,
        roots=project.roots,
        modes=project.modes,
        foreign=project.environment.reader(),
        within=project.environment.lister(),
        loop_scopes=project.loop_scopes,
        settable=configuring.settable(given) if given else {},
        lacking=configuring.lacking(given) if given else {},
        together=project.together,
        has_plugin=_has_plugin(project) if known is None else known,
    )


_PLUGIN = re.compile(rb"pytest[-_]asyncio|mark\s*\.\s*asyncio\b|asyncio[-_]mode")


def _has_plugin(project: Project) -> bool:
    """Whether something says that the project uses pytest-asyncio."""
    site = project.environment.site
    if any((place / "pytest_asyncio").is_dir() for place in site):
        return True
    texts = chain(project.documents.values(), project.files.values())
    return any(_PLUGIN.search(text) for text in texts)


def _migrate(
    given: Sources, settings: Settings, rewriter: Rewriter, finish: Finish | None
) -> Migration:
    import awaitify_codemods as core

    return core.migrate(given, settings, rewriter, finish)


def _tool(others: Iterable[type[Rule]]) -> str:
    return fingerprint.of_tool({rule.__module__.partition(".")[0] for rule in others})
