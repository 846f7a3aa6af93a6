"""What a call in test code certainly makes: a coroutine, a task, or neither."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.work import Work

# Coroutine functions of asyncio, as opposed to what makes futures and tasks.
_OF_ASYNCIO = frozenset(
    f"asyncio.{name}"
    for name in "create_subprocess_exec create_subprocess_shell open_connection "
    "open_unix_connection sleep start_server start_unix_server to_thread wait "
    "wait_for".split()
)


def makes_coroutine(call: ast.Call, module: Module, work: Work) -> bool:
    """Whether a call certainly makes a coroutine, once all is done."""
    values = work.index.value(call.func, module)
    return bool(values) and all(
        (isinstance(each, Function) and _is_coroutine_function(each, work))
        or (isinstance(each, External) and each.name in _OF_ASYNCIO)
        for each in values
    )


def _is_coroutine_function(function: Function, work: Work) -> bool:
    """Whether nothing but a plain ``async def`` is called, which yields nothing."""
    node = function.node
    if not work.is_coroutine(function):
        return False
    if ast.Yield in function.module.kinds(node):
        return False
    names = {ast.unparse(each) for each in node.decorator_list}
    return names <= {"staticmethod", "classmethod"} or not work.decorated(function)


def runs_in_loop(node: ast.AST, module: Module, work: Work) -> bool:
    """Whether an expression is evaluated in the frame of a coroutine."""
    frame = module.at[node].frame.node
    return isinstance(frame, FUNCTIONS) and work.is_coroutine(Function(module, frame))
