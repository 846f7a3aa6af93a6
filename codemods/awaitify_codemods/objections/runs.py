"""Objections to how a function runs loops, and to what it says about them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.lifecycle import is_life_cycle, variable
from awaitify_codemods.facts.module import Module, Scope, spelled
from awaitify_codemods.facts.nodes import frames_within, sync_names, sync_nodes
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.runners import RUN
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    NOTHING,
    Class,
    External,
    Function,
    Instance,
    Loop,
    Values,
)
from awaitify_codemods.objections.context import Context

_QUESTIONS = frozenset({"get_running_loop", "_get_running_loop", "current_task"})
_PATCHED = re.compile(
    r"(^|\.)asyncio(\.\w+)*\.(run|new_event_loop|get_event_loop|\w*loop)$"
)
_ABOUT_LOOPS = re.compile(
    r"event loop|running loop|different loop|cannot be called from a running", re.I
)


def sites(function: Function, context: Context) -> Refusal | None:
    """Object where a site of the function or below it cannot be rewritten."""
    module = function.module
    left = context.sites.left_by_frame
    for frame in frames_within(module, function.scope):
        for site in left.get(frame.node, ()):
            return site.refusal
    for node, refused in left.items():
        # A coroutine of the test that drives a loop needs loops to nest; the body
        # of a class runs where the test does.
        if (
            isinstance(node, (ast.AsyncFunctionDef, ast.ClassDef))
            and refused[0].module is module
        ):
            if any(outer is function.node for outer in module.enclosing(node)):
                return refused[0].refusal
    return None


def overridden(function: Function, context: Context) -> Refusal | None:
    """Object to runner methods that an override makes do something else."""
    for drive in context.sites.by_frame.get(function.node, ()):
        helper = drive.runner.definition
        if not isinstance(helper, Function):
            continue
        for member in context.references.family(helper):
            if context.runners.helper(member) is None:
                message = f"{member.name} does more than the runner it overrides"
                return Refusal("impure-runner", message)
    return None


def one_loop(function: Function, context: Context) -> Refusal | None:
    """Object where drives of one function run on several loops."""
    drives = context.sites.by_frame.get(function.node, [])
    loops = {drive.runner.loop for drive in drives if drive.runner.loop}
    named = {loop for loop in loops if not _is_chained(loop)}
    variables = {
        context.class_loops.of(loop) or (loop.scope, _variable(loop)) for loop in named
    }
    in_passing = any(
        drive.runner.loop is None or _is_chained(drive.runner.loop)
        for drive in drives
        if drive.runner.rule != "AW103"
    )
    visible = _frames_around(function)
    for drive in drives:
        loop = drive.runner.loop
        if loop is None or context.class_loops.of(loop):
            continue
        if not drive.runner.definition and loop.scope not in visible:
            return Refusal("multi-loop", "its loop is made by another function")
    if _compares_runs(function, context) or _runs_in_error(function, context):
        return Refusal("multi-loop", "it compares what runs on several loops do")
    if tied := _tied(function, context):
        return Refusal("multi-loop", f"{tied} is tied to the loop that waits for it")
    if any(drive.runner.rule == "AW103" for drive in drives) and (named or in_passing):
        return Refusal("multi-loop", "it runs on more than one loop")
    if len(variables) > 1 or (named and in_passing):
        return Refusal("multi-loop", "it runs on more than one loop")
    return None


def _tied(function: Function, context: Context) -> str:
    """Return what waits on one loop and is used in a second run; "" if nothing."""
    module = function.module
    runs = [
        {each.id for each in walk(drive.node) if isinstance(each, ast.Name)}
        for drive in context.sites.by_frame.get(function.node, ())
        if drive.runner.boundary == RUN
    ]
    for name in function.scope.names if len(runs) > 1 else ():
        if sum(name in names for names in runs) > 1:
            if context.index.bound(function.scope, name, module) & _WAITED_FOR:
                return name
    return ""


_WAITED_FOR = frozenset(
    Instance(External(f"asyncio.{name}"))
    for name in (
        "Barrier BoundedSemaphore Condition Event LifoQueue Lock PriorityQueue Queue "
        "Semaphore"
    ).split()
)


def _frames_around(function: Function) -> list[Scope]:
    scopes: list[Scope] = []
    scope: Scope | None = function.scope
    while scope is not None:
        scopes.append(scope)
        scope = scope.parent
    return scopes


def _compares_runs(function: Function, context: Context) -> bool:
    """``run(a()) is not run(a())``: what two loops give."""
    drives = {drive.node for drive in context.sites.by_frame.get(function.node, ())}
    return any(
        isinstance(node, ast.Compare)
        and any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops)
        and len(drives & {node.left, *node.comparators}) > 1
        for node in sync_nodes(function.node)
    )


def _runs_in_error(function: Function, context: Context) -> bool:
    """Whether a later run is expected to fail as it would on another loop."""
    module = function.module
    drives = sorted(
        context.sites.by_frame.get(function.node, ()), key=lambda d: d.node.lineno
    )
    return any(
        isinstance(outer, ast.With) and _names_runtime_error(outer)
        for drive in drives[1:]
        for outer in module.enclosing(drive.node)
    )


def _names_runtime_error(node: ast.With) -> bool:
    return any(
        getattr(each, "id", "") == "RuntimeError"
        for item in node.items
        for each in walk(item.context_expr)
    )


def _is_chained(loop: Loop) -> bool:
    """``new_event_loop().run_until_complete(...)``: made in passing."""
    return isinstance(loop.module.parents[loop.node], ast.Attribute)


def _variable(loop: Loop) -> str:
    """Return the name a loop is bound to, so that fall-backs count as one loop."""
    target = variable(loop)
    return target.id if target else f"{loop.node.lineno}:{loop.node.col_offset}"


def about_loops(function: Function, context: Context) -> Refusal | None:
    """Object to functions that patch what drives loops, or assert on loops."""
    module = function.module
    runners = _runner_names(function, context)
    decorated = [n for d in function.node.decorator_list for n in walk(d)]
    for node in (*decorated, *sync_nodes(function.node)):
        if _replaces(node, runners, module, context):
            return Refusal("runner-patched", "it replaces the runner that it calls")
        if _patches_by_name(node) or _patches_member(node, module, context):
            return Refusal("runner-patched", "it patches what drives loops")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _ABOUT_LOOPS.search(node.value) and _is_expected(node, module):
                return Refusal("loop-asserted", "it expects an error about loops")
    for node in _runtime_errors(function, context):
        if wanting := _wants_loop(node, module, context):
            message = f"it may expect that no loop runs ({wanting})"
            return Refusal("loop-asserted", message)
    for name in sync_names(function.node):
        for value in context.index.value(name, module):
            if not isinstance(value, External):
                continue
            if value.name.startswith("asyncio.") and value.name.endswith(".all_tasks"):
                return Refusal("all-tasks", "it looks at every task of the loop")
            package, _, member = value.name.rpartition(".")
            if package == "asyncio" and member in _QUESTIONS:
                message = f"it calls {member}() where no loop runs"
                return Refusal("loop-asserted", message)
    return None


def context(function: Function, facts: Context) -> Refusal | None:
    """Object to tests that set a context variable for those that follow."""
    for call in function.scope.calls:
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "set":
            continue
        if _CONTEXT_VAR in facts.index.value(call.func.value, function.module):
            message = "it sets a context variable, which an async test keeps to itself"
            return Refusal("run-boundary", message)
    return None


_CONTEXT_VAR = Instance(External("contextvars.ContextVar"))


def _runner_names(function: Function, context: Context) -> dict[str, Values]:
    """Return the names under which a function calls runners, and what they mean."""
    found: dict[str, Values] = {}
    for drive in context.sites.by_frame.get(function.node, ()):
        name = spelled(drive.node.func).rpartition(".")[2]
        meant = context.index.value(drive.node.func, drive.module)
        found[name] = found.get(name, NOTHING) | meant
    return found


def _replaces(
    node: ast.AST, runners: dict[str, Values], module: Module, context: Context
) -> bool:
    """Whether a string names one of the runners: ``setattr("tests.x._run", fake)``."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    owner, _, name = node.value.rpartition(".")
    if name not in runners:
        return False
    if not owner:
        return name not in ("run", "raises")
    meant = context.index.target(node.value, module)
    if meant == {External(node.value)}:
        # Not a file of the project, as far as its import roots tell.
        return meant == runners[name] or name not in ("run", "raises")
    return bool(meant & runners[name]) or not meant


