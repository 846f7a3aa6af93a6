"""Tasks that a function cancels, and does not wait for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awaitify_codemods.boundary.following import following
from awaitify_codemods.facts.module import spelled
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Function
from awaitify_codemods.tasks.made import Made, is_bound_once, made_in
from awaitify_codemods.work import Work

WAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
_EXPECTING = ("assert", "raises", "warns")


@dataclass(frozen=True)
class Cancelled:
    """Tasks that are cancelled one after the other, with nothing awaited between."""

    tasks: tuple[Made, ...]
    last: ast.Expr
    """The last statement that cancels one."""
    looked_at: bool
    """Whether assertions follow: they see what the tasks have not undone yet."""

    @property
    def function(self) -> Function:
        """Where they are made, and cancelled."""
        return self.tasks[0].function


def cancelled_in(function: Function, work: Work) -> Iterator[Cancelled]:
    """Yield the tasks that a function makes and cancels, and then does not await."""
    groups: dict[int, list[tuple[Made, ast.Expr]]] = {}
    for made in made_in(function, work):
        if made.name and is_bound_once(made):
            for statement in _cancelling(made):
                if _is_last_seen(made, statement) and not _waits_after(
                    statement, function, work
                ):
                    block = id(function.module.parents[statement])
                    groups.setdefault(block, []).append((made, statement))
    for found in groups.values():
        found.sort(key=lambda pair: pair[1].lineno)
        last = found[-1][1]
        tasks = tuple(dict.fromkeys(made for made, _ in found))
        follows = following(function.module, found[0][1], function.node)
        yield Cancelled(tasks, last, _asserts(follows) or _is_expected(last, function))


def _cancelling(made: Made) -> Iterator[ast.Expr]:
    """Yield ``task.cancel()`` as statements of the function itself."""
    module = made.function.module
    for use in made.uses:
        match module.parents[use]:
            case ast.Attribute(attr="cancel") as attribute:
                match module.parents[attribute]:
                    case ast.Call(func=func) as call if func is attribute:
                        statement = module.parents[call]
                        own = module.at[call].frame is made.function.scope
                        if isinstance(statement, ast.Expr) and own:
                            yield statement


def _is_last_seen(made: Made, statement: ast.Expr) -> bool:
    """Whether a function does not mention a task after it has cancelled it.

    Nor does anything else know of it: a function inside, or what it was given to.
    """
    end = statement.end_lineno or 0
    module = made.function.module
    return all(
        use.lineno <= end and module.at[use].frame is made.function.scope
        for use in made.uses
    )


def _waits_after(statement: ast.Expr, function: Function, work: Work) -> bool:
    """Whether the loop runs again before the function has ended."""
    module = function.module
    drives = {each.node for each in work.sites.by_frame.get(function.node, ())}
    around = (each for each in module.enclosing(statement))
    for each in around:
        if each is function.node:
            break
        if isinstance(each, ast.AsyncWith):
            return True
    return any(
        isinstance(node, (*WAITING, ast.Yield)) or node in drives
        for each in following(module, statement, function.node)
        if each is not statement
        for node in walk(each)
    )


def _asserts(statements: Sequence[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and "assert" in spelled(node.func).lower())
        for each in statements
        for node in walk(each)
    )


def _is_expected(statement: ast.Expr, function: Function) -> bool:
    """Whether something is expected of the block in which a task is cancelled."""
    for each in function.module.enclosing(statement):
        if each is function.node:
            break
        for item in each.items if isinstance(each, ast.With) else ():
            callee = getattr(item.context_expr, "func", item.context_expr)
            if any(word in spelled(callee).lower() for word in _EXPECTING):
                return True
    return False
