"""What a task does when it is cancelled, with all that it waits for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from awaitify_codemods.facts.cancelling import acts_when_cancelled, waits
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External, Function

_IDLE = frozenset({External("asyncio.sleep")})
_DEPTH = 12


@dataclass(frozen=True, eq=False)
class Cancellations:
    """Follows coroutines to what they wait for.

    Args:
        index: the project's files.
        called: the functions that a call may call.

    """

    index: Index
    called: Callable[[ast.Call, Module], Iterable[Function]]
    _known: dict[ast.AST, bool] = field(default_factory=dict)

    def of_task(self, call: ast.Call, module: Module) -> tuple[bool, bool]:
        """Return whether a task acts when it is cancelled, and whether it lives on."""
        spawned = call.args[0]
        if not isinstance(spawned, ast.Call):
            return True, True
        values = self.index.value(spawned.func, module)
        if values and values <= _IDLE:
            return False, False
        functions = list(self.called(spawned, module))
        if not functions:
            return True, True
        acts = any(map(self.acts, functions))
        return acts, any(waits(each.node.body) for each in functions)

    def acts(self, function: Function, depth: int = 0) -> bool:
        """Whether cancelling a coroutine, or what it waits for, does something."""
        if function.node not in self._known:
            self._known[function.node] = False  # what a cycle finds
            self._known[function.node] = acts_when_cancelled(function.node) or (
                depth < _DEPTH
                and any(
                    self.acts(each, depth + 1)
                    for call in function.scope.calls
                    if isinstance(function.module.parents[call], ast.Await)
                    for each in self.called(call, function.module)
                    if each.is_async
                )
            )
        return self._known[function.node]
