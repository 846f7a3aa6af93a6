"""Calls of what is not known, where what drives is handed around."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function

_HANDED = "drive-in-callback"


@dataclass(eq=False)
class Handed:
    """Remembers what is handed on by the functions left so far, and unknown calls."""

    project: Project
    left: dict[Function, Refusal]
    _seen: int = 0
    _functions: dict[str, str] = field(default_factory=dict)
    _calls: dict[Scope, ast.Call | None] = field(default_factory=dict)

    def unknown_call(self, frame: Scope, module: Module) -> Refusal | None:
        """Refuse calls of what is not known, where what drives is handed around."""
        if frame not in self._calls:
            self._calls[frame] = next(self._unknown(frame, module), None)
        call = self._calls[frame]
        if call is None or not (handed := self._handed_around(module)):
            return None
        message = f"it calls what is not known (line {call.lineno}): {handed}"
        return Refusal("dynamic-call", message)

    def _unknown(self, frame: Scope, module: Module) -> Iterator[ast.Call]:
        for call in frame.calls:
            if isinstance(call.func, ast.Attribute):
                continue  # by name, as methods are
            if is_unknown(self.project.index.value(call.func, module)):
                yield call

    def _handed_around(self, module: Module) -> str:
        """Return what drives and is handed on in a file or in its conftests."""
        for function in islice(self.left, self._seen, None):
            for reference in self.project.references.to(function):
                if reference.call is None:
                    what = f"{function.node.name} is handed on"
                    self._functions[reference.module.path] = what
        self._seen = len(self.left)
        folder = module.path.rpartition("/")[0]
        for path, what in (self._functions | self._runners).items():
            above, _, name = path.rpartition("/")
            if path == module.path or (
                name == "conftest.py"
                and f"{folder}/".startswith(f"{above}/" if above else "")
            ):
                return what
        return ""

    @cached_property
    def _runners(self) -> dict[str, str]:
        return {
            site.module.path: "a runner is handed on"
            for site in self.project.sites.left
            if site.scope.kind == "lambda" or site.refusal.reason == _HANDED
        }
