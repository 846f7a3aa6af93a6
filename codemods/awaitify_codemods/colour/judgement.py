"""What one function is judged by, apart from what becomes of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from awaitify_codemods.boundary import TASK, TURN, as_asked
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.replacements import replaced_by
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.values import Function


@dataclass(eq=False)
class Judgement:
    """Asks pins and objections, and the drives for their form; remembers it.

    Args:
        pins: functions that stay sync, and why; what is rolled back, suppressed or
            not selected.
        forms: functions, by their full names, whose drives are to get a form.

    """

    project: Project
    pins: Callable[[Function], Refusal | None]
    forms: Mapping[str, str] = field(default_factory=dict)
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
            form = self._kept_from(drive, self.project.boundaries.form(drive))
            if isinstance(form, str) and (asked := self._asked(drive)):
                found = self._kept_from(drive, as_asked(drive, asked))
                # What cannot be written is no reason to leave it.
                form = form if isinstance(found, Refusal) else found
            self._forms[drive] = form
        return self._forms[drive]

    def _asked(self, drive: Drive) -> str:
        """Return the form that a drive is to get; "" if nobody says."""
        node = drive.scope.node
        if not self.forms or not isinstance(node, FUNCTIONS):
            return ""
        return self.forms.get(Function(drive.module, node).full_name, "")

    def _kept_from(self, drive: Drive, form: str | Refusal) -> str | Refusal:
        """Return a form, unless a fixture replaces what it takes."""
        replaced = self._replaced(drive) if form in (TASK, TURN) else ""
        if not replaced:
            return form
        message = f"{replaced} replaces functions of asyncio"
        return Refusal("runner-patched", message)

    def _replaced(self, drive: Drive) -> str:
        """Return a fixture that replaces what a task or a turn takes; "" if none."""
        node = drive.scope.node
        if not isinstance(node, FUNCTIONS):
            return ""
        for fixture in self.project.users.used(Function(drive.module, node)):
            for each in replaced_by(fixture, self.project.index):
                if each.name in _TAKEN:
                    return fixture.node.name
        return ""


_TAKEN = frozenset({"sleep", "create_task", "ensure_future"})
