"""Mentions of drivers of which nothing is known but how they are spelled."""

from __future__ import annotations

import ast
import re

from awaitify_codemods.facts.driver_names import DRIVERS
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External

_SPELLED = re.compile(r"(^|\.)(asyncio|anyio|aio|uvloop)\.run$")
# Names of much else: anyio.to_thread.run_sync.
_COMMON = frozenset({"run", "run_sync", "async_to_sync"})


def unresolved_call(use: ast.expr, module: Module) -> tuple[str, Refusal] | None:
    """Return the rule and the reason for which a call stays; None if it is none."""
    name = use.attr if isinstance(use, ast.Attribute) else ""
    if name == "run_forever":
        message = "it runs the loop until something stops it"
        return "AW102", Refusal("run-forever", message)
    if name == "run_until_complete":
        message = f"the loop {spelled(use).rpartition('.')[0]!r} is not known"
        return "AW102", Refusal("unresolved", message)
    if _SPELLED.search(spelled(use)) and not _defined_here(use, module):
        message = f"what {spelled(use)} means is not known"
        return "AW101", Refusal("unresolved", message)
    return None


def unresolved_mention(
    use: ast.expr, module: Module, index: Index
) -> tuple[str, Refusal] | None:
    """Return the rule and the reason for which what is handed on stays."""
    if not isinstance(use, ast.Attribute) or use.attr in _COMMON:
        return None
    if use.attr not in DRIVERS and _is_another(use, module, index):
        return None
    if use.attr == "run_forever":
        return "AW102", Refusal("thread-loop", "the loop runs in a thread")
    message = f"what {spelled(use)} means is not known"
    return "AW102", Refusal("unresolved", message)


def _is_another(use: ast.expr, module: Module, index: Index) -> bool:
    """Whether what has the name of a helper is known, and is not the helper."""
    values = index.value(use, module)
    return not is_unknown(values) and not any(
        isinstance(each, External) for each in values
    )


def _defined_here(use: ast.expr, module: Module) -> bool:
    name = spelled(use).partition(".")[0]
    owner = module.at[use].find(name)
    return owner is not None and owner.kind != "module"