def _runtime_errors(function: Function, context: Context) -> Iterator[ast.Call]:
    """Yield the sync calls under an assertion that a RuntimeError is raised."""
    drives = {drive.node for drive in context.sites.by_frame.get(function.node, ())}
    for call in function.scope.calls:
        if call in drives:
            continue
        for outer in function.module.enclosing(call):
            if isinstance(outer, (ast.With, ast.Try)) and _expects_runtime_error(outer):
                if not is_life_cycle(outer, function.module, context.index):
                    yield call
            if outer is function.node:
                break


def _expects_runtime_error(node: ast.With | ast.Try) -> bool:
    heads: list[ast.AST | None] = (
        [each.context_expr for each in node.items]
        if isinstance(node, ast.With)
        else [each.type for each in node.handlers]
    )
    return any(
        getattr(each, "id", "") in ("RuntimeError", "Exception", "BaseException")
        for head in heads
        if head is not None
        for each in walk(head)
    )


def _wants_loop(
    call: ast.Call, module: Module, context: Context, depth: int = 0
) -> str:
    """Return where a sync call asks for the loop, in any of its branches."""
    for value in context.index.value(call.func, module):
        if isinstance(value, External) and value.name in _WANTING:
            return f"{module.path}:{call.lineno}"
        called = [value] if isinstance(value, Function) else []
        if isinstance(value, Class):
            found = attribute(value, "__init__", context.index)
            called = [each for each in found if isinstance(each, Function)]
        for each in called:
            if each.is_async or depth > _DEPTH:
                continue
            for inner in each.scope.calls:
                if where := _wants_loop(inner, each.module, context, depth + 1):
                    return where
    return ""


