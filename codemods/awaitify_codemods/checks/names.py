"""Names: what was defined is defined."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module

_BUILTINS = frozenset(dir(builtins)) | {"__file__", "__name__", "__path__", "__doc__"}


def check_names(before: Module, after: Module) -> Iterator[tuple[str, str]]:
    """No name that was defined may have become undefined."""
    known = _undefined(before)
    for name in sorted(_undefined(after) - known):
        yield "names", f"{name} is not defined any more"


def _undefined(module: Module) -> set[str]:
    return {
        name
        for name, uses in module.uses.items()
        for use in uses
        if isinstance(use, ast.Name)
        and module.at[use].find(name) is None
        and not module.stars
        and name not in _BUILTINS
    }
