"""The loop objects of a test function, and what becomes of each mention of one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import is_life_cycle, is_shutdown, loops
from awaitify_codemods.facts.module import Module, Scope, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Instance, Loop

_ASKED = frozenset(
    "is_running is_closed get_debug get_exception_handler set_exception_handler "
    "call_exception_handler default_exception_handler add_signal_handler "
    "remove_signal_handler set_task_factory get_task_factory slow_callback_duration "
    "set_default_executor shutdown_asyncgens shutdown_default_executor stop close "
    "set_debug".split()
)
_THREADS = frozenset({"asyncio.run_coroutine_threadsafe"})


@dataclass(frozen=True, eq=False)
class LoopUse:
    """What a function does with its loops once it is a coroutine function."""

    removed: tuple[ast.stmt, ...] = ()
    """Statements of the life cycle."""
    kept: tuple[ast.Call, ...] = ()
    """Makers that become ``get_running_loop()``: the variable has other uses."""
    tasks: tuple[ast.Call, ...] = ()
    """``loop.create_task(c)`` that become ``asyncio.create_task(c)``."""
    closing: tuple[tuple[ast.With, int], ...] = ()
    """``with closing(loop)``: the statement, and which item."""
    runners: tuple[tuple[ast.With, int], ...] = ()
    """``with asyncio.Runner() as r``: the statement, and which item."""
    fetched: str = ""
    """The parameter for a loop that is dropped, but has uses beside driving."""
    given: tuple[ast.AST, ...] = ()
    """The arguments that have to go, as the loop that they name does."""
    refusal: Refusal | None = None


def use_of_loops(
    module: Module,
    frame: Scope,
    index: Index,
    given: Collection[str] = (),
    goes: Callable[[ast.AST, Module], bool] = lambda use, module: False,
) -> LoopUse:
    """Return what becomes of the loops that a function makes, fetches or is given.

    Args:
        module: where it stands.
        frame: the function's own.
        index: the project's files.
        given: its parameters that a fixture gives a loop to.
        goes: whether a mention of a loop goes, too.

    """
    blocks = _blocks(module, frame, index)
    if isinstance(blocks, Refusal):
        return LoopUse(refusal=blocks)
    names = [
        name
        for name in frame.names
        if name in given or _loop_bindings(frame, name, module, index)
    ]
    removed = _life_cycle(module, frame, index)
    if len(names) > 1:
        refusal = Refusal("multi-loop", "it uses more than one loop")
        return LoopUse(refusal=refusal)
    for name in names:
        statements = {
            _outermost_life(binding.node, removed, module)
            for binding in frame.names[name]
        }
        if len(statements) > 1:
            message = f"{name} is bound to one loop after the other"
            return LoopUse(refusal=Refusal("multi-loop", message))
    kept: list[ast.Call] = []
    tasks: list[ast.Call] = []
    needless: list[ast.AST] = []
    fetched = ""
    for name in names:
        others, going = [], []
        for use in module.references(frame, name):
            verdict = _verdict(use, module, index, removed)
            if isinstance(verdict, Refusal):
                return LoopUse(refusal=verdict)
            if isinstance(verdict, ast.Call):
                tasks.append(verdict)
            elif verdict and goes(use, module):
                going.append(use)
            elif verdict:
                others.append(use)
        if (others or going) and _is_tornados(frame, name, module, index):
            message = f"its IOLoop {name!r} is used for more than driving"
            return LoopUse(refusal=Refusal("multi-loop", message))
        needless += [] if others else going
        if others and name in given:
            fetched = name
        elif others:
            kept += _makers(frame, name, module, index)
    refusal_ = _strays(module, frame, index, removed)
    if refusal_:
        return LoopUse(refusal=refusal_)
    if kept:
        making = {module.statement(maker) for maker in kept}
        for statement in removed:
            if any(isinstance(each, (ast.Try, ast.If)) for each in [statement]) and any(
                each in making for each in ast.walk(statement)
            ):
                message = "the loop is made in several ways and used later"
                return LoopUse(refusal=Refusal("loop-asserted", message))
        removed = [each for each in removed if each not in making]
    return LoopUse(
        tuple(removed), tuple(kept), tuple(tasks), *blocks, fetched, tuple(needless)
    )


_Items = tuple[tuple[ast.With, int], ...]
_RUNNER = Instance(External("asyncio.Runner"))


def _blocks(
    module: Module, frame: Scope, index: Index
) -> tuple[_Items, _Items] | Refusal:
    """Return the items of with statements that make or close loops."""
    closing: list[tuple[ast.With, int]] = []
    runners: list[tuple[ast.With, int]] = []
    entered: set[ast.AST] = set()
    for call in frame.calls:
        item = module.parents[call]
        callee = index.value(call.func, module)
        if callee == {External("asyncio.Runner")}:
            if call.args or call.keywords:
                return Refusal("loop-asserted", "it configures its runner")
            if not isinstance(item, ast.withitem):
                return Refusal("multi-loop", "it keeps a runner")
            found = runners
        elif callee == {External("contextlib.closing")} and isinstance(
            item, ast.withitem
        ):
            if not loops(
                index.value(call.args[0], module) if call.args else frozenset()
            ):
                continue
            found = closing
        else:
            continue
        block = module.parents[item]
        assert isinstance(item, ast.withitem) and isinstance(block, ast.With)
        found.append((block, block.items.index(item)))
        entered.add(block)
        if len(block.items) > 1 and block in entered and len(closing + runners) > 1:
            return Refusal("multi-loop", "it enters several things at once")
    if len(runners) > 1:
        return Refusal("multi-loop", "it uses more than one runner")
    return _only_driven(module, frame, index) or (tuple(closing), tuple(runners))


def _only_driven(module: Module, frame: Scope, index: Index) -> Refusal | None:
    """Refuse a runner that is used for more than driving."""
    for name, bindings in frame.names.items():
        if all(each.kind != "with" for each in bindings):
            continue
        if index.bound(frame, name, module) != {_RUNNER}:
            continue
        for use in module.references(frame, name):
            outer = module.parents[use]
            called = isinstance(module.parents[outer], ast.Call)
            if not isinstance(outer, ast.Attribute) or not called:
                return Refusal("multi-loop", "it hands its runner on")
            if outer.attr not in ("run", "get_loop"):
                return Refusal("loop-asserted", f"it uses {spelled(outer)}")
    return None


def _life_cycle(module: Module, frame: Scope, index: Index) -> list[ast.stmt]:
    """Return the outermost life-cycle statements of a frame, in order."""
    found: list[ast.stmt] = []

    def search(body: list[ast.stmt]) -> None:
        for statement in body:
            if is_life_cycle(statement, module, index):
                found.append(statement)
            elif not isinstance(
                statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            ):
                for name in ("body", "orelse", "finalbody"):
                    search(getattr(statement, name, None) or [])
                for handler in getattr(statement, "handlers", ()):
                    search(handler.body)

    search(getattr(frame.node, "body", []))
    return found


def _loop_bindings(frame: Scope, name: str, module: Module, index: Index) -> bool:
    bindings = frame.names[name]
    # A module's functions and imports are dear to resolve and never a loop here.
    if any(each.kind not in ("assign", "with") for each in bindings):
        return False
    return bool(loops(index.bound(frame, name, module)))


def _makers(frame: Scope, name: str, module: Module, index: Index) -> list[ast.Call]:
    return [
        value.node
        for value in index.bound(frame, name, module)
        if isinstance(value, Loop) and isinstance(value.node, ast.Call)
    ]


def _is_tornados(frame: Scope, name: str, module: Module, index: Index) -> bool:
    return any(
        isinstance(value, Loop) and value.library == "tornado"
        for value in index.bound(frame, name, module)
    )


def _outermost_life(node: ast.AST, removed: list[ast.stmt], module: Module) -> ast.AST:
    for each in (node, *module.enclosing(node)):
        if each in removed:
            node = each
    return node


def _verdict(
    use: ast.Name, module: Module, index: Index, removed: list[ast.stmt]
) -> Refusal | ast.Call | bool:
    """Return a refusal, a call to rename, or whether the loop must stay a variable."""
    parent = module.parents[use]
    if _is_within(use, removed, module):
        return False
    if isinstance(parent, ast.Attribute):
        return _attribute_verdict(parent, module, index)
    if isinstance(parent, ast.Call) and use in parent.args:
        callee = index.value(parent.func, module)
        if any(isinstance(each, External) and each.name in _THREADS for each in callee):
            return Refusal("thread-loop", "the loop runs in a thread")
        if callee == {External("contextlib.closing")}:
            return False
    if isinstance(parent, (ast.Return, ast.Yield)):
        return Refusal("loop-asserted", "it hands its loop to its callers")
    return True


def _attribute_verdict(
    node: ast.Attribute, module: Module, index: Index
) -> Refusal | ast.Call | bool:
    outer = module.parents[node]
    called = isinstance(outer, ast.Call) and outer.func is node
    if node.attr in _RUNS:
        return False  # a site, judged as such
    if node.attr == "run_forever":
        return Refusal("run-forever", "it runs the loop until something stops it")
    if node.attr == "create_task" and called:
        assert isinstance(outer, ast.Call)
        return outer
    if called and node.attr in ("shutdown_asyncgens", "shutdown_default_executor"):
        drive = module.parents[outer]
        if isinstance(drive, ast.Call) and is_shutdown(drive, module, index):
            return False
    if node.attr in _ASKED:
        return Refusal("loop-asserted", f"it uses {spelled(node)} of its loop")
    return True


def _is_within(node: ast.AST, statements: list[ast.stmt], module: Module) -> bool:
    return any(each in statements for each in (node, *module.enclosing(node)))


def _strays(
    module: Module, frame: Scope, index: Index, removed: list[ast.stmt]
) -> Refusal | None:
    """Refuse loops that are made in passing, and life cycles not understood."""
    for call in frame.calls:
        if _is_within(call, removed, module):
            continue
        values = index.value(call.func, module)
        if _fetches_loop(call, module, index) or _makes_in_passing(call, module, index):
            continue
        if values == {External("asyncio.set_event_loop")} or any(
            isinstance(each, External) and each.name.startswith(_POLICIES)
            for each in values
        ):
            message = f"it calls {spelled(call.func)}"
            return Refusal("loop-asserted", message)
        made = index.value(call, module)
        asked = module.parents[call]
        if isinstance(asked, ast.Attribute) and asked.attr in _ASKED:
            if any(isinstance(each, Loop) for each in made):
                return Refusal("loop-asserted", f"it uses {spelled(asked)}")
        if not any(isinstance(each, Loop) and each.kind == "new" for each in made):
            continue
        parent = module.parents[call]
        chained = isinstance(parent, ast.Attribute) and parent.attr in _RUNS
        named = isinstance(parent, (ast.Assign, ast.AnnAssign, ast.withitem))
        closing = isinstance(parent, ast.Call) and index.value(parent.func, module) == {
            External("contextlib.closing")
        }
        if not chained and not named and not closing:
            return Refusal("multi-loop", "it makes a loop for something else")
    return None


def _makes_in_passing(call: ast.Call, module: Module, index: Index) -> bool:
    """``get_event_loop_policy().new_event_loop().run_until_complete(...)``."""
    parent = module.parents[call]
    return (
        isinstance(parent, ast.Attribute)
        and parent.attr in _RUNS
        and any(isinstance(each, Loop) for each in index.value(call, module))
    )


def _fetches_loop(call: ast.Call, module: Module, index: Index) -> bool:
    """``get_event_loop_policy().new_event_loop()``: the policy is only passed by."""
    parent = module.parents[call]
    outer = module.parents.get(parent)
    return (
        isinstance(parent, ast.Attribute)
        and isinstance(outer, ast.Call)
        and outer.func is parent
        and any(isinstance(each, Loop) for each in index.value(outer, module))
    )


_RUNS = ("run_until_complete", "run_sync")
_POLICIES = (
    "tornado.ioloop.IOLoop.clear_",
    "tornado.ioloop.IOLoop.configure",
    "asyncio.get_event_loop_policy",
    "asyncio.set_event_loop_policy",
    "asyncio.get_child_watcher",
    "asyncio.set_child_watcher",
)
