"""Joins what becomes of configuration files to what becomes of code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from awaitify.project import Project
from awaitify.settings.given import After, Given, Wanted
from awaitify.settings.settlement import Settlement

if TYPE_CHECKING:
    from awaitify_codemods import Bug, Migration, Settings

_Value = TypeVar("_Value")


@dataclass(eq=False)
class Lazily(Mapping[str, _Value], Generic[_Value]):
    """A mapping that is computed when it is first asked for something."""

    compute: Callable[[], Mapping[str, _Value]] = field(repr=False)

    @cached_property
    def _computed(self) -> Mapping[str, _Value]:
        return self.compute()

    def __getitem__(self, key: str) -> _Value:
        return self._computed[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._computed)

    def __len__(self) -> int:
        return len(self._computed)


def given(project: Project, settings: Settings, wanted: Wanted | None = None) -> Given:
    """Return what decides about the configuration files of a project."""
    kept = settings.directives.whole.keys() & project.documents.keys()
    closed = project.closed | kept

    def chosen(path: str, code: str) -> bool:
        rules = settings.of(path).rules
        return path not in closed and (rules is None or code in rules)

    return Given(
        files=project.files,
        tests=project.tests,
        selected=project.selected,
        documents=project.documents,
        closed=closed,
        configs=project.configs,
        modes=project.modes,
        site=project.environment.site,
        python=project.environment.version,
        wanted=wanted or Wanted(),
        chosen=chosen,
        unsafe=lambda path: settings.of(path).unsafe,
    )


def settable(given: Given) -> Mapping[str, frozenset[str]]:
    """Return what rules may ask to be set, found out when one asks."""

    def computed() -> Mapping[str, frozenset[str]]:
        from awaitify.settings import stage

        return stage.settable(given)

    return Lazily(computed)


def lacking(given: Given) -> Mapping[str, frozenset[str]]:
    """Return what no pytest-asyncio of the project has, likewise."""

    def computed() -> Mapping[str, frozenset[str]]:
        from awaitify.settings import stage

        return stage.lacking(given)

    return Lazily(computed)


def pythons(given: Given, settings: Settings) -> Mapping[str, tuple[int, int]]:
    """Return the lowest Python of each folder with a configuration.

    Only what gives awaits a time-out asks for it.
    """
    if not settings.is_bounded:
        return {}
    from awaitify.settings import stage

    return stage.pythons(given)


@dataclass(frozen=True)
class Settled:
    """What becomes of configuration files, if nothing is wrong with it."""

    settlement: Settlement
    bugs: tuple[Bug, ...] = ()


def together(settled: Iterable[Settled]) -> Settled:
    """Return what becomes of the configuration files of several parts as one."""
    all_settled = list(settled)
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes] = {}
    for each in all_settled:
        before |= each.settlement.before
        after |= each.settlement.after
    findings = (f for each in all_settled for f in each.settlement.findings)
    bugs = (bug for each in all_settled for bug in each.bugs)
    settlement = Settlement(before, after, tuple(dict.fromkeys(findings)))
    return Settled(settlement, tuple(bugs))


def settle(given: Given, migration: Migration) -> Settled:
    """Return what becomes of configuration files with a migration."""
    if not given.documents.keys() - given.closed:
        return Settled(Settlement())
    given = replace(given, results=migration.results, wishes=migration.plan.settings)
    settled = _settled(given)
    bugs = tuple(_unstable(given, settled))
    if bugs:
        settled = replace(settled, before={}, after={})
    return Settled(settled, bugs)


def _settled(given: Given) -> Settlement:
    """Return what becomes of configuration files, once nothing more follows.

    A requirement that is raised for one package may be what another one waits for.
    """
    from awaitify.settings import stage

    settled = stage.settle(given)
    for _ in given.documents:
        again = stage.settle(
            replace(given, documents={**given.documents, **settled.after})
        )
        if not again.after:
            break
        settled = Settlement(
            {path: given.documents[path] for path in {**settled.after, **again.after}},
            {**settled.after, **again.after},
            tuple(dict.fromkeys((*settled.findings, *again.findings))),
        )
    return settled


def joined(migration: Migration, settled: Settled) -> Migration:
    """Return a migration with what is told of configuration files, too."""
    plan = migration.plan
    findings = (*plan.findings, *settled.settlement.findings)
    return replace(
        migration,
        plan=replace(plan, findings=findings),
        bugs=(*migration.bugs, *settled.bugs),
    )


def initial(project: Project, settings: Settings, wanted: Wanted) -> Settlement:
    """Return the configuration that the tests need as they are now.

    Whoever asks for it wants all of it, whatever rules are chosen for migrations.
    """
    from awaitify.settings import stage

    all_rules = replace(
        given(project, settings, wanted),
        chosen=lambda path, code: path not in project.closed,
    )
    return stage.initial(all_rules)


def _unstable(given: Given, settled: Settlement) -> Iterator[Bug]:
    """Yield the files in which a second run would still change something."""
    from awaitify.settings import stage
    from awaitify_codemods import Bug

    if not settled.after:
        return
    again = stage.settle(
        replace(
            given,
            files=After(given.files, given.results),
            documents={**given.documents, **settled.after},
            results={},
        )
    )
    for path, after in again.after.items():
        before = given.documents.get(path, b"")
        message = "a second run would change it again"
        yield Bug(path, "idempotence", message, before, after)
