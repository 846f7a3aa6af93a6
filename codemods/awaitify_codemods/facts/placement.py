"""Where a drive stands and how it is written: why it cannot become an await there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.runner import COROUTINE, FUNCTION, RUN, Runner
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tornado import gives_awaitable
from awaitify_codemods.facts.values import Anonymous, Class, External, Function

_LAZY_CONSUMERS = frozenset(
    "builtins." + name
    for name in "all any dict frozenset list max min set sorted sum tuple".split()
)
# What `asyncio.run` does not take: they need a loop that runs already.
_FUTURES = frozenset({"Future", "gather", "ensure_future"})


def misplaced(
    call: ast.Call, module: Module, scope: Scope, runner: Runner, index: Index
) -> Refusal | None:
    """Return why a drive cannot become an await; None if it can."""
    if refusal := elsewhere(call, module, scope, index):
        return refusal
    if runner.rule == "AW357" and (found := _of_run_sync(call, module, index)):
        return found
    if not _is_written_out(call, runner):
        return Refusal("unresolved", "what it drives is not written out")
    if not runner.returns and not isinstance(module.parents[call], ast.Expr):
        return Refusal("impure-runner", "the helper drops the result, which is used")
    if any(each.arg is None for each in call.keywords) and runner.limit:
        return Refusal("unresolved", "its time limit is not written out")
    if runner.form == COROUTINE and call.args:
        if _is_uncalled(call.args[0], module, index):
            return Refusal(
                "unresolved", "what it drives is a function, not its coroutine"
            )
        if _is_refused(call.args[0], module, runner, index):
            return Refusal("run-boundary", "the run refuses what is no coroutine")
    if found := of_generator([*call.args[:1], *_by_name(call, runner)], module, index):
        return found
    found = _meant_for_runner(call, runner)
    if found is None and _loses_a_call(call, runner):
        return Refusal(
            "impure-runner", "an argument that goes with the runner is a call"
        )
    return found


def _by_name(call: ast.Call, runner: Runner) -> list[ast.expr]:
    """Return what a runner is given by name to drive."""
    return [each.value for each in call.keywords if each.arg == runner.keyword]


def of_generator(
    given: Sequence[ast.expr], module: Module, index: Index
) -> Refusal | None:
    """Refuse to await a plain generator, which a loop takes until Python 3.11."""
    for node in given[:1]:
        for made in _made_by(node, module):
            values = index.value(made, module)
            if any(isinstance(v, Function) and _is_generator(v) for v in values):
                message = "it drives a generator, which cannot be awaited"
                return Refusal("generator-test", message)
    return None


def _made_by(node: ast.expr, module: Module) -> Iterator[ast.expr]:
    """Yield what is called to make something that is driven, or is that itself."""
    if isinstance(node, ast.Call):
        yield node.func
    elif isinstance(node, ast.Attribute):
        yield node
    elif isinstance(node, ast.Name):
        yield node
        scope = module.at[node].find(node.id)
        for binding in scope.names[node.id] if scope else ():
            if isinstance(binding.value, ast.Call) and binding.kind == "assign":
                yield binding.value.func


def _is_generator(function: Function) -> bool:
    kinds = function.module.kinds(function.node)
    plain = not function.is_async and not function.node.decorator_list
    return plain and bool(kinds & {ast.Yield, ast.YieldFrom})


def _of_run_sync(call: ast.Call, module: Module, index: Index) -> Refusal | None:
    """Refuse ``run_sync(f)`` of what may return anything, and with a time-out."""
    given = [*call.args, *(each.value for each in call.keywords)]
    if len(given) != 1:
        message = "it fails with tornado's own TimeoutError"
        return Refusal("run-boundary", message)
    called: ast.expr | None = given[0]
    if isinstance(called, ast.Lambda):
        called = called.body.func if isinstance(called.body, ast.Call) else None
    values = index.value(called, module) if called else frozenset()
    if not values or not all(gives_awaitable(each, index) for each in values):
        return Refusal("unresolved", "whether it drives a coroutine is not known")
    return None


def elsewhere(
    call: ast.Call, module: Module, scope: Scope, index: Index
) -> Refusal | None:
    """Refuse what does not run in the frame of a sync function."""
    frame = scope.frame
    if in_script_block(call, module):
        return Refusal("drive-at-import", "it runs when the file is run as a script")
    if frame.kind in ("module", "class"):
        return Refusal("drive-at-import", "it runs when the module is imported")
    if isinstance(frame.node, ast.AsyncFunctionDef):
        return Refusal("nested-drive", "a coroutine drives a loop itself")
    return _lazily(scope, module, index)


def in_script_block(node: ast.AST, module: Module) -> bool:
    """Whether a node stands under ``if __name__ == "__main__"``."""
    return any(
        isinstance(outer, ast.If)
        and any(
            isinstance(each, ast.Name) and each.id == "__name__"
            for each in ast.walk(outer.test)
        )
        for outer in module.enclosing(node)
    )


def _is_written_out(call: ast.Call, runner: Runner) -> bool:
    """Whether the awaitable, or what makes it, stands at the call."""
    if not call.args:
        return runner.form != FUNCTION and any(
            each.arg == runner.keyword for each in call.keywords
        )
    return not isinstance(call.args[0], ast.Starred)


def _is_uncalled(node: ast.expr, module: Module, index: Index) -> bool:
    """``asyncio.run(f)``: a function, where its coroutine is wanted."""
    values = index.value(node, module)
    return (
        bool(values)
        and all(
            isinstance(each, (Function, Anonymous, Class))
            or (isinstance(each, External) and each.name.startswith("builtins."))
            for each in values
        )
        and not isinstance(node, ast.Call)
    )


def _is_refused(node: ast.expr, module: Module, runner: Runner, index: Index) -> bool:
    """``asyncio.run(5)``, ``asyncio.run(gather())``: an error that is expected."""
    if isinstance(node, ast.Constant):
        return True
    if runner.boundary != RUN or runner.form != COROUTINE:
        return False
    made = {External(f"asyncio.{name}") for name in _FUTURES}
    if not isinstance(node, ast.Call):
        return False
    callee = index.value(node.func, module)
    return bool(callee) and callee <= made


def _meant_for_runner(call: ast.Call, runner: Runner) -> Refusal | None:
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == "debug" and runner.rule == "AW101":
            if isinstance(value, ast.Constant) and value.value in (None, False):
                continue
            return Refusal("loop-asserted", "it runs the loop in debug mode")
        if keyword.arg == "loop_factory":
            return Refusal("loop-asserted", "it chooses the kind of loop")
        if keyword.arg == "backend" and runner.rule == "AW104":
            if not (isinstance(value, ast.Constant) and value.value == "asyncio"):
                return Refusal("anyio-or-trio", "it does not run on asyncio alone")
        if keyword.arg == "backend_options":
            return Refusal("loop-asserted", "it configures its backend")
        if keyword.arg == "context":
            return Refusal("run-boundary", "it runs in a context of its own")
    return None


def _loses_a_call(call: ast.Call, runner: Runner) -> bool:
    """Whether an argument that means nothing to an await does something itself."""
    if runner.form == FUNCTION:
        return False
    kept = {runner.keyword, runner.limit.parameter if runner.limit else ""}
    position = runner.limit.position if runner.limit else None
    lost = [each for n, each in enumerate(call.args) if n not in (0, position)]
    lost += [each.value for each in call.keywords if each.arg not in kept]
    return any(
        isinstance(inner, (ast.Call, ast.Await, ast.NamedExpr, ast.Yield))
        for each in lost
        for inner in ast.walk(each)
    )


def _lazily(scope: Scope, module: Module, index: Index) -> Refusal | None:
    """Refuse what a comprehension evaluates later, or in another frame."""
    comprehensions = []
    while scope.kind == "comprehension" and scope.parent:
        comprehensions.append(scope.node)
        scope = scope.parent
    for node in comprehensions:
        if isinstance(node, ast.GeneratorExp) and not is_consumed(node, module, index):
            return Refusal("drive-in-callback", "a generator is evaluated elsewhere")
    if len(comprehensions) > 1:
        # Python 3.10 has no asynchronous comprehension inside a plain one.
        message = "it stands in a comprehension of a comprehension"
        return Refusal("drive-in-callback", message)
    return None


def is_consumed(node: ast.GeneratorExp, module: Module, index: Index) -> bool:
    """Whether a generator is evaluated whole, where it stands.

    ``all`` and ``any`` stop early, but not where a passing assertion needs every
    element.
    """
    parent = module.parents[node]
    if not isinstance(parent, ast.Call) or node not in parent.args:
        return False
    if isinstance(parent.func, ast.Attribute) and parent.func.attr == "join":
        return isinstance(parent.func.value, ast.Constant)
    values = index.value(parent.func, module)
    names = {each.name for each in values if isinstance(each, External)}
    if len(names) != len(values) or not names <= _LAZY_CONSUMERS:
        return False
    outer = module.parents[parent]
    if names & {"builtins.any"}:
        negated = isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not)
        return negated and isinstance(module.parents[outer], ast.Assert)
    if names & {"builtins.all"}:
        return isinstance(outer, ast.Assert)
    return True
