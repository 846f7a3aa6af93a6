"""What replaces that which drives loops: ``patch``, ``setattr``, assignments."""

from __future__ import annotations

import ast
import re

from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.values import NOTHING, External, Function, Loop, Values
from awaitify_codemods.objections.context import Context

_PATCHED = re.compile(
    r"(^|\.)asyncio(\.\w+)*\.(run|new_event_loop|get_event_loop|\w*loop)$"
)
# What neither a loop nor whoever runs async tests calls by these names.
_HARMLESS = frozenset(
    "sleep wait gather open_connection start_server to_thread "
    "create_subprocess_exec create_subprocess_shell".split()
)


def runner_names(function: Function, context: Context) -> dict[str, Values]:
    """Return the names under which a function calls runners, and what they mean."""
    found: dict[str, Values] = {}
    for drive in context.sites.by_frame.get(function.node, ()):
        name = spelled(drive.node.func).rpartition(".")[2]
        meant = context.index.value(drive.node.func, drive.module)
        found[name] = found.get(name, NOTHING) | meant
    return found


def replaces(
    node: ast.AST, runners: dict[str, Values], module: Module, context: Context
) -> bool:
    """Whether a string names one of the runners: ``setattr("tests.x._run", fake)``."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    owner, _, name = node.value.rpartition(".")
    if name not in runners:
        return False
    if not owner:
        return name not in ("run", "raises")
    meant = context.index.target(node.value, module)
    if meant == {External(node.value)}:
        # Not a file of the project, as far as its import roots tell.
        return meant == runners[name] or name not in ("run", "raises")
    return bool(meant & runners[name]) or not meant


def patches_by_name(node: ast.AST) -> bool:
    """Whether a string names a function of asyncio that drives or gives loops."""
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_PATCHED.search(node.value))
    )


def patches_member(node: ast.AST, module: Module, context: Context) -> bool:
    """``patch.object(asyncio, "run")``, ``monkeypatch.setattr(asyncio, "run", f)``."""
    match node:
        case ast.Attribute(value=patched, ctx=ast.Store()):
            return any(
                isinstance(value, External) and value.name == "asyncio"
                for value in context.index.value(patched, module)
            )
        case ast.Call(
            func=ast.Attribute(attr="object" | "setattr"), args=[patched, *more]
        ):
            values = context.index.value(patched, module)
            if values == {External("asyncio")} and _names_harmless(more):
                return False
            return any(
                isinstance(value, Loop)
                or (isinstance(value, External) and value.name.startswith("asyncio"))
                for value in values
            )
    return False


def _names_harmless(arguments: list[ast.expr]) -> bool:
    """Whether what follows the owner names what a test may replace for itself."""
    match arguments:
        case [ast.Constant(value=str(name)), *_]:
            return name in _HARMLESS
    return False
