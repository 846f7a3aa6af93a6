"""What one function is judged by, apart from what becomes of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.values import Function


@dataclass(eq=False)
class Judgement:
    """Asks pins and objections, and the drives for their form; remembers it.

    Args:
        pins: functions that stay sync, and why; what is rolled back, suppressed or
            not selected.

    """

    project: Project
    pins: Callable[[Function], Refusal | None]
    _judged: dict[Function, Refusal | None] = field(default_factory=dict)
    _forms: dict[Drive, str | Refusal] = field(default_factory=dict)

    def of(self, function: Function) -> Refusal | None:
        """Return why a function stays sync, whatever becomes of others."""
        if function not in self._judged:
            found = self.pins(function)
            if found is None and function.module.path not in self.project.test_code:
                found = Refusal("inner-loop", "it is not test code")
            found = found or self.project.objections.to(function)
            for drive in self.project.sites.by_frame.get(function.node, ()):
                form = self.form(drive)
                if isinstance(form, Refusal):
                    found = found or form
            self._judged[function] = found
        return self._judged[function]

    def form(self, drive: Drive) -> str | Refusal:
        """Return how a drive is awaited, or why it is not."""
        if drive not in self._forms:
            self._forms[drive] = self.project.boundaries.form(drive)
        return self._forms[drive]
