"""How a drive becomes an await: what its run did besides awaiting, and who notices.

plain: ``await E``; task: ``await create_task(E)``, which `run_until_complete` did;
turn: ``await E``, then ``await sleep(0)``, the turn that `asyncio.run` gave at its end.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from functools import cached_property

from awaitify_codemods.boundary.endings import Endings
from awaitify_codemods.boundary.following import expects_exit, following, is_own
from awaitify_codemods.boundary.left import LeftBehind
from awaitify_codemods.facts.aftermath import Aftermath
from awaitify_codemods.facts.aftermaths import Aftermaths, may_leave
from awaitify_codemods.facts.attribute_reads import AttributeReads
from awaitify_codemods.facts.declared import Declared
from awaitify_codemods.facts.fixture_decorators import serves_tests
from awaitify_codemods.facts.futures import is_future
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.runner import (
    COMPLETE,
    CONVERTER,
    COROUTINE,
    FACTORY,
    FUNCTION,
    RUN,
    UNKNOWN,
)
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Function, Value, Values

PLAIN, TASK, TURN = "plain", "task", "turn"
_SCHEDULERS = frozenset(
    {"create_task", "ensure_future", "call_soon", "call_soon_threadsafe"}
)
_COROUTINES = frozenset({External("asyncio.sleep"), External("asyncio.wait_for")})
_REPLACED = re.compile(
    r"^((\w+\.)*asyncio\.(\w+\.)?)?(sleep|create_task|ensure_future|wait_for)$"
)


@dataclass(eq=False)
class Boundaries:
    """Judges drives by what they leave behind and by what follows them."""

    index: Index
    aftermaths: Aftermaths
    references: References
    declared: Declared | None = None

    @cached_property
    def _reads(self) -> AttributeReads:
        return AttributeReads(self.index)

    @cached_property
    def _left(self) -> LeftBehind:
        return LeftBehind(self.index, self.aftermaths)

    @cached_property
    def _endings(self) -> Endings:
        return Endings(self.index)

    def form(self, drive: Drive) -> str | Refusal:
        """Return plain, task or turn; a refusal if no form keeps what is observed."""
        if drive.runner.boundary == UNKNOWN:
            return self._either(drive)
        if drive.shape == "raises-lambda":
            return PLAIN
        if drive.shape in ("clean-up", "finalizer"):
            return self._clean_up(drive)
        node = drive.scope.node
        assert isinstance(node, FUNCTIONS)
        if self._binds(drive):
            message = "it sets a context variable, which an async test keeps to itself"
            return Refusal("run-boundary", message)
        left = self._left.by(drive)
        if serves_tests(Function(drive.module, node), self.index):
            refusal = self._handed_to_tests(drive, left)
            if refusal:
                return refusal
        follows = following(drive.module, drive.node, drive.scope.node)
        if self._pumps(drive) or self._given_leaves(drive):
            return as_task(drive)
        if drive.runner.boundary == RUN:
            refusal = self._endings.refusal(drive, left, follows)
            if refusal:
                return refusal
        if left.looks or left.sets & self._read_by(follows, drive.module):
            return as_task(drive)
        if not left.tasks and not self._is_noticed(left, drive, follows):
            return PLAIN
        if not follows and self._endings.ends_test(drive):
            return PLAIN
        if drive.runner.boundary != RUN:
            return as_task(drive)
        return as_turn(drive)

    def _either(self, drive: Drive) -> str | Refusal:
        """Return the form that is right however the run ends."""
        forms = [
            self.form(replace(drive, runner=replace(drive.runner, boundary=boundary)))
            for boundary in (RUN, COMPLETE)
        ]
        for form in forms:
            if isinstance(form, Refusal):
                return form
        if forms[0] != forms[1]:
            message = "how its runner ends is not known, and it leaves tasks behind"
            return Refusal("run-boundary", message)
        return forms[0]

    def leaves_tasks(self, drive: Drive) -> bool:
        """Whether something of a run goes on on its loop, if that lives on."""
        left = self._left.by(drive)
        return left.tasks or left.teardown or left.lives

    def _handed_to_tests(self, drive: Drive, left: Aftermath) -> Refusal | None:
        """Refuse a fixture of which tests would see what its run ended or hid."""
        if left.sets:
            message = "it sets a context variable, which a fixture keeps to itself"
            return Refusal("run-boundary", message)
        ends = drive.runner.boundary == RUN or is_own(drive)
        if ends and (left.tasks or left.teardown or left.lives):
            message = "what it leaves behind would live on in the test"
            return Refusal("run-boundary", message)
        return None

    def _clean_up(self, drive: Drive) -> str | Refusal:
        """Refuse a clean-up that leaves something for those that run after it."""
        left = self._left.whole(drive)
        if left.tasks or left.teardown or left.sets or left.looks:
            return Refusal("run-boundary", "a clean-up leaves tasks behind")
        return PLAIN

    def _binds(self, drive: Drive) -> bool:
        """Whether sync code of a test sets a context variable for what follows it."""
        return any(
            not function.is_async and self.aftermaths.of_function(function).sets
            for call in drive.scope.calls
            for function in self.index.called(call, drive.module, may_leave)
        )

    def _is_noticed(
        self, left: Aftermath, drive: Drive, follows: list[ast.stmt]
    ) -> bool:
        """Whether what follows may see that tasks left behind had no turn yet.

        The test looks at what they set, or has replaced what they run.
        """
        if left.stores & self._reads.attributes_in(follows, drive.module):
            return True
        return any(
            isinstance(each, ast.Attribute)
            and isinstance(each.ctx, ast.Store)
            and each.attr in left.spawned
            for each in walk(drive.scope.node)
        )

    def _given_leaves(self, drive: Drive) -> bool:
        """Whether a helper drives a parameter, and what callers give leaves traces."""
        function = drive.scope.node
        if not _drives_parameter(drive) or not isinstance(function, ast.FunctionDef):
            return False
        given = [
            self.aftermaths.of_expression(argument, reference.module)
            for reference in self.references.to(Function(drive.module, function))
            for argument in (reference.call.args if reference.call else ())
        ]
        return any(left.tasks or left.sets for left in given)

    def _pumps(self, drive: Drive) -> bool:
        """Whether a drive gives turns to tasks that the test has scheduled before.

        ``await E`` gives none if E does not suspend, and ``sleep(0)`` in a run
        gives more than one.
        """
        runner = drive.runner
        lasts = runner.loop is not None or runner.declared or runner.keeps
        if runner.boundary == RUN or not lasts:
            return False
        node = drive.awaitable
        if (
            isinstance(node, ast.Call)
            and node.args
            and self.index.value(node.func, drive.module) == {External("asyncio.sleep")}
        ):
            return isinstance(node.args[0], ast.Constant) and not node.args[0].value
        if node is None or is_future(node, drive.module, self.index):
            return False
        return any(
            call.lineno < drive.node.lineno
            and _spawns(call)
            and not _mentions_result(node, call, drive.module)
            for call in drive.scope.calls
        )

    def is_coroutine(self, drive: Drive) -> bool:
        """Whether what is driven is certainly a coroutine, not another awaitable."""
        node = drive.awaitable
        values: Values
        if drive.runner.form in (FUNCTION, FACTORY, CONVERTER):
            values = self.index.value(node, drive.module) if node else frozenset()
        elif isinstance(node, ast.Call):
            values = self.index.value(node.func, drive.module)
        else:
            return False
        return bool(values) and all(map(self._makes_coroutine, values))

    def _makes_coroutine(self, value: Value) -> bool:
        found = self.index.behind(value)
        if (isinstance(found, Function) and found.is_async) or found in _COROUTINES:
            return True
        return self.declared is not None and self.declared.is_coroutine_function(value)

    def _read_by(self, statements: list[ast.stmt], module: Module) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for statement in statements:
            found |= self.aftermaths.of_expression(statement, module).reads
            for node in walk(statement):
                if isinstance(node, ast.Attribute) and node.attr == "get":
                    owner = node.value
                    name = getattr(owner, "attr", getattr(owner, "id", ""))
                    found |= {name}
        return found


def as_task(drive: Drive) -> str | Refusal:
    """Return task, or why a drive cannot have a task of its own."""
    if drive.shape != "call" or drive.runner.form != COROUTINE:
        message = "what it leaves behind needs a task of its own"
        return Refusal("run-boundary", message)
    if expects_exit(drive.module, drive.node):
        message = "an exit raised in a task ends the loop, not the assertion"
        return Refusal("run-boundary", message)
    return replaced_functions(drive) or TASK


def as_turn(drive: Drive) -> str | Refusal:
    """Return turn, or why no statement after a drive can give one."""
    statement = drive.module.statement(drive.node)
    whole = getattr(statement, "value", None) is drive.node
    if not whole or not isinstance(statement, (ast.Expr, ast.Assign)):
        message = "tasks are left behind in the middle of a statement"
        return Refusal("run-boundary", message)
    return replaced_functions(drive) or TURN


def as_asked(drive: Drive, form: str) -> str | Refusal:
    """Return a form that somebody asks for, or why a drive cannot be written so."""
    if form == PLAIN:
        return PLAIN
    if form == TASK:
        return as_task(drive)
    if form == TURN and drive.shape == "call":
        return as_turn(drive)
    return Refusal("run-boundary", f"it cannot be written as {form}")


def replaced_functions(drive: Drive) -> Refusal | None:
    """Refuse new calls of asyncio functions where the test may have replaced them."""
    for node in walk(drive.scope.node):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _REPLACED.search(node.value):
                message = "it replaces functions of asyncio"
                return Refusal("runner-patched", message)
    return None


def _drives_parameter(drive: Drive) -> bool:
    """Whether a helper drives what it is given."""
    node = drive.awaitable
    if not isinstance(node, ast.Name):
        return False
    bindings = drive.scope.names.get(node.id, ())
    return any(binding.kind == "param" for binding in bindings)


def _spawns(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _SCHEDULERS


def _mentions_result(node: ast.expr, call: ast.Call, module: Module) -> bool:
    """Whether an expression waits for the task that a call made."""
    statement = module.statement(call)
    names = {
        each.id
        for each in walk(statement)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    return any(isinstance(each, ast.Name) and each.id in names for each in walk(node))
