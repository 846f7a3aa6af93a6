"""Suites whose async tests anyio runs, on asyncio alone."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import own_nodes
from awaitify_codemods.facts.values import Function

_BACKEND = "anyio_backend"
_OURS, _THEIRS = b"mark.asyncio", b"mark.anyio"


def are_marked_anyio(test: Function, fixtures: Fixtures, index: Index) -> bool:
    """Whether async tests like this one say ``pytest.mark.anyio``, and run once.

    The marker parametrizes tests by backend, which changes their ids, and runs them
    on trio, too; an `anyio_backend` that is asyncio keeps both from happening. A
    file's own markers decide, then those of all files.
    """
    if not _is_asyncio_alone(fixtures.visible(_BACKEND, test), index):
        return False
    ours = _OURS in test.module.source
    if _THEIRS in test.module.source or ours:
        return not ours
    return index.words.have(_THEIRS) and not index.words.have(_OURS)


def _is_asyncio_alone(backend: Function | None, index: Index) -> bool:
    """``return "asyncio"``, or ``("asyncio", {...})``, in a fixture without params."""
    if backend is None:
        return False
    decorator = fixture_decorator(backend, index)
    if isinstance(decorator, ast.Call) and (
        decorator.args
        or any(each.arg in (None, "params") for each in decorator.keywords)
    ):
        return False
    returned = [
        each.value for each in own_nodes(backend.node) if isinstance(each, ast.Return)
    ]
    return bool(returned) and all(map(_is_asyncio, returned))


def _is_asyncio(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Tuple) and node.elts:
        node = node.elts[0]
    return isinstance(node, ast.Constant) and node.value == "asyncio"
