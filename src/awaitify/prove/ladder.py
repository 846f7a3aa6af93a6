"""What is tried for a test that is worse off, one step after the other.

First what may repair it, then what leaves more and more of the plan: the test, its
class, the functions that change with it, its file. The order is that of the repairs
that were needed in real suites: `run_until_complete` wants a task, `asyncio.run` a
turn at its end; they are not interchangeable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from awaitify.prove.trouble import Trouble
from awaitify_codemods import Plan
from awaitify_codemods.directives import Directives

TASK, TURN = "task", "turn"
_WIDER = "module"


class Level(str, Enum):
    """How much of the plan is left."""

    TEST = "test"
    CLASS = "class"
    UNIT = "unit"
    FILE = "file"
    ALL = "all"


@dataclass(frozen=True)
class Step:
    """One thing to try."""

    kind: str
    """task, turn, loop_scope=module, promote or anchor; or a `Level` to leave."""
    what: tuple[str, ...]
    """The functions, classes or files it is about."""

    @property
    def is_repair(self) -> bool:
        """Whether something other than the first plan is tried, not less of it."""
        return self.kind not in {level.value for level in Level}

    def added_to(self, directives: Directives, why: str) -> Directives:
        """Return the directives with this step."""
        if self.kind in (TASK, TURN):
            forms = dict.fromkeys(self.what, self.kind)
            return replace(directives, forms={**directives.forms, **forms})
        if self.kind.startswith("loop_scope="):
            scopes = dict.fromkeys(self.what, self.kind.partition("=")[2])
            return replace(directives, scopes={**directives.scopes, **scopes})
        if self.kind == "promote":
            return replace(directives, promoted=directives.promoted | {*self.what})
        if self.kind == "anchor":
            return replace(directives, anchored=directives.anchored | {*self.what})
        reasons = dict.fromkeys(self.what, why)
        if self.kind == Level.FILE.value:
            return replace(directives, files={**directives.files, **reasons})
        return replace(directives, pins={**directives.pins, **reasons})


@dataclass(frozen=True)
class Known:
    """What a plan does, as far as steps depend on it."""

    units: Mapping[str, tuple[str, ...]]
    """Function -> all that change with it."""
    changed: frozenset[str]
    """The files that it changes."""
    left: frozenset[str] = frozenset()
    """Functions in which something was refused."""
    api: Mapping[str, str] = field(default_factory=dict)
    """Function -> what it drove loops with in the first run: run, or another name."""


def known(plan: Plan, changed: Sequence[str], api: Mapping[str, str]) -> Known:
    """Return what steps depend on, from a first plan."""
    units = {each: unit.functions for unit in plan.units for each in unit.functions}
    left = {f"{f.path}::{f.test}" for f in plan.findings if f.status == "left"}
    return Known(units, frozenset(changed), frozenset(left), api)


def steps(trouble: Trouble, plan: Known) -> Iterator[Step]:
    """Yield what to try for a test, in order; the last resort is not among it."""
    function = trouble.function
    if function in plan.units:
        yield from _of_edited(trouble, plan)
        return
    if trouble.wants_loop and function:
        if function not in plan.left:
            yield Step("promote", (function,))
        yield Step("anchor", (function,))
    yield from _on_the_way(trouble, plan)
    if trouble.path in plan.changed:
        yield Step(Level.FILE.value, (trouble.path,))


def _of_edited(trouble: Trouble, plan: Known) -> Iterator[Step]:
    """Yield the steps for a test that the plan makes async."""
    function = trouble.function
    if trouble.failed and not trouble.runs_inside:
        driving = (function, *_helpers(trouble, plan))
        for form in _forms(driving, plan):
            yield Step(form, driving)
        yield Step(f"loop_scope={_WIDER}", (function,))
    elif not trouble.failed and not trouble.hung:
        # It was not reached, or something was left behind: the test is not at fault
        # where a fixture or a helper is.
        yield from _on_the_way(trouble, plan)
    yield Step(Level.TEST.value, (function,))
    owner, _, name = function.rpartition("::")
    if name and "::" in owner:
        yield Step(Level.CLASS.value, (owner,))
    yield Step(Level.UNIT.value, plan.units[function])
    yield Step(Level.FILE.value, (trouble.path,))


def _forms(functions: Sequence[str], plan: Known) -> tuple[str, ...]:
    runs = any(plan.api.get(each) == "run" for each in functions)
    return (TURN, TASK) if runs else (TASK, TURN)


def _helpers(trouble: Trouble, plan: Known) -> tuple[str, ...]:
    """Return what changes with a test and is in its traceback, innermost last."""
    unit = plan.units[trouble.function]
    return tuple(each for each in _seen(trouble, unit) if each != trouble.function)


def _on_the_way(trouble: Trouble, plan: Known) -> Iterator[Step]:
    """Yield steps that leave what the plan changes and the traceback shows."""
    for each in reversed(_seen(trouble, plan.units)):
        if each != trouble.function:
            yield Step(Level.TEST.value, (each,))
    for path in dict.fromkeys(frame.path for frame in reversed(trouble.frames)):
        if path in plan.changed and path != trouble.path:
            yield Step(Level.FILE.value, (path,))


def _seen(
    trouble: Trouble, among: Sequence[str] | Mapping[str, object]
) -> tuple[str, ...]:
    """Return the functions of some that a traceback shows, outermost first."""
    found = dict.fromkeys(
        each
        for frame in trouble.frames
        for each in among
        if each.startswith(f"{frame.path}::")
        and each.rpartition("::")[2] == frame.function
    )
    return tuple(found)
