"""What of a project that was analysed as a whole is of one shard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitify import packs
from awaitify.project import Project
from awaitify.settings import declared
from awaitify.settings.settlement import Settlement
from awaitify.shards import Shard, first

if TYPE_CHECKING:
    from awaitify.engine import Run
    from awaitify_codemods import Unit


def dealt(run: Run, shard: Shard) -> Run:
    """Return what of a run is of a shard; what belongs together is of one.

    The other shards find the same, and keep the rest of it.
    """
    mine = {
        path for paths in _bundles(run) if shard.takes(first(paths)) for path in paths
    }
    plan, settlement = run.migration.plan, run.settlement
    plan = replace(
        plan,
        files=tuple(each for each in plan.files if each.path in mine),
        findings=tuple(each for each in plan.findings if each.path in mine),
        units=tuple(each for each in plan.units if _paths(each) <= mine),
    )
    migration = replace(
        run.migration,
        plan=plan,
        results={p: new for p, new in run.migration.results.items() if p in mine},
        errors=tuple(each for each in run.migration.errors if each.path in mine),
        bugs=tuple(each for each in run.migration.bugs if each.path in mine),
    )
    return replace(
        run,
        project=replace(run.project, selected=run.project.selected & mine),
        migration=migration,
        settlement=Settlement(
            settlement.before,
            {path: new for path, new in settlement.after.items() if path in mine},
            tuple(each for each in settlement.findings if each.path in mine),
        ),
    )


def narrowed(project: Project, shard: Shard) -> Project:
    """Return a project of which no more than a shard may be edited."""
    groups = packs.grouped(project, packs.divide(project))
    mine = [each for each in groups if shard.takes(each.first)]
    own = {path for group in mine for path in group.whole.own}
    documents = {path for group in mine for path in group.documents}
    return replace(
        project,
        selected=project.selected & own,
        closed=project.closed | (project.documents.keys() - documents),
    )


def _bundles(run: Run) -> Iterable[set[str]]:
    """Return the files of the project, those that belong together in one set."""
    project = run.project
    joined = _Joined()
    for path in (*project.files, *project.documents, *run.settlement.after):
        joined.add([path])
    for group in packs.grouped(project, packs.divide(project)):
        joined.add([*group.whole.own, *group.documents])
    for unit in run.migration.plan.units:
        joined.add(_paths(unit))
    for document in run.settlement.after:
        folder = declared.folder(document)
        about = [p for p in project.files if not folder or p.startswith(f"{folder}/")]
        joined.add([document, *about])
    return joined.sets()


def _paths(unit: Unit) -> set[str]:
    return {name.partition("::")[0] for name in unit.functions}


class _Joined:
    """Sets of paths that are disjoint."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def add(self, paths: Iterable[str]) -> None:
        """Join the sets of some paths; one that is new is a set of its own."""
        tops = {self._top(path) for path in paths}
        if tops:
            self._above.update(dict.fromkeys(tops, min(tops)))

    def sets(self) -> Iterable[set[str]]:
        """Return all sets."""
        found: dict[str, set[str]] = {}
        for path in self._above:
            found.setdefault(self._top(path), set()).add(path)
        return found.values()

    def _top(self, path: str) -> str:
        while self._above.setdefault(path, path) != path:
            path = self._above[path]
        return path
