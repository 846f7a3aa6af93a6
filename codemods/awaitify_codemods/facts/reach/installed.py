"""What an installed package starts."""

from __future__ import annotations

from awaitify_codemods.facts.foreign import is_followed
from awaitify_codemods.facts.reach.reaching import Reaching
from awaitify_codemods.facts.values import Function, Value, external_name
from awaitify_codemods.facts.words import may_drive

_DEPTH = 6


def installed(value: Value, reach: Reaching, depth: int) -> str:
    """Return what of an installed package starts a loop when a value is called."""
    name = external_name(value)
    if not is_followed(name) or depth > _DEPTH:
        return ""
    if not reach.index.foreign.mentioning(name.partition(".")[0], may_drive):
        return ""
    found = reach.index.behind(value)
    if found != value:
        return reach.value_starts(found, depth + 1)
    made, called, method = name.partition("().")
    return _method_starts(made.partition(".")[0], method, reach) if called else ""


def _method_starts(package: str, method: str, reach: Reaching) -> str:
    """Return a method of a package that starts a loop, for unknown receivers."""
    for name in reach.index.foreign.mentioning(package, may_drive):
        module = reach.index.foreign.module(name)
        for node in module.functions if module else ():
            if module and node.name == method and module.class_of(node):
                if started := reach.starts(Function(module, node)):
                    return started
    return ""
