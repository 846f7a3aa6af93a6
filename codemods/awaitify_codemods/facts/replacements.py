"""What test code puts in the place of functions of asyncio, wherever they are used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External, Function

_PATCHES = frozenset({"unittest.mock.patch", "mock.patch", "mock.mock.patch"})
_PACKAGE = "asyncio."


@dataclass(frozen=True)
class Replacement:
    """A function of asyncio that gets another value."""

    node: ast.AST
    """The call, or the assignment."""
    name: str
    """What is replaced: ``sleep``."""
    value: ast.expr | None
    """By what, if that is written out."""
    maker: ast.expr | None = None
    """Or what makes it, without arguments."""


def replaced_by(fixture: Function, index: Index) -> list[Replacement]:
    """Return what a fixture replaces whenever it is set up."""
    found: list[Replacement] = []
    for statement in fixture.node.body:
        match statement:
            case ast.With(items=items) | ast.AsyncWith(items=items):
                nodes: list[ast.AST] = [item.context_expr for item in items]
            case ast.Expr(value=value):
                nodes = [value]
            case ast.Assign(value=value):
                nodes = [statement, value]
            case _:
                continue
        for node in nodes:
            found += _replaced(node, fixture.module, index)
    return found


def replaced_for(test: Function, index: Index) -> Iterator[Replacement]:
    """Yield what a test replaces: in its own frame, and by its decorators."""
    nodes = [*test.node.decorator_list, *test.scope.calls]
    for node in nodes:
        yield from _replaced(node, test.module, index)


def replaced_at_import(module: Module, index: Index) -> Iterator[Replacement]:
    """Yield what a file replaces when it is imported, and never puts back."""
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign):
            yield from _replaced(statement, module, index)


def _replaced(node: ast.AST, module: Module, index: Index) -> Iterator[Replacement]:
    match node:
        case ast.Assign(targets=[ast.Attribute(value=owner, attr=name)], value=value):
            if _is_asyncio(owner, module, index):
                yield Replacement(node, name, value)
        case ast.Call(func=ast.Attribute(attr="setattr"), args=args):
            yield from _set(node, args, module, index)
        case ast.Call(func=ast.Attribute(attr="start", value=ast.Call() as inner)):
            yield from _replaced(inner, module, index)
        case ast.Call(func=func, args=args):
            if _patches(func, module, index):
                yield from _set(node, args, module, index)


def _patches(func: ast.expr, module: Module, index: Index) -> bool:
    """Whether a callee is ``patch`` or ``patch.object``, of a fixture or imported."""
    if isinstance(func, ast.Attribute) and func.attr == "object":
        func = func.value
    values = index.value(func, module)
    if any(isinstance(each, External) and each.name in _PATCHES for each in values):
        return True
    return isinstance(func, ast.Attribute) and func.attr == "patch"


def _set(
    call: ast.Call, args: list[ast.expr], module: Module, index: Index
) -> Iterator[Replacement]:
    match args:
        case [ast.Constant(value=str(dotted)), *rest]:
            owner = index.target(dotted.rpartition(".")[0], module)
            name = dotted.rpartition(".")[2]
            if owner != {External("asyncio")}:
                return
        case [node, ast.Constant(value=str(name)), *rest]:
            if not _is_asyncio(node, module, index):
                return
        case _:
            return
    given = {each.arg: each.value for each in call.keywords}
    value = rest[0] if rest else given.get("new")
    yield Replacement(call, name, value, given.get("new_callable"))


def _is_asyncio(node: ast.expr, module: Module, index: Index) -> bool:
    return index.value(node, module) == {External("asyncio")}
