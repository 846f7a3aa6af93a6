"""All checks of one function, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awaitify_codemods.facts.loops import LoopUse
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import (
    about_loops,
    asking,
    classes,
    decorators,
    definitions,
    django,
    environment,
    imports,
    libraries,
    one_loop,
    runs,
)
from awaitify_codemods.objections.context import Context

Check = Callable[[Function, Context], "Refusal | None"]

_ALWAYS: tuple[Check, ...] = (
    definitions.kind,
    classes.owner,
    classes.debug,
    classes.handed_on,
    definitions.names,
    definitions.dynamic,
    definitions.unread,
    decorators.decorators,
    runs.sites,
    runs.overridden,
    decorators.signature,
)
# The same in a coroutine function that a decorator drove as in the test it was.
_SYNC: tuple[Check, ...] = (
    classes.runs_cases,
    about_loops.about_loops,
    runs.context,
    runs.threads,
    runs.loops_of_others,
    asking.asks_for_loop,
    libraries.databases,
    libraries.threads_of_asgiref,
    django.own_calls,
    django.around,
    imports.drive,
)


@dataclass(eq=False)
class Objections:
    """Judges functions one by one, apart from what becomes of their callers."""

    context: Context

    def to(self, function: Function) -> Refusal | None:
        """Return why a function cannot become async, whatever becomes of others."""
        for check in _ALWAYS:
            found = check(function, self.context)
            if found:
                return found
        if not function.is_async:
            loops = self.loops(function)
            found = loops.refusal or one_loop.one_loop(function, self.context)
            if found:
                return found
            for check in _SYNC:
                found = check(function, self.context)
                if found:
                    return found
        return environment.fixtures(function, self.context)

    def loops(self, function: Function) -> LoopUse:
        """Return what becomes of the loops a function makes."""
        return self.context.loops(function)
