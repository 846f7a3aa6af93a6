"""Loop scopes that the configuration can say for all: what overrides had meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.colour import Colouring, Project
from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.fixture_decorators import (
    SCOPES,
    fixture_decorator,
    scope_of,
    written,
)
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.plan import Setting
from awaitify_codemods.sources import FIXTURES, TESTS, Sources


def wished(
    project: Project, colouring: Colouring, sources: Sources
) -> tuple[Setting, ...]:
    """Return the settings that take the place of overrides of ``event_loop``.

    Where all async tests of a configuration run on loops of one scope, it says so
    for them, unless a single module is all that an override was for.
    """
    wide = {
        each.scope
        for each in colouring.event_loops.going
        if each.scope != "function" and not _is_test_module(each.fixture.module.path)
    }
    if not wide or not colouring.event_loops.scopes:
        return ()
    found: list[Setting] = []
    for folder, keys in sorted(sources.settable.items()):
        if {FIXTURES, TESTS} <= keys:
            scope = _common(folder, project, colouring, sources)
            if scope in wide:
                reason = f"one loop for each {scope}, as the event_loop fixture gave"
                found += [
                    Setting(folder, key, scope, reason) for key in (FIXTURES, TESTS)
                ]
    return tuple(found)


def _common(
    folder: str, project: Project, colouring: Colouring, sources: Sources
) -> str:
    """Return the loop scope of all that a configuration is for; "" if they differ."""
    scopes: set[str] = set()
    fixtures: list[tuple[Function, str]] = []
    for function in _asynchronous(folder, project, colouring, sources):
        scope = _final(function, project, colouring)
        if is_test(function):
            if marked_scope(function, project.index) == "":
                scopes.add(scope)
        else:
            fixtures.append((function, scope))
    if len(scopes) != 1:
        return ""
    (common,) = scopes
    for fixture, scope in fixtures:
        lives = scope_of(fixture, project.index) or "session"
        fits = scope == common or not project.users.tests(fixture)
        if not fits or SCOPES.index(lives) > SCOPES.index(common):
            return ""
    return common


def _asynchronous(
    folder: str, project: Project, colouring: Colouring, sources: Sources
) -> Iterator[Function]:
    """Yield the tests and fixtures that pytest-asyncio will run there."""
    coloured = set(colouring.coloured)
    for path in sorted(project.test_code):
        if sources.governs(path) != folder:
            continue
        module = project.index.module(path)
        for node in module.functions if module else ():
            assert module is not None
            function = Function(module, node)
            if isinstance(node, ast.AsyncFunctionDef) or function in coloured:
                decorator = fixture_decorator(function, project.index)
                if decorator is not None:
                    if written(decorator, "loop_scope") == "":
                        yield function
                elif is_test(function) and not project.cases.running(function):
                    yield function


def _final(function: Function, project: Project, colouring: Colouring) -> str:
    found = colouring.scopes.get(function)
    found = found or colouring.event_loops.scopes.get(function)
    if found:
        return found
    of_fixtures, of_tests = project.default_scopes(function.module.path)
    if fixture_decorator(function, project.index):
        return of_fixtures or scope_of(function, project.index) or "session"
    return of_tests or "function"


def _is_test_module(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")
