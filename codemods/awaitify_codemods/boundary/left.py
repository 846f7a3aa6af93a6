"""What a drive leaves behind, as its test has arranged things."""

from __future__ import annotations

from dataclasses import dataclass, field

from awaitify_codemods.boundary.following import class_of, looks_at_result
from awaitify_codemods.facts.aftermath import NONE, Aftermath
from awaitify_codemods.facts.aftermaths import Aftermaths
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.replaced import Replaced, replaced_at
from awaitify_codemods.facts.runner import CONVERTER, FACTORY, FUNCTION
from awaitify_codemods.facts.sites import Drive
from awaitify_codemods.facts.switches import switches_for
from awaitify_codemods.facts.values import Function


@dataclass(eq=False)
class LeftBehind:
    """Answers for drives; remembers what holds for each way to replace things."""

    index: Index
    aftermaths: Aftermaths
    _without: dict[object, Aftermaths] = field(default_factory=dict)

    def by(self, drive: Drive) -> Aftermath:
        """Return what is left, but for what its test replaces or turns off."""
        found = self.whole(drive)
        if not found.tasks and not found.teardown and not found.lives:
            return found
        replaced = replaced_at(
            drive.node,
            drive.module,
            drive.scope,
            self.index,
            self.aftermaths.is_quiet,
        )
        owner = class_of(drive)
        test = drive.scope.node
        switches = switches_for(owner, test, drive.module, self.index)
        key = (replaced, drive.module, owner, switches.off)
        if key not in self._without:
            if replaced == Replaced() and not switches.off:
                return found
            self._without[key] = Aftermaths(
                self.index, self.aftermaths.test_code, replaced, switches
            )
        aftermaths = self._without[key]
        left = self._aftermath(drive, aftermaths)
        relied = aftermaths.switches.relied if aftermaths.switches else set()
        given = _keywords(drive) if relied else set()
        return found if relied & given else left

    def whole(self, drive: Drive) -> Aftermath:
        """Return what is left, whatever its test replaces."""
        return self._aftermath(drive, self.aftermaths)

    def _aftermath(self, drive: Drive, aftermaths: Aftermaths) -> Aftermath:
        node = drive.awaitable
        if node is None:
            return NONE
        found = aftermaths.of_expression(node, drive.module)
        if looks_at_result(drive) and aftermaths.handed_tasks.in_expression(
            node, drive.module
        ):
            # The test looks at a task that had a turn, and at what it did.
            found |= Aftermath(tasks=True)
        if drive.runner.form in (FUNCTION, FACTORY, CONVERTER):
            for value in self.index.value(node, drive.module):
                if isinstance(value, Function):
                    found |= aftermaths.of_function(value)
        return found


def _keywords(drive: Drive) -> set[str | None]:
    """Return the arguments that a test gives by name, or a helper of its file does."""
    module = drive.module
    helpers = [each for each in module.functions if not each.name.startswith("test")]
    scopes = [drive.scope, *(module.scopes[each] for each in helpers)]
    return {
        each.arg for scope in scopes for call in scope.calls for each in call.keywords
    }
