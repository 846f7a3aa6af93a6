"""What a run of the suite says about code that may start a loop of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from awaitify_codemods.colour.callers import Callers
from awaitify_codemods.colour.inner_loops import InnerLoops
from awaitify_codemods.colour.seen import Name, Seen, Under, named
from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    requested_parameters,
)
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.decorators import is_hypothesis

_REASON = "inner-loop"


@dataclass(eq=False)
class ByEvidence:
    """Answers as `InnerLoops` does, and exactly where evidence can tell.

    Args:
        suspected: what may start a loop, as far as the code tells.
        unseen: what may start one that no evidence shows.
        seen: the evidence.
        callers: who may call a function for what nobody looked at.
        context: what a function is.

    """

    suspected: InnerLoops
    unseen: InnerLoops
    seen: Seen
    callers: Callers
    context: Context
    _named: dict[str, dict[Name, list[Function]]] = field(default_factory=dict)

    def reached_by(self, function: Function, coloured: set[Function]) -> Refusal | None:
        """Refuse what was seen to start a loop, or may do so where nobody looked."""
        if function.is_async:
            return None
        staying = [
            each
            for each in self.seen.under.get(named(function), ())
            if not self._goes(each.ends_with, coloured)
        ]
        for each in staying:
            if each.is_certain:
                return _refusal(each)
        found = self.suspected.reached_by(function, coloured)
        if found is None or found.reason != _REASON or staying:
            return found
        if not self._has_run(function):
            return found
        return self.unseen.reached_by(function, coloured)

    def _has_run(self, function: Function) -> bool:
        """Whether all that a function does was looked at, whoever calls it."""
        pending, asked = [function], {function}
        while pending:
            each = pending.pop()
            if is_hypothesis(each, self.context):
                return False  # on other examples it may do something else
            drives = bool(self.context.sites.by_frame.get(each.node))
            if not self.seen.has_run(each, is_test=is_test(each), drives=drives):
                return False
            callers = [c for c in self._callers(each) if c not in asked]
            asked.update(callers)
            pending += callers
        return True

    def _callers(self, function: Function) -> list[Function]:
        """Return what may call a function for something else each time."""
        found = self.callers.of(function)
        if "request" not in requested_parameters(function):
            return found
        if fixture_decorator(function, self.context.index) is None:
            return found
        return [*found, *self.context.users.tests(function)]

    def _goes(self, name: Name | None, coloured: set[Function]) -> bool:
        """Whether a drive becomes an await, or has become one."""
        return name is not None and any(
            each.is_async or each in coloured for each in self._functions(name)
        )

    def _functions(self, name: Name) -> Sequence[Function]:
        """Return the functions that a name means."""
        path, _ = name
        if path not in self._named:
            index = self.context.index
            module = index.module(path) if path in index.files else None
            found: dict[Name, list[Function]] = {}
            for node in module.functions if module else ():
                assert module is not None
                function = Function(module, node)
                found.setdefault(named(function), []).append(function)
            self._named[path] = found
        return self._named[path].get(name, ())


def _refusal(drive: Under) -> Refusal:
    message = f"it starts a loop at {drive.where}, seen in the baseline run"
    return Refusal(_REASON, message)
