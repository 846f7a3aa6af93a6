"""What tests do with tasks too early, or in a way that may not happen."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from awaitify_codemods.boundary.following import following
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.module import FUNCTIONS, dotted, own_nodes, spelled
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.tasks.cancelled import WAITING
from awaitify_codemods.tasks.made import Made, block_of, made_in, makes_task
from awaitify_codemods.work import Work

Remark = tuple[ast.AST, str]
"""A node, and what there is to say of it."""

_ENDING = frozenset({"asyncTearDown"})


def remarks(function: Function, work: Work) -> Iterator[Remark]:
    """Yield what to say of a coroutine function of the test code."""
    for made in made_in(function, work):
        if made.name and b"eager" not in function.module.source:
            yield from _asked_early(made, work)
    for node in own_nodes(function.node):
        if isinstance(node, ast.If):
            yield from _guarded(node, function, work)
    yield from _skipped(function, work)


def _asked_early(made: Made, work: Work) -> Iterator[Remark]:
    """``assert task.done()`` before the task can have begun."""
    module = made.function.module
    block = block_of(module.parents[made.statement], made.statement)
    for statement in block[block.index(made.statement) + 1 :]:
        if _waits(statement, made.function, work):
            return
        for expected in _said_of(statement, made.name):
            if expected:
                yield statement, "the task has not begun: it cannot be done"
            else:
                yield statement, "the task has not begun: this says nothing of it"


def _waits(statement: ast.stmt, function: Function, work: Work) -> bool:
    drives = {each.node for each in work.sites.by_frame.get(function.node, ())}
    return any(
        isinstance(node, (*WAITING, *FUNCTIONS)) or node in drives
        for node in walk(statement)
    )


def _said_of(statement: ast.stmt, name: str) -> Iterator[bool]:
    """Yield whether an assertion wants a task to be done, or not to be."""
    match statement:
        case ast.Assert(test=ast.UnaryOp(op=ast.Not(), operand=asked)):
            wanted = False
        case ast.Assert(test=asked):
            wanted = True
        case ast.Expr(value=ast.Call(func=func, args=[asked])):
            method = spelled(func).rpartition(".")[2]
            if method not in ("assertTrue", "assertFalse"):
                return
            wanted = method == "assertTrue"
        case _:
            return
    if isinstance(asked, ast.Call) and dotted(asked.func) == f"{name}.done":
        yield wanted


def _guarded(node: ast.If, function: Function, work: Work) -> Iterator[Remark]:
    """``if task: task.cancel()``, and nothing that awaits the task."""
    module = function.module
    for number, statement in enumerate(node.body):
        task = _cancelled_by(statement)
        if not task or node.orelse or task not in _mentioned(node.test):
            continue
        if not _is_task(task, function, work):
            continue
        after = [*node.body[number + 1 :], *following(module, node, function.node)]
        if not any(task in _mentioned(each) for each in after if each is not node):
            message = f"{task} is cancelled if it is there, and nothing awaits its end"
            yield statement, message


def _skipped(function: Function, work: Work) -> Iterator[Remark]:
    """Clean-up that does not happen if a step above it fails."""
    for block in _clean_ups(function, work):
        failing: ast.stmt | None = None
        for statement in block:
            task = _cancelled_by(statement)
            if task and failing and _is_task(task, function, work):
                message = (
                    f"{task} is not cancelled if line {failing.lineno} fails: "
                    "each step needs a finally of its own"
                )
                yield statement, message
            if isinstance(statement, (ast.Expr, ast.Assign)) and failing is None:
                if any(isinstance(each, ast.Await) for each in walk(statement)):
                    failing = statement


def _clean_ups(function: Function, work: Work) -> Iterator[Sequence[ast.stmt]]:
    """Yield the blocks of a function that clean up."""
    node = function.node
    if node.name in _ENDING and function.owner:
        yield node.body
    if fixture_decorator(function, work.index):
        for number, each in enumerate(node.body):
            if isinstance(each, ast.Expr) and isinstance(each.value, ast.Yield):
                yield node.body[number + 1 :]
    for inner in own_nodes(node):
        if isinstance(inner, ast.Try) and inner.finalbody:
            yield inner.finalbody


def _cancelled_by(statement: ast.stmt) -> str:
    """Return what a statement cancels, and does nothing else; "" if nothing."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="cancel") as method)):
            return dotted(method.value)
    return ""


def _mentioned(node: ast.AST) -> set[str]:
    return {
        dotted(each)
        for each in ast.walk(node)
        if isinstance(each, (ast.Name, ast.Attribute))
    }


def _is_task(name: str, function: Function, work: Work) -> bool:
    """Whether a task is certainly kept by a name: of the function, or of its class."""
    module = function.module
    if "." not in name:
        bindings = function.scope.names.get(name, ())
        values = [each.value for each in bindings]
    elif name.startswith("self.") and function.owner:
        attribute = name.removeprefix("self.")
        values = []
        for base in work.index.mro(Class(module, function.owner)):
            if isinstance(base, Class) and base.module is module:
                values += _stored(attribute, base)
    else:
        return False
    return any(
        isinstance(each, ast.Call) and makes_task(each, function, work)
        for each in values
    )


def _stored(attribute: str, owner: Class) -> Iterator[ast.expr]:
    """Yield what the methods of a class store in an attribute."""
    for store in owner.module.stores.get(attribute, ()):
        parent = owner.module.parents[store]
        if isinstance(parent, ast.Assign) and dotted(store) == f"self.{attribute}":
            if owner.node in owner.module.enclosing(store):
                yield parent.value
