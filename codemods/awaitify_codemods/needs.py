"""The rules that the change of a function takes."""

from __future__ import annotations

import ast

from awaitify_codemods.colour import Project
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.loop_overrides import HOOKED
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test


def needs(function: Function, project: Project) -> set[str]:
    """Return the rules that the change of a function takes."""
    if override := project.overrides.of(function):
        return {"AW304", "AW305"} if override.kind == HOOKED else {"AW304"}
    if function in project.vacuous.tests:
        return {"AW201", "AW205"}
    found = _itself(function, project)
    if function.is_async:
        found.add("AW106")
    cases = project.cases
    if cases.is_entry(function) and not all(
        cases.awaits(each) for each in cases.running(function)
    ):
        found.add("AW201")
    if cases.is_set_up(function):
        found.add("AW202")
    if any(
        drive.runner.loop and project.class_loops.of(drive.runner.loop)
        for drive in project.sites.by_frame.get(function.node, ())
    ):
        found.add("AW203")
    for drive in project.sites.by_frame.get(function.node, ()):
        found.add(drive.runner.rule)
        if drive.shape == "clean-up":
            found = found - {drive.runner.rule} | {"AW204", "AW201"}
        elif drive.shape == "finalizer":
            found.add("AW301")
        elif drive.shape != "call":
            found.add("AW107")
    use = project.objections.loops(function)
    if use.removed or use.kept or use.tasks or use.closing:
        found.add("AW110")
    if given_in_vain(function, project):
        found.add("AW321")
    if project.loop_fixtures.asked(function) and "AW108" not in found:
        special = project.loop_fixtures.is_event_loop(function)
        found.add("AW304" if special else "AW303")
    return found


def _itself(function: Function, project: Project) -> set[str]:
    if is_test(function):
        return {"AW356" if project.cases.is_of_django(function) else "AW109"}
    if project.plain_set_ups.is_one(function):
        return {"AW302"}
    if fixture_decorator(function, project.index):
        return {"AW301"}
    return {"AW108"}


def given_in_vain(function: Function, project: Project) -> list[ast.AST]:
    """Return the arguments that have to go with the loops that they name."""
    of_class = [
        use.node
        for kept in project.class_loops.all
        for use in (() if kept.others else kept.going)
        if use.function == function
    ]
    return [*project.objections.loops(function).given, *of_class]
