"""The frames of coroutines: which calls are made in one, now or after the plan."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.asyncio_patches import is_collected, replaced
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Meta
from awaitify_codemods.work import Work


def modules(meta: Meta, work: Work) -> Iterator[Module]:
    """Yield the files that a rule looks for, once there is something async in them.

    Nothing need say so in a file whose tests become async by this plan.
    """
    found = dict.fromkeys(work.like(meta))
    paths = sorted({each.module.path for each in work.coloured})
    for path in paths:
        module = work.index.module(path) if work.may_change(path) else None
        if module and meta.glance(module.source):
            found[module] = None
    yield from found


def coroutine_around(node: ast.AST, module: Module, work: Work) -> Function | None:
    """Return the coroutine function in whose own frame a node is evaluated."""
    frame = module.at[node].frame.node
    if isinstance(frame, FUNCTIONS):
        function = Function(module, frame)
        return function if work.is_coroutine(function) else None
    return None


class Replacements:
    """Finds what tests put in the place of functions; remembers it by name."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._found: dict[str, list[tuple[Module, ast.AST]]] = {}

    def of(self, name: str, function: Function) -> str:
        """Return where a name may be replaced while a function runs; "" if nowhere."""
        if name not in self._found:
            index, code = self._work.index, self._work.references.test_code
            self._found[name] = list(replaced(name, index, code))
        for home, node in self._found[name]:
            if home is not function.module and is_collected(home):
                continue
            if not _is_of_another_test(home, node, function):
                return f"{home.path}:{getattr(node, 'lineno', 1)}"
        return ""


def _is_of_another_test(home: Module, node: ast.AST, function: Function) -> bool:
    """Whether what replaces something does so for one other test alone."""
    for outer in home.enclosing(node):
        if isinstance(outer, FUNCTIONS) and is_test(Function(home, outer)):
            own = (function.node, *function.module.enclosing(function.node))
            return outer not in own
    return False
