"""Time-outs that are there already."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.work import Work

_LIMIT = re.compile(r"time_?out|time_?limit|fail_after|move_on_after|deadline", re.I)
_PARAMETERS = frozenset({"timeout", "timeout_sec", "timeout_seconds", "timeout_s"})


def is_limited(call: ast.Call) -> bool:
    """Whether a call is given a time-out; None is none."""
    if spelled(call.func).rpartition(".")[2] == "wait_for" and _is_of_time(call):
        return True
    return any(
        each.arg in _PARAMETERS
        and not (isinstance(each.value, ast.Constant) and each.value.value is None)
        for each in call.keywords
    )


def _is_of_time(call: ast.Call) -> bool:
    """``wait_for(E, 5)``, not ``condition.wait_for(predicate)``."""
    return len(call.args) > 1 or any(each.arg == "timeout" for each in call.keywords)


def is_within_limit(node: ast.AST, module: Module, work: Work) -> bool:
    """Whether an await stands in a block that has a time-out."""
    below = node
    for outer in module.enclosing(node):
        if isinstance(outer, FUNCTIONS):
            return False
        if isinstance(outer, (ast.With, ast.AsyncWith)) and below in outer.body:
            for item in outer.items:
                if _names_limit(item.context_expr, module, work):
                    return True
        below = outer
    return False


def _names_limit(node: ast.expr, module: Module, work: Work) -> bool:
    func = node.func if isinstance(node, ast.Call) else node
    if _LIMIT.search(spelled(func)):
        return True
    return any(
        isinstance(value, External) and _LIMIT.search(value.name)
        for value in work.index.value(func, module)
    )


def has_limit(test: Function, work: Work) -> bool:
    """Whether a test as a whole has a time-out: by a mark, or another decorator."""
    return any(_names_time(spelled(each)) for each in marks(test, work))


def _names_time(mark: str) -> bool:
    # Tornado's own ends a test after five seconds, if it is not told otherwise.
    name = mark.removesuffix("()").rpartition(".")[2]
    return name == "gen_test" or bool(_LIMIT.search(mark))


def marks(test: Function, work: Work) -> Iterator[ast.expr]:
    """Yield what decorates a test, its classes, and all tests of its file."""
    module = test.module
    yield from test.node.decorator_list
    owners = work.index.mro(Class(module, test.owner)) if test.owner else []
    for owner in owners:
        if isinstance(owner, Class):
            yield from owner.node.decorator_list
            yield from _assigned(owner.node.body)
    yield from _assigned(module.tree.body)


def _assigned(body: list[ast.stmt]) -> Iterator[ast.expr]:
    for statement in body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="pytestmark")], value=value)
                | ast.AnnAssign(
                    target=ast.Name(id="pytestmark"), value=ast.expr() as value
                )
            ):
                if isinstance(value, (ast.List, ast.Tuple)):
                    yield from value.elts
                else:
                    yield value
