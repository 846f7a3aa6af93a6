"""Clients that a function makes, uses in one block, and never closes."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.old_syntax.clients import client_of
from awaitify_codemods.work import Work

_CLOSING = frozenset(
    "aclose close is_closed __aenter__ __aexit__ __enter__ __exit__".split()
)
# What is over when the call is: nothing of it needs the client afterwards.
_AT_ONCE = frozenset(
    "auth base_url cookies delete event_hooks get head headers options params patch "
    "post put request timeout".split()
)
_WAITING = frozenset({External("asyncio.gather"), External("asyncio.wait_for")})


@dataclass(frozen=True)
class Unclosed:
    """A client that nothing closes."""

    statement: ast.Assign
    is_async: bool
    count: int
    """How many statements below use it; 0 where its use is not one block."""


def unclosed(call: ast.Call, module: Module, work: Work) -> Unclosed | None:
    """Return a client that a call makes and nothing closes; None if it may be."""
    statement = module.parents[call]
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
            pass
        case _:
            return None
    scope = module.at[call]
    function = scope.node
    if not isinstance(function, FUNCTIONS) or scope.find(name) is not scope:
        return None
    client = client_of(call, module, work)
    if not client or len(scope.names[name]) != 1 or _has_shared_transport(call):
        return None
    is_async = client == "AsyncClient"
    if is_async and not work.is_coroutine(Function(module, function)):
        return None
    uses = module.references(scope, name)
    if not uses or not all(_is_plain(use, module) for use in uses):
        return None
    if any(module.at[use].frame is not scope for use in uses):
        return None
    lasting = not all(_is_over_at_once(use, is_async, module, work) for use in uses)
    return Unclosed(statement, is_async, _count(statement, uses, lasting, module))


def _has_shared_transport(call: ast.Call) -> bool:
    """Whether a transport may be used again once the client is closed."""
    return any(
        each.arg is None
        or (
            each.arg in ("transport", "mounts") and not isinstance(each.value, ast.Call)
        )
        for each in call.keywords
    )


def _is_plain(use: ast.Name, module: Module) -> bool:
    """Whether a mention only reads an attribute, none that ends the client."""
    parent = module.parents[use]
    return isinstance(parent, ast.Attribute) and parent.attr not in _CLOSING


def _is_over_at_once(use: ast.Name, is_async: bool, module: Module, work: Work) -> bool:
    """Whether nothing of what a mention does needs the client afterwards."""
    attribute = module.parents[use]
    if not isinstance(attribute, ast.Attribute) or attribute.attr not in _AT_ONCE:
        return False
    call = module.parents[attribute]
    if not is_async or not isinstance(call, ast.Call) or call.func is not attribute:
        return True
    outer = module.parents[call]
    if isinstance(outer, ast.Call) and call in outer.args:
        values = work.index.value(outer.func, module)
        if work.runners.of(values) is not None:
            return True
        outer = module.parents[outer] if values and values <= _WAITING else outer
    return isinstance(outer, ast.Await)


def _count(
    statement: ast.Assign, uses: list[ast.Name], lasting: bool, module: Module
) -> int:
    """Return how many statements below use a client, all of its block; else 0.

    Args:
        statement: what makes it.
        uses: its mentions.
        lasting: whether what they give may need it below, as tasks and streams do.
        module: the file.

    """
    outer = module.parents[statement]
    if lasting and (
        not isinstance(outer, FUNCTIONS)
        or any(each.value for each in module.returns.get(outer, ()))
    ):
        return 0
    block = next(
        (
            each
            for name in ("body", "orelse", "finalbody")
            if statement in (each := getattr(outer, name, None) or [])
        ),
        [],
    )
    number = block.index(statement) if statement in block else -1
    below = block[number + 1 :] if number >= 0 else []
    using = [
        place
        for place, each in enumerate(below)
        if any(each is use or each in module.enclosing(use) for use in uses)
    ]
    inside = {
        use for use in uses for each in below if each in list(module.enclosing(use))
    }
    if not using or inside != set(uses) or _share_lines([statement, *below]):
        return 0
    return len(below) if lasting else using[-1] + 1


def _share_lines(block: list[ast.stmt]) -> bool:
    """Whether two statements stand on one line."""
    lines = [each.lineno for each in block]
    return len(set(lines)) < len(lines)
