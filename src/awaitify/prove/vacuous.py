"""Tests that pass without showing what they seem to show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awaitify.prove.outcome import NEVER_AWAITED, PASSED, Definition, SuiteRun
from awaitify.prove.proof import Vacuous

if TYPE_CHECKING:
    from awaitify_codemods import Finding

NEVER_RAN = "never-ran"
DROPPED = "coroutine-dropped"
ASSERTED = "coroutine-asserted"
_NEWLY_RUNNING = "newly-running"
_COROUTINE_IN_ASSERTION = "AW542"


def vacuous(run: SuiteRun, findings: Iterable[Finding]) -> tuple[Vacuous, ...]:
    """Return the tests that pass in vain, in the order in which they ran.

    Args:
        run: of the suite as it was.
        findings: what the analysis says of the same code.

    """
    told = list(findings)
    unrun = {_place(each) for each in told if each.status == _NEWLY_RUNNING}
    asserted = {_place(each) for each in told if each.rule == _COROUTINE_IN_ASSERTION}
    return tuple(_found(run, unrun, asserted))


def unrun(found: Iterable[Vacuous]) -> frozenset[str]:
    """Return the node ids of the tests that did not run at all."""
    return frozenset(each.test for each in found if each.kind == NEVER_RAN)


_Place = tuple[str, str]


def _found(
    run: SuiteRun, unrun: set[_Place], asserted: set[_Place]
) -> Iterator[Vacuous]:
    dropped: dict[str, list[str]] = {}
    for each in run.complaints:
        if each.kind == NEVER_AWAITED:
            dropped.setdefault(each.test, []).append(each.name)
    everywhere = {name for names in dropped.values() for name in names}
    for test, result in run.results.items():
        if result.outcome != PASSED:
            continue
        names, where = dropped.get(test, []), result.definition
        place = (where.path, where.name) if where else ("", "")
        if place in unrun or (where and where.is_async and _own(where) in everywhere):
            yield Vacuous(test, NEVER_RAN, "nothing awaits it")
        elif names:
            kind = ASSERTED if place in asserted else DROPPED
            yield Vacuous(test, kind, f"{names[0]} was never awaited")


def _own(where: Definition) -> str:
    """Return the name that the coroutine of a test has."""
    return where.name.replace("::", ".")


def _place(finding: Finding) -> _Place:
    return finding.path, finding.test
