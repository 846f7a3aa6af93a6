"""Statements that only make, install or end an event loop."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    External,
    Function,
    Instance,
    Loop,
    Member,
    Values,
)

ENDINGS = frozenset({"close", "stop", "set_debug", "make_current"})
_SHUTDOWNS = frozenset({"shutdown_asyncgens", "shutdown_default_executor"})
_MESSAGE_ERRORS = frozenset({"builtins.RuntimeError", "builtins.Exception"})


def loops(values: Values) -> list[Loop]:
    """Return the event loops among values, none if something else is among them."""
    found = [each for each in values if isinstance(each, Loop)]
    return found if len(found) == len(values) else []


def is_life_cycle(node: ast.stmt, module: Module, index: Index) -> bool:
    """Whether a statement does nothing but make, install or end a loop."""
    match node:
        case ast.Expr(value=ast.Call() as call):
            return _may_concern_loop(call, module, index) and _is_life_call(
                call, module, index
            )
        case (
            ast.Assign(targets=[ast.Name()], value=value)
            | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ):
            if isinstance(value, ast.Call) and not _may_concern_loop(
                value, module, index
            ):
                return False
            return bool(loops(index.value(value, module)))
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            parts = [*body, *orelse, *finalbody]
            # try: get_event_loop() except RuntimeError: make one
            return (
                all(_catches_no_loop(each, module, index) for each in handlers)
                and all(is_life_cycle(each, module, index) for each in parts)
                and bool(handlers)
            )
        case ast.If(test=test, body=body, orelse=orelse):
            return _asks_for_loop(test, module, index) and all(
                is_life_cycle(each, module, index) for each in (*body, *orelse)
            )
    return False


def variable(loop: Loop) -> ast.Name | None:
    """Return the variable that keeps a loop."""
    match loop.module.parents[loop.node]:
        case ast.Assign(targets=[ast.Name() as target, *_]):
            return target
        case ast.AnnAssign(target=ast.Name() as target):
            return target
    return None


def ending(node: ast.AST, module: Module, index: Index) -> ast.stmt | None:
    """Return what installs or ends a module's loop: a statement, or a whole hook."""
    statement = module.statement(node)
    if statement in module.tree.body:
        return statement if _only_ends([statement], module, index) else None
    hook = module.parents[statement]
    if isinstance(hook, ast.FunctionDef) and is_ending_hook(hook, module, index):
        return hook
    return None


def is_ending_hook(node: ast.AST, module: Module, index: Index) -> bool:
    """Whether a function is what pytest calls in the end, and only ends a loop."""
    return (
        isinstance(node, ast.FunctionDef)
        and node.name in _HOOKS
        and node in module.tree.body
        and _only_ends(node.body, module, index)
        and not any(_installs(each) for each in module.scopes[node].calls)
    )


def _installs(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name == "set_event_loop" and not all(
        isinstance(each, ast.Constant) for each in call.args
    )


_HOOKS = frozenset({"teardown_module", "tearDownModule"})


def _only_ends(body: list[ast.stmt], module: Module, index: Index) -> bool:
    return all(
        isinstance(each, ast.Expr) and is_life_cycle(each, module, index)
        for each in body
    )


def _may_concern_loop(call: ast.Call, module: Module, index: Index) -> bool:
    """Whether a callee's name allows for a loop: what it means is dear to find out."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in index.utilities():
        return True
    if "loop" in name.lower() or name in ENDINGS or name == "run_until_complete":
        return True
    if name in ("current", "instance") and isinstance(call.func, ast.Attribute):
        return "loop" in spelled(call.func.value).lower()  # IOLoop.current()
    local = module.at[call].frame.names.get(name, [])
    bindings = [*local, *module.scope.names.get(name, [])]
    return any(each.kind == "import" and "loop" in each.target[2] for each in bindings)


def is_shutdown(call: ast.Call, module: Module, index: Index) -> bool:
    """Whether a call drives ``loop.shutdown_asyncgens()`` or the like."""
    if len(call.args) != 1 or not isinstance(call.args[0], ast.Call):
        return False
    if not _is_loop_member(call.func, {"run_until_complete"}, module, index):
        return False
    return _is_loop_member(call.args[0].func, _SHUTDOWNS, module, index)


def _is_life_call(call: ast.Call, module: Module, index: Index) -> bool:
    callee = index.value(call.func, module)
    if callee in ({External("asyncio.set_event_loop")},):
        return all(
            isinstance(each, ast.Constant) or loops(index.value(each, module))
            for each in call.args
        )
    if any(each.arg == "all_fds" for each in call.keywords):
        return False  # tornado's: it closes sockets as well
    if callee and all(isinstance(f, Function) and index.utility(f) for f in callee):
        # Called for nothing else: configure_test_event_loop()
        return not call.keywords and all(
            bool(loops(index.value(each, module))) for each in call.args
        )
    return _is_loop_member(call.func, ENDINGS, module, index) or is_shutdown(
        call, module, index
    )


def _is_loop_member(
    func: ast.expr, names: frozenset[str] | set[str], module: Module, index: Index
) -> bool:
    values = index.value(func, module)
    return bool(values) and all(
        isinstance(each, Member)
        and each.name in names
        and not isinstance(each.of, Instance)
        for each in values
    )


def _catches_no_loop(handler: ast.ExceptHandler, module: Module, index: Index) -> bool:
    if handler.type is None:
        caught = True
    else:
        values = index.value(handler.type, module)
        caught = all(
            isinstance(each, External) and each.name in _MESSAGE_ERRORS
            for each in values
        )
    return caught and all(is_life_cycle(each, module, index) for each in handler.body)


def _asks_for_loop(test: ast.expr, module: Module, index: Index) -> bool:
    """``if loop is None``, ``if loop.is_closed()``, ``if not loop.is_running()``."""
    return any(
        isinstance(node, (ast.Name, ast.Attribute))
        and any(
            isinstance(value, Loop)
            or (isinstance(value, Member) and isinstance(value.of, Loop))
            for value in index.value(node, module)
        )
        for node in walk(test)
    )
