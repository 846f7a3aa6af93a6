"""``request.getfixturevalue("name")`` in what becomes async.

pytest-asyncio cannot set an async fixture up where a loop runs already, and neither
can a sync one run a loop there: pytest has to do it before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator

from awaitify_codemods.facts.fixtures import Fixtures, gotten
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function

Request = tuple[ast.stmt, ast.Call, str]
"""A statement, the request in it, and the name it asks for."""


def awaited_requests(
    function: Function,
    fixtures: Fixtures,
    coloured: Container[Function],
    starts: Callable[[Function], object],
) -> Iterator[Request]:
    """Yield the requests of a function that become parameters of it."""
    for call, name in gotten(function):
        if _is_awaited(name, function, fixtures, coloured, starts):
            yield function.module.statement(call), call, name


def refused_request(
    function: Function,
    fixtures: Fixtures,
    coloured: Container[Function],
    starts: Callable[[Function], object],
) -> Refusal | None:
    """Return why a request cannot become a parameter; None if all can, or may stay."""
    known = fixtures.asked(function)
    for _, name in gotten(function):
        if name not in known:
            return Refusal("dynamic-call", "it asks for a fixture by name")
    first = list(_leading(function))
    for statement, call, name in awaited_requests(function, fixtures, coloured, starts):
        if (statement, call) not in first:
            message = f"it asks for {name!r} in the midst of what it does"
            return Refusal("dynamic-call", message)
        bound = function.scope.names.get(name, [])
        if any(each.node is not statement for each in bound):
            return Refusal("name-taken", f"{name!r} means something else there")
    return None


def _is_awaited(
    name: str,
    function: Function,
    fixtures: Fixtures,
    coloured: Container[Function],
    starts: Callable[[Function], object],
) -> bool:
    fixture = fixtures.asked(function).get(name)
    if fixture is None:
        return False
    return any(
        each in coloured or each.is_async or starts(each)
        for each in (fixture, *fixtures.of(fixture))
    )


def _leading(function: Function) -> Iterator[tuple[ast.stmt, ast.Call]]:
    """Yield the requests with which a function starts, before it does anything."""
    for statement in function.node.body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name()], value=ast.Call() as call) if any(
                call is each for each, _ in gotten(function)
            ):
                yield statement, call
            case _:
                return
