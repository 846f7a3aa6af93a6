"""Tasks that the code of a test makes, and what becomes of them there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.module import FUNCTIONS, Binding, spelled
from awaitify_codemods.facts.values import External, Function, Loop, Member
from awaitify_codemods.work import Work

_MAKERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
# What says something of a task, and does nothing with it.
_ASKING = frozenset({"cancelled", "done", "get_coro", "get_name", "set_name"})


@dataclass(frozen=True)
class Made:
    """A task that a function makes in its own frame."""

    function: Function
    call: ast.Call
    statement: ast.Expr | ast.Assign
    name: str
    """The name it gets; "" if it gets none."""

    @property
    def bindings(self) -> list[Binding]:
        """What binds its name."""
        return self.function.scope.names.get(self.name, [])

    @property
    def uses(self) -> list[ast.Name]:
        """Where its name is read."""
        module = self.function.module
        return module.references(self.function.scope, self.name)


def made_in(function: Function, work: Work) -> Iterator[Made]:
    """Yield the tasks that a function makes, and drops or gives a name of its own."""
    module = function.module
    for call in function.scope.calls:
        if not makes_task(call, function, work):
            continue
        match module.parents[call]:
            case ast.Expr() as statement:
                yield Made(function, call, statement, "")
            case ast.Assign(targets=[ast.Name(id=name)]) as statement:
                if function.scope.find(name) is function.scope:
                    yield Made(function, call, statement, name)


def makes_task(call: ast.Call, function: Function, work: Work) -> bool:
    """Whether a call certainly makes a task of the loop that runs the function."""
    match call.args:
        case [ast.Call() as coroutine]:
            pass
        case _:
            return False
    values = work.index.value(call.func, function.module)
    given = _is_given_loop(call.func, function, work)
    if not values or not all(_is_maker(each, function, given) for each in values):
        return False
    if External("asyncio.ensure_future") not in values:
        return True
    made = work.index.value(coroutine.func, function.module)
    return bool(made) and all(
        isinstance(each, Function)
        and work.is_coroutine(each)
        and ast.Yield not in each.module.kinds(each.node)
        for each in made
    )


def _is_maker(value: object, function: Function, given: bool) -> bool:
    match value:
        case External(name):
            return name in _MAKERS
        case Member(Loop(kind=kind, library="asyncio"), "create_task"):
            # A sync test that becomes async runs on the loop that it drove.
            return kind != "new" or given or not function.is_async
    return False


def _is_given_loop(callee: ast.expr, function: Function, work: Work) -> bool:
    """Whether a coroutine function asked for a loop that is the running one then."""
    match callee:
        case ast.Attribute(value=ast.Name(id=name)):
            if function in work.colouring.event_loops.dropping:
                return name in work.loop_fixtures.dropped(function)
    return False


def is_left_alone(made: Made) -> bool:
    """Whether nothing awaits, cancels, stores or hands on a task, or sees it end."""
    return not made.name or all(_only_asks(use, made) for use in made.uses)


def _only_asks(use: ast.Name, made: Made) -> bool:
    parents = made.function.module.parents
    attribute = parents[use]
    call = parents[attribute]
    if not isinstance(attribute, ast.Attribute) or attribute.attr not in _ASKING:
        return False
    if not isinstance(call, ast.Call) or attribute.attr not in ("done", "cancelled"):
        return isinstance(call, ast.Call)
    outer = parents[call]
    # That it has ended is asserted.
    return not isinstance(outer, ast.Assert) and not (
        isinstance(outer, ast.Call) and spelled(outer.func).endswith("assertTrue")
    )


def is_bound_once(made: Made) -> bool:
    """Whether a name means the same task from there to the end."""
    return len(made.bindings) == 1 and not any(
        isinstance(each, ast.Delete)
        and any(getattr(target, "id", "") == made.name for target in each.targets)
        for each in ast.walk(made.function.node)
    )


def outlives_cancelling(made: Made, work: Work) -> str:
    """Say where a task may go on after it was cancelled; "" if nowhere is known."""
    (coroutine,) = made.call.args
    assert isinstance(coroutine, ast.Call)
    for value in work.index.value(coroutine.func, made.function.module):
        if isinstance(value, Function) and (line := _swallowing(value)):
            return f"{value.module.path}:{line}"
    return ""


def _swallowing(function: Function) -> int:
    """Return the line of a handler in a loop that lets it go on when cancelled."""
    for node in ast.walk(function.node):
        if not isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            continue
        for handler in ast.walk(node):
            if isinstance(handler, ast.ExceptHandler) and _is_of_cancelling(handler):
                if not isinstance(handler.body[-1], (ast.Raise, ast.Return, ast.Break)):
                    return handler.lineno
    return 0


def _is_of_cancelling(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        getattr(each, "attr", getattr(each, "id", ""))
        in ("BaseException", "CancelledError")
        for each in kinds
    )


def follows(made: Made) -> bool:
    """Whether a function does something in the block below the making of a task."""
    module, statement = made.function.module, made.statement
    block = block_of(module.parents[statement], statement)
    return block[-1] is not statement


def is_at_top(made: Made) -> bool:
    """Whether all that a function does afterwards stands in the same block."""
    parent = made.function.module.parents[made.statement]
    return isinstance(parent, FUNCTIONS)


def block_of(parent: ast.AST, statement: ast.stmt) -> list[ast.stmt]:
    """Return the statements among which one stands."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return [statement]
