"""What the body of a function drives, and whether it does anything else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import is_life_cycle
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External

_SET_POLICY = frozenset({External("asyncio.set_event_loop_policy")})


def driven(
    body: list[ast.stmt], module: Module, index: Index
) -> Iterator[ast.expr | None]:
    """Yield what each path through a body drives; None for anything else."""
    rest = [each for each in body if not is_idle(each, module, index)]
    match rest:
        case [ast.Return(value=ast.expr() as value)]:
            yield value
        case [ast.Expr(value=value)]:
            yield value
        case [
            ast.Assign(targets=[ast.Name(id=name)], value=value),
            ast.Return(value=ast.Name(id=returned)),
        ] if name == returned:
            yield value
        case [
            ast.Try(body=inner, handlers=[], orelse=[], finalbody=final),
            *after,
        ] if all(is_idle(each, module, index) for each in final):
            yield from driven([*inner, *after], module, index)
        case [ast.With(items=[item], body=inner), *after] if _is_loop_block(
            item.context_expr, module, index
        ):
            yield from driven([*inner, *after], module, index)
        case [ast.If(test=test, body=inner, orelse=[*orelse]), *after] if (
            "version" in ast.dump(test)
        ):
            for branch in (inner, orelse):
                ends = branch and isinstance(branch[-1], ast.Return)
                path = branch if ends else [*branch, *after]
                yield from driven(path, module, index)
        case _:
            yield None


def is_idle(node: ast.stmt, module: Module, index: Index) -> bool:
    """Whether a statement does nothing but prepare a loop, or put it away."""
    match node:
        case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Global():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=func, args=[ast.Constant(value=None)])):
            # To the default policy, as clean-ups do.
            if index.value(func, module) == _SET_POLICY:
                return True
    return is_life_cycle(node, module, index)


def _is_loop_block(node: ast.expr, module: Module, index: Index) -> bool:
    """``with asyncio.Runner()`` or ``with closing(loop)``."""
    if not isinstance(node, ast.Call):
        return False
    callee = index.value(node.func, module)
    if callee == {External("asyncio.Runner")}:
        return not node.args and not node.keywords
    return callee == {External("contextlib.closing")}


def is_returned(drive: ast.expr | None, module: Module) -> bool:
    """Whether a function hands on the result of what it drives."""
    return drive is None or not isinstance(module.parents.get(drive), ast.Expr)
