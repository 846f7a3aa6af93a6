"""How a drive becomes an await: what its run did besides awaiting, and who notices.

plain: ``await E``; task: ``await create_task(E)``, which `run_until_complete` did;
turn: ``await E``, then ``await sleep(0)``, the turn that `asyncio.run` gave at its end.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.aftermath import NONE, Aftermath, Aftermaths
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.runners import COROUTINE, FACTORY, FUNCTION, RUN
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.values import External, Function

PLAIN, TASK, TURN = "plain", "task", "turn"

_HEADERS = (ast.If, ast.While, ast.For, ast.With, ast.Match)
_STATES = frozenset({"done", "cancelled", "cancelling"})


@dataclass(eq=False)
class Boundaries:
    """Judges drives by what they leave behind and by what follows them."""

    index: Index
    aftermaths: Aftermaths

    def form(self, drive: Drive) -> str | Refusal:
        """Return plain, task or turn; a refusal if no form keeps what is observed."""
        if drive.shape == "raises-lambda":
            return PLAIN
        left = self._left_by(drive)
        follows = _following(drive.module, drive.node, drive.scope.node)
        if drive.runner.boundary == RUN:
            refusal = self._ended(left, follows)
            if refusal:
                return refusal
        if left.sets & self._read_by(follows, drive.module):
            return self._task(drive)
        if not left.tasks:
            return PLAIN
        if drive.runner.boundary != RUN:
            return self._task(drive)
        if not follows and _is_whole_test(drive):
            return PLAIN
        if isinstance(drive.module.statement(drive.node), _HEADERS):
            message = "tasks are left behind in the middle of a statement"
            return Refusal("run-boundary", message)
        return TURN

    def _task(self, drive: Drive) -> str | Refusal:
        if drive.shape == "call" and drive.runner.form == COROUTINE:
            return TASK
        message = "what it leaves behind needs a task of its own"
        return Refusal("run-boundary", message)

    def is_coroutine(self, drive: Drive) -> bool:
        """Whether what is driven is certainly a coroutine, not another awaitable."""
        node = drive.awaitable
        if drive.runner.form in (FUNCTION, FACTORY):
            values = self.index.value(node, drive.module) if node else frozenset()
        elif isinstance(node, ast.Call):
            values = self.index.value(node.func, drive.module)
        else:
            return False
        return bool(values) and all(
            isinstance(value, Function) and value.is_async for value in values
        )

    def _left_by(self, drive: Drive) -> Aftermath:
        node = drive.awaitable
        if node is None:
            return NONE
        found = self.aftermaths.of_expression(node, drive.module)
        if drive.runner.form in (FUNCTION, FACTORY):
            for value in self.index.value(node, drive.module):
                if isinstance(value, Function):
                    found |= self.aftermaths.of_function(value)
        if isinstance(node, ast.Call) and self._is_task_call(node, drive.module):
            # The driven task is awaited by the drive itself.
            return found
        return found

    def _is_task_call(self, node: ast.Call, module: Module) -> bool:
        return any(
            isinstance(value, External) and value.name.startswith("asyncio.")
            for value in self.index.value(node.func, module)
        )

    def _ended(self, left: Aftermath, follows: list[ast.stmt]) -> Refusal | None:
        if left.teardown and follows:
            message = "the run cancels a task whose clean-up may be looked at"
            return Refusal("run-boundary", message)
        for statement in follows:
            for node in ast.walk(statement):
                if isinstance(node, ast.Attribute) and node.attr in _STATES:
                    message = f"{node.attr}() is asked after the run has ended"
                    return Refusal("run-boundary", message)
        return None

    def _read_by(self, statements: list[ast.stmt], module: Module) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for statement in statements:
            found |= self.aftermaths.of_expression(statement, module).reads
            for node in ast.walk(statement):
                if isinstance(node, ast.Attribute) and node.attr == "get":
                    owner = node.value
                    name = getattr(owner, "attr", getattr(owner, "id", ""))
                    found |= {name}
        return found


def _following(module: Module, node: ast.AST, function: ast.AST) -> list[ast.stmt]:
    """Return the statement of a drive, if it goes on, and those that may run after it."""
    found: list[ast.stmt] = []
    statement: ast.AST = module.statement(node)
    if isinstance(statement, (ast.Assert, ast.If, ast.While)):
        found.append(statement)
    for outer in module.enclosing(statement):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(outer, name, None)
            if isinstance(block, list) and statement in block:
                found += block[block.index(statement) + 1 :]
        if isinstance(outer, (ast.For, ast.While, ast.AsyncFor)):
            found.append(outer)
        if isinstance(outer, ast.Try):
            found += outer.finalbody
        if outer is function:
            break
        statement = outer
    return found


def _is_whole_test(drive: Drive) -> bool:
    name = getattr(drive.scope.node, "name", "")
    return name.startswith("test")
