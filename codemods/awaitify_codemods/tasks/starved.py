"""Tasks whose loop lets nothing else run while a test replaces sleeping."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.module import own_nodes
from awaitify_codemods.facts.replacements import Replacement, replaced_for
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.tasks.made import Made, made_in
from awaitify_codemods.work import Work

_SLEEP = frozenset({External("asyncio.sleep")})
_MOCKS = frozenset(
    External(f"{package}.AsyncMock") for package in ("unittest.mock", "mock")
)


@dataclass(frozen=True)
class Starved:
    """A task that a test makes, and the loop in it that never waits then."""

    made: Made
    replacement: Replacement
    loop: str
    """Where it is, as ``path:line``."""


def starved_by(test: Function, work: Work) -> Iterator[Starved]:
    """Yield the tasks of a test that never let go while it replaces sleeping."""
    for each in replaced_for(test, work.index):
        if each.name == "sleep" and _never_waits(each, test, work):
            for made in made_in(test, work):
                if where := _endless(made, work):
                    yield Starved(made, each, where)
            return


def _never_waits(found: Replacement, test: Function, work: Work) -> bool:
    """Whether what is put in the place of ``sleep`` certainly gives no turn."""
    module, index = test.module, work.index
    if any(
        getattr(each, "attr", getattr(each, "arg", "")) in ("side_effect", "wraps")
        for each in ast.walk(test.node)
    ):
        return False
    if found.value is None:
        # patch() finds out by itself that it is a coroutine function.
        maker = found.maker
        is_patch = isinstance(found.node, ast.Call)
        return is_patch and (maker is None or index.value(maker, module) <= _MOCKS)
    match found.value:
        case ast.Call(func=func, args=[]):
            values = index.value(func, module)
            return bool(values) and values <= _MOCKS
    values = index.value(found.value, module)
    return bool(values) and all(
        isinstance(each, Function)
        and each.is_async
        and ast.Await not in each.module.kinds(each.node)
        for each in values
    )


def _endless(made: Made, work: Work) -> str:
    """Return where a loop of a task only sleeps, and does not end by itself."""
    (coroutine,) = made.call.args
    assert isinstance(coroutine, ast.Call)
    for value in work.index.value(coroutine.func, made.function.module):
        if isinstance(value, Function):
            for node in own_nodes(value.node):
                if isinstance(node, ast.While) and _only_sleeps(node, value, work):
                    return f"{value.module.path}:{node.lineno}"
    return ""


def _only_sleeps(loop: ast.While, function: Function, work: Work) -> bool:
    nodes = [*walk(loop)]
    ending = (ast.Break, ast.Return, ast.Raise, ast.AsyncFor, ast.AsyncWith)
    if any(isinstance(each, ending) for each in nodes):
        return False
    awaited = [each.value for each in nodes if isinstance(each, ast.Await)]
    return bool(awaited) and all(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and work.index.value(each.func, function.module) == _SLEEP
        for each in awaited
    )
