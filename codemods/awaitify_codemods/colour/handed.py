"""Calls of what is not known, where what drives is handed around."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function

_HANDED = "drive-in-callback"


@dataclass(eq=False)
class Handed:
    """Remembers what is handed on, as long as no more functions are left."""

    project: Project
    left: dict[Function, Refusal]
    _known: tuple[int, dict[str, str]] = field(default_factory=lambda: (-1, {}))

    def unknown_call(self, frame: Scope, module: Module) -> Refusal | None:
        """Refuse calls of what is not known, where what drives is handed around."""
        for call in frame.calls:
            func = call.func
            if isinstance(func, ast.Attribute):
                continue  # by name, as methods are
            if not is_unknown(self.project.index.value(func, module)):
                continue
            handed = self._handed_around(module)
            if handed:
                message = f"it calls what is not known (line {call.lineno}): {handed}"
                return Refusal("dynamic-call", message)
            return None
        return None

    def _handed_around(self, module: Module) -> str:
        """Return what drives and is handed on in a file or in its conftests."""
        if len(self.left) != self._known[0]:
            found: dict[str, str] = {}
            for function in self.left:
                for reference in self.project.references.to(function):
                    if reference.call is None:
                        found[reference.module.path] = (
                            f"{function.node.name} is handed on"
                        )
            for site in self.project.sites.left:
                if site.scope.kind == "lambda" or site.refusal.reason == _HANDED:
                    found[site.module.path] = "a runner is handed on"
            self._known = (len(self.left), found)
        folder = module.path.rpartition("/")[0]
        for path, what in self._known[1].items():
            above, _, name = path.rpartition("/")
            if path == module.path or (
                name == "conftest.py"
                and f"{folder}/".startswith(f"{above}/" if above else "")
            ):
                return what
        return ""
