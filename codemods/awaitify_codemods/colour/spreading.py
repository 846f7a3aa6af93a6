"""From the functions that drive loops to their callers, and to overrides."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator

from awaitify_codemods.colour.callers import Callers
from awaitify_codemods.colour.class_units import ClassUnits
from awaitify_codemods.colour.fixture_units import FixtureUnits
from awaitify_codemods.facts.sites import Sites
from awaitify_codemods.facts.values import Function


def driving(sites: Sites) -> Iterator[Function]:
    """Yield the functions that drive a loop, themselves or by a decorator."""
    for drive in sites.drives:
        node = drive.scope.node
        if isinstance(node, ast.FunctionDef):
            yield Function(drive.module, node)
    for site in sites.decorated:
        yield Function(site.module, site.node)


def spread(
    seeds: Iterable[Function],
    left: Container[Function],
    callers: Callers,
    classes: ClassUnits,
    fixtures: FixtureUnits,
) -> set[Function]:
    """Return the seeds and all that has to be async with them, but for what is left."""
    coloured: set[Function] = set()
    pending = [each for each in seeds if each not in left]
    while pending:
        function = pending.pop()
        if function in coloured:
            continue
        coloured.add(function)
        family = callers.project.references.family(function)
        together = (*classes.related(function), *fixtures.related(function))
        for related in (*callers.of(function), *family, *together):
            if related not in left and related not in coloured:
                pending.append(related)
    return coloured