_DEPTH = 6
_WANTING = frozenset(
    "asyncio." + name
    for name in (
        "get_running_loop get_event_loop create_task ensure_future Future gather "
        "current_task"
    ).split()
)


def _patches_by_name(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_PATCHED.search(node.value))
    )


def _patches_member(node: ast.AST, module: Module, context: Context) -> bool:
    """``patch.object(asyncio, "run")``, ``monkeypatch.setattr(asyncio, "run", f)``."""
    match node:
        case ast.Attribute(value=patched, ctx=ast.Store()):
            return any(
                isinstance(value, External) and value.name == "asyncio"
                for value in context.index.value(patched, module)
            )
        case ast.Call(
            func=ast.Attribute(attr="object" | "setattr"), args=[patched, *_]
        ):
            return any(
                isinstance(value, Loop)
                or (isinstance(value, External) and value.name.startswith("asyncio"))
                for value in context.index.value(patched, module)
            )
    return False


def _is_expected(node: ast.Constant, module: Module) -> bool:
    """Whether a text is what an assertion expects."""
    for outer in module.enclosing(node):
        if isinstance(outer, (ast.Assert, ast.withitem)):
            return True
        if isinstance(outer, ast.Call):
            name = getattr(outer.func, "attr", getattr(outer.func, "id", ""))
            if name.startswith(("raises", "warns", "assert")):
                return True
        if isinstance(outer, ast.stmt):
            return False
    return False


def threads(function: Function, context: Context) -> Refusal | None:
    """Object to functions that start processes, or talk to a loop in a thread."""
    for node in sync_names(function.node):
        attribute = node.attr if isinstance(node, ast.Attribute) else ""
        if attribute == "Process":
            return Refusal("thread-loop", "it starts processes")
        if attribute == "run_coroutine_threadsafe":
            return Refusal("thread-loop", "it talks to a loop in a thread")
        for value in context.index.value(node, function.module):
            if isinstance(value, External) and value.name.startswith(_APART):
                return Refusal("thread-loop", f"it uses {value.name}")
    return None


_APART = (
    "multiprocessing.",
    "asyncio.run_coroutine_threadsafe",
    "concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures.process.",
    "os.fork",
)


def asks_for_loop(function: Function, context: Context) -> Refusal | None:
    """Object to sync calls whose outcome depends on whether a loop runs."""
    module, asking = function.module, context.asking
    frames = list(frames_within(module, function.scope))
    calls = [call for frame in frames for call in frame.calls]
    for call in calls:
        for called in asking.called(call, module):
            if called.node in context.sites.helpers:
                continue  # it goes
            if asking.asks(called):
                message = f"{spelled(call.func)}() asks whether a loop runs"
                return Refusal("loop-asserted", message)
    if not _hands_over_coroutines(function, calls, context):
        return None
    drives = {each.node for each in context.sites.by_frame.get(function.node, ())}
    for call in calls:
        name = getattr(call.func, "attr", "")
        if call in drives or name not in asking.names:
            continue
        if _may_ask(context.index.value(call.func, module), context):
            message = f"{name}() may ask whether a loop runs ({asking.names[name]})"
            return Refusal("loop-asserted", message)
    return None


def _may_ask(values: Values, context: Context) -> bool:
    """Whether a callee may be the code under test that asks, for all that is known."""
    return is_unknown(values) or any(
        isinstance(each, Function) and context.asking.may_ask(each) for each in values
    )


def _hands_over_coroutines(
    function: Function, calls: list[ast.Call], context: Context
) -> bool:
    """Whether sync code of a test gives coroutine functions to code under test.

    Code that asks for a loop does so to schedule something on it.
    """
    drives = {drive.node for drive in context.sites.by_frame.get(function.node, ())}
    return any(
        _is_coroutine_function(given, function.module, context)
        for call in calls
        if call not in drives
        for given in (*call.args, *(each.value for each in call.keywords))
    )


def _is_coroutine_function(node: ast.expr, module: Module, context: Context) -> bool:
    for value in context.index.value(node, module):
        if isinstance(value, Function) and value.is_async:
            return True
        if isinstance(value, Instance) and isinstance(value.of, Class):
            called = attribute(value.of, "__call__", context.index)
            if any(isinstance(each, Function) and each.is_async for each in called):
                return True
    return False
