"""What one binding of a name gives it: a definition, an import, an assignment."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.meanings import DEPTH, Meanings
from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module, every_argument
from awaitify_codemods.facts.values import (
    NOTHING,
    Class,
    External,
    Function,
    Instance,
    Values,
)


def meaning(binding: Binding, module: Module, index: Meanings, depth: int) -> Values:
    """Return what a name means by one of its bindings."""
    if depth > DEPTH:
        return NOTHING
    node = binding.node
    match binding.kind:
        case "def":
            assert isinstance(node, FUNCTIONS)
            return frozenset({Function(module, node)})
        case "class":
            assert isinstance(node, ast.ClassDef)
            return frozenset({Class(module, node)})
        case "import":
            return index.imported(binding.target, module, depth)
        case "assign" if binding.value is not None:
            return index.value(binding.value, module, depth)
        case "with" if binding.value is not None:
            return _entered(binding.value, module, index, depth)
        case "param":
            return _parameter(binding, module, index)
    return NOTHING


def _parameter(binding: Binding, module: Module, index: Meanings) -> Values:
    function = binding.scope.node
    if not isinstance(function, FUNCTIONS):
        return NOTHING
    owner = module.class_of(function)
    arguments = every_argument(function.args)
    if owner is None or not arguments or arguments[0] is not binding.node:
        assert isinstance(binding.node, ast.arg)
        return index.injected(Function(module, function), binding.node.arg)
    decorators = {getattr(each, "id", "") for each in function.decorator_list}
    if "staticmethod" in decorators:
        return NOTHING
    if "classmethod" in decorators:
        return frozenset({Class(module, owner)})
    return frozenset({Instance(Class(module, owner))})


def _entered(value: ast.expr, module: Module, index: Meanings, depth: int) -> Values:
    # `with asyncio.Runner() as r` and `with closing(loop) as l` give the object.
    if isinstance(value, ast.Call) and value.args:
        callee = index.value(value.func, module, depth)
        if callee == {External("contextlib.closing")}:
            return index.value(value.args[0], module, depth)
    entered = index.value(value, module, depth)
    if all(
        isinstance(each, Instance) and each.of == External("asyncio.Runner")
        for each in entered
    ):
        return entered
    return NOTHING


def is_rebound(binding: Binding, name: str) -> bool:
    """``with closing(loop) as loop``: the name means what it meant."""
    match binding.value:
        case ast.Call(args=[ast.Name(id=entered)]):
            return binding.kind == "with" and entered == name
    return False
