"""What becomes of a new task where it is made: awaited, gathered, returned, or left."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Function


def is_collected(call: ast.AST, module: Module, owner: ast.AST) -> bool:
    """Whether a new task is awaited, gathered or returned by who makes it."""
    for outer in module.enclosing(call):
        match outer:
            case ast.Await() | ast.Return() | ast.Yield():
                return True
            case ast.Lambda():
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                attr in ("append", "add")
            ):
                return _is_awaited_name(name, module, owner)
            case ast.Assign(targets=[ast.Name(id=name)]):
                return _is_awaited_name(name, module, owner)
            case ast.NamedExpr(target=ast.Name(id=name)):
                return _is_awaited_name(name, module, owner)
            case ast.stmt():
                return False
        if outer is owner:
            return False
    return False


def _is_awaited_name(name: str, module: Module, owner: ast.AST) -> bool:
    for each in walk(owner):
        if isinstance(each, (ast.Await, ast.Return, ast.AsyncFor, ast.Yield)):
            for inner in walk(each):
                if isinstance(inner, ast.Name) and inner.id == name:
                    return True
        # for task in tasks: await task
        if isinstance(each, ast.For) and isinstance(each.iter, ast.Name):
            if each.iter.id == name and any(
                isinstance(inner, ast.Await) for inner in walk(each)
            ):
                return True
    return False


def result_of(call: ast.Call, function: Function, module: Module) -> ast.AST:
    """Return the expression that is what a function returns."""
    parent = module.parents[call]
    return parent if function.is_async and isinstance(parent, ast.Await) else call


def assigned_calls(name: ast.Name, module: Module) -> Iterator[ast.Call]:
    """Yield the calls whose result a local name holds: ``coro = f()``."""
    scope = module.at.get(name)
    owner = scope.find(name.id) if scope else None
    if owner is None or owner.kind == "module":
        return
    for binding in owner.names.get(name.id, ()):
        if isinstance(binding.value, ast.Call):
            yield binding.value
