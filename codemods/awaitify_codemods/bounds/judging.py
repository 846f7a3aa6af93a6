"""Why an await that may block keeps no time-out, or what it takes to give it one."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.bounds import primitives
from awaitify_codemods.bounds.awaits import Awaited, Awaits
from awaitify_codemods.bounds.clocks import Clocks
from awaitify_codemods.bounds.expected import is_expected
from awaitify_codemods.bounds.limits import has_limit, is_within_limit, marks
from awaitify_codemods.bounds.objects import Objects
from awaitify_codemods.bounds.tasks import (
    OtherTasks,
    counts_turns,
    goes_on,
    has_others,
    is_shared,
)
from awaitify_codemods.bounds.waits import Waits
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.sources import Bound
from awaitify_codemods.work import Work

_ENTERING = frozenset("__aenter__ __aexit__ enter_async_context aclose".split())
_FOREIGN = re.compile(
    rb"^[ \t]*(from|import)[ \t]+(trio|curio|(pytest_)?twisted)\b", re.M
)
_CASES = ("unittest.", "django.", "aiohttp.", "tornado.", "asynctest.", "aiounittest.")
_SAME_TASK = (3, 12)
# What blocks in a coroutine is asyncio's own in the end.
_SLEEPING = frozenset({External("asyncio.sleep"), External("time.sleep")})
_NOT_TAKEN = (
    *("asyncio.Event.wait", "Queue.join", "Queue.put", "a loop that awaits"),
    *("asyncio.wait", "asyncio.Task", "asyncio.Future"),
)


@dataclass(frozen=True, eq=False)
class Unbounded:
    """An await of a test that may block for ever."""

    awaited: Awaited
    why: str
    """What it may wait for."""
    refusal: Refusal | None = None
    shields: bool = False
    """Whether the time-out must not cancel what is awaited."""


@dataclass(eq=False)
class Judge:
    """Finds the awaits of tests that may block, and says what becomes of them."""

    work: Work
    _clocks: dict[ast.AST, str] = field(default_factory=dict)

    @cached_property
    def awaits(self) -> Awaits:
        """The awaits of functions."""
        return Awaits(self.work)

    @cached_property
    def _waits(self) -> Waits:
        return Waits(self.work, self.awaits, self._objects)

    @cached_property
    def _objects(self) -> Objects:
        return Objects(self.work, self.awaits)

    @cached_property
    def _tasks(self) -> OtherTasks:
        return OtherTasks(self.work)

    @cached_property
    def _clock(self) -> Clocks:
        return Clocks(self.work)

    def unbounded(self, test: Function, bound: Bound) -> list[Unbounded]:
        """Return the awaits of a test that have no time-out, and may need one."""
        if has_limit(test, self.work):
            return []
        found = [
            (each, why)
            for each in self.awaits.of(test)
            if (why := self._why(each, bound))
        ]
        if not found:
            return []
        of_test = self._of_test(test)
        return [self._judged(each, why, test, of_test) for each, why in found]

    def _why(self, awaited: Awaited, bound: Bound) -> str:
        """Return what an await may wait for; "" if it is none of our business."""
        module, node = awaited.module, awaited.node
        if awaited.is_bounded or is_within_limit(node, module, self.work):
            return ""
        if (
            _is_head(node, module)
            or _enters(awaited)
            or self._waits.is_limiting(awaited)
        ):
            return ""
        if self._waits.is_over(awaited):
            return ""
        if self._waits.is_named(awaited, bound.calls):
            return "timeout-calls"
        if why := self._waits.of(awaited):
            return why
        return "" if not bound.every or self._is_sleep(awaited) else "timeout-all"

    def _is_sleep(self, awaited: Awaited) -> bool:
        match awaited.value:
            case ast.Call(func=func, args=[ast.Constant()]):
                values = self.work.index.value(func, awaited.module)
                return bool(values) and values <= _SLEEPING
        return False

    def _of_test(self, test: Function) -> Refusal | None:
        if _is_foreign(test, self.work):
            return Refusal("anyio-or-trio", "another library may run this test")
        if self._has_foreign_base(test):
            message = "its class derives from one that is not known"
            return Refusal("foreign-base", message)
        if clock := self._clock.of(test):
            return Refusal("clocked-test", f"its time is not the clock's ({clock})")
        if place := self._clock.around:
            message = f"{place} names wait_for, and may look at its calls"
            return Refusal("runner-patched", message)
        return None

    def _has_foreign_base(self, test: Function) -> bool:
        if test.owner is None:
            return False
        above = self.work.index.mro(Class(test.module, test.owner))
        return any(
            isinstance(each, External)
            and not each.name.startswith((*_CASES, "builtins.", "abc.", "typing."))
            for each in above
        )

    def _judged(
        self, awaited: Awaited, why: str, test: Function, of_test: Refusal | None
    ) -> Unbounded:
        if of_test:
            return Unbounded(awaited, why, of_test)
        if is_expected(awaited.node, awaited.module, self.work.index):
            message = "a time-out or a cancellation is expected or caught here"
            return Unbounded(awaited, why, Refusal("time-out-expected", message))
        return self._by_tasks(awaited, why, test)

    def _by_tasks(self, awaited: Awaited, why: str, test: Function) -> Unbounded:
        is_new = bool(self.work.sources.runs_from(_SAME_TASK, awaited.module.path))
        is_future = self._is_future(awaited)
        shields = is_future and is_shared(awaited, test)
        if shields and _is_local(awaited, test) and has_others(test):
            # The test ends with the time-out. A turn more may change what others do.
            shields = goes_on(awaited)
        if isinstance(awaited.value, ast.Name) and not is_future:
            if is_shared(awaited, test):
                message = "what is awaited is used again, and may be a task"
                return Unbounded(awaited, why, Refusal("unknown-value", message))
        if not is_new and not is_future:
            if self._tasks.looks(awaited):
                message = (
                    "it looks at its task or sets context variables, and before "
                    "Python 3.12 wait_for runs it in another task"
                )
                return Unbounded(awaited, why, Refusal("task-context", message))
            if _may_be_taken(why) and self._tasks.are_taking(test, awaited):
                message = (
                    "a task may take first what is waited for here: before Python "
                    "3.12 wait_for starts a turn later"
                )
                return Unbounded(awaited, why, Refusal("contended", message))
        if (shields or not is_new) and counts_turns(test, awaited.value):
            message = "the time-out takes a turn of the loop more, which is looked at"
            return Unbounded(awaited, why, Refusal("turn-counted", message))
        return Unbounded(awaited, why, shields=shields)

    def _is_future(self, awaited: Awaited) -> bool:
        if awaited.value is None:
            return False
        # A call that makes a future starts what it waits for at once, as before.
        found = self._objects.of(awaited.value, awaited.module)
        return any(each.kind in primitives.FUTURES for each in found)


def _may_be_taken(why: str) -> bool:
    """Whether somebody else may get what is waited for: an item, a lock."""
    return not why.rstrip(")").endswith(_NOT_TAKEN)


def _is_local(awaited: Awaited, test: Function) -> bool:
    """Whether a task is a local variable of the test, and not a fixture's."""
    node = awaited.value
    if not isinstance(node, ast.Name):
        return False
    bindings = test.scope.names.get(node.id, ())
    return bool(bindings) and all(each.kind == "assign" for each in bindings)


def _is_head(node: ast.AST, module: Module) -> bool:
    """Whether an await stands in the head of an ``async with`` or ``async for``."""
    below = node
    for outer in module.enclosing(node):
        if isinstance(outer, (ast.AsyncWith, ast.AsyncFor)):
            if below not in (*outer.body, *getattr(outer, "orelse", ())):
                return True
        if isinstance(outer, ast.stmt) and not isinstance(below, ast.stmt):
            return False
        below = outer
    return False


def _enters(awaited: Awaited) -> bool:
    func = awaited.value.func if isinstance(awaited.value, ast.Call) else awaited.callee
    return getattr(func, "attr", "") in _ENTERING


def _is_foreign(test: Function, work: Work) -> bool:
    """Whether another library than asyncio may run a test."""
    if work.sources.mode(test.module.path) in ("anyio", "trio"):
        return True
    names = {spelled(each).rpartition(".")[2] for each in marks(test, work)}
    asked = {each.arg for each in test.node.args.args}
    if names & {"anyio", "trio"} or "anyio_backend" in asked:
        return True
    return bool(_FOREIGN.search(test.module.source))
