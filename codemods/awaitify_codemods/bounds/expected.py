"""Awaits that are to fail with a time-out, a cancellation, or the end of the program.

A time-out of ours would be taken for what is expected there, or be swallowed; before
Python 3.12 `wait_for` runs coroutines in a task of their own, out of which SystemExit
and KeyboardInterrupt end the program.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, FunctionNode, Module, spelled
from awaitify_codemods.facts.values import Class, External, Value

_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))
_RAISING = frozenset(
    "raises assertRaises assertRaisesRegex assertRaisesRegexp suppress "
    "raises_group RaisesGroup".split()
)
_ENDING = (TimeoutError, SystemExit, KeyboardInterrupt, GeneratorExit)
_TELLING = re.compile(r"time_?out|cancel|deadline", re.I)


def is_expected(node: ast.AST, module: Module, index: Index) -> bool:
    """Whether what surrounds an await catches what a time-out raises, or may."""
    return any(_may_be_time_out(each, module, index) for each in caught(node, module))


def caught(node: ast.AST, module: Module) -> Iterator[ast.expr | None]:
    """Yield the exceptions that are caught around a node; None for all of them."""
    if isinstance(node, ast.stmt):
        yield from _first(getattr(node, "value", None))
    below = node
    for outer in module.enclosing(node):
        if isinstance(outer, FUNCTIONS):
            return
        if isinstance(outer, ast.Call):
            yield from _first(outer)
        elif isinstance(outer, (ast.With, ast.AsyncWith)) and below in outer.body:
            for item in outer.items:
                for each in _origins(item.context_expr, module):
                    yield from _first(each)
        elif isinstance(outer, _TRIES) and below in outer.body:
            for handler in outer.handlers:
                yield handler.type
        below = outer


def _first(node: object) -> Iterator[ast.expr]:
    """``raises(A, ...)``, ``suppress(A, B)``, ``raises(expected_exception=A)``."""
    if not isinstance(node, ast.Call):
        return
    name = spelled(node.func).rpartition(".")[2]
    if name in _RAISING:
        yield from node.args if name == "suppress" else node.args[:1]
        yield from (
            each.value for each in node.keywords if each.arg == "expected_exception"
        )


def _origins(node: ast.expr, module: Module) -> Iterator[ast.expr]:
    """Yield what a context may be: of a choice, of a name, of a parametrized one."""
    if isinstance(node, ast.IfExp):
        yield from _origins(node.body, module)
        yield from _origins(node.orelse, module)
    elif isinstance(node, ast.Name):
        scope = module.at[node].find(node.id)
        for binding in scope.names.get(node.id, ()) if scope else ():
            if binding.kind == "assign" and binding.value is not None:
                yield binding.value
            elif binding.kind == "param" and isinstance(binding.scope.node, FUNCTIONS):
                yield from _parametrized(binding.scope.node)
    else:
        yield node


def _parametrized(function: FunctionNode) -> Iterator[ast.expr]:
    """``@parametrize("expecting", [raises(A), nullcontext()])``."""
    for decorator in function.decorator_list:
        for each in ast.walk(decorator):
            if isinstance(each, ast.Call) and each is not decorator:
                yield each


def _may_be_time_out(node: ast.expr | None, module: Module, index: Index) -> bool:
    if node is None:
        return True
    if isinstance(node, ast.Tuple):
        return any(_may_be_time_out(each, module, index) for each in node.elts)
    values = index.value(node, module)
    return not values or any(_is_ending(each, index) for each in values)


def _is_ending(value: Value, index: Index) -> bool:
    match value:
        case External(name):
            own = getattr(builtins, name.removeprefix("builtins."), None)
            if isinstance(own, type) and name.startswith("builtins."):
                above = any(issubclass(each, own) for each in _ENDING)
                return above or issubclass(own, _ENDING)
            return bool(_TELLING.search(name.rpartition(".")[2]))
        case Class(node=node):
            return bool(_TELLING.search(node.name)) or any(
                _is_ending(each, index)
                for each in index.mro(value)[1:]
                if isinstance(each, External) and not _is_root(each)
            )
    return True


def _is_root(value: External) -> bool:
    """Whether a class derives from it as all exceptions do."""
    return value.name in ("builtins.Exception", "builtins.object", "builtins.OSError")
