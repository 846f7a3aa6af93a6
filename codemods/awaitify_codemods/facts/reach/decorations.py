"""What a decorator makes of a function, and what ``register`` adds to it."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.module import spelled
from awaitify_codemods.facts.nodes import frames_within
from awaitify_codemods.facts.reach.reaching import Reaching
from awaitify_codemods.facts.reach.starters import MAKERS
from awaitify_codemods.facts.values import Class, External, Function, Value


def decorated(function: Function, reach: Reaching, depth: int) -> str:
    """Return what a decorator makes of a function, if that starts a loop."""
    module = function.module
    for decorator in function.node.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        for value in reach.index.value(node, module):
            if module.path in reach.test_code and isinstance(value, Function):
                if reach.runners.decorator(value):
                    continue  # judged with the sites
            if started := made_starts(value, reach, depth + 1):
                return started
    return ""


def overloads(function: Function, reach: Reaching, depth: int) -> str:
    """Return what ``@function.register`` adds, if that starts a loop."""
    module, name = function.module, function.node.name
    if not function.node.decorator_list:
        return ""
    for node in module.functions:
        for decorator in node.decorator_list:
            if spelled(decorator).removesuffix("()") == f"{name}.register":
                if started := reach.starts(Function(module, node), depth + 1):
                    return started
    return ""


def made_starts(value: Value, reach: Reaching, depth: int) -> str:
    """Return what starts a loop when what a value returns is called."""
    match value:
        case External(name):
            found = reach.index.behind(value)
            if name in MAKERS or found == value:
                return name if name in MAKERS else ""
            return made_starts(found, reach, depth + 1)
        case Function(module):
            frames = list(frames_within(module, value.scope))[1:]
            return reach.frames_start(frames, value, depth, None)
        case Class():
            return reach.object_starts(value, depth)
    return ""
