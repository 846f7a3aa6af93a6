"""Calls that block the thread of a loop, of objects that are known for certain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.blocking.callers import Callers
from awaitify_codemods.blocking.clocks import library_refusal
from awaitify_codemods.blocking.frames import (
    Replacements,
    coroutine_around,
    modules,
)
from awaitify_codemods.blocking.sleeps import under_lock
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function, Instance, Member, Value
from awaitify_codemods.rule import Meta
from awaitify_codemods.work import Work

_QUEUES = ("LifoQueue", "PriorityQueue", "Queue", "SimpleQueue")
_METHODS = frozenset(
    {
        *(("threading.Thread", name) for name in ("join",)),
        *((f"threading.{name}", "wait") for name in ("Barrier", "Event")),
        *((f"queue.{kind}", name) for kind in _QUEUES for name in ("get", "join")),
        ("multiprocessing.Process", "join"),
        ("subprocess.Popen", "communicate"),
        ("subprocess.Popen", "wait"),
    }
)
_FUNCTIONS = frozenset(
    {
        *(f"requests.{n}" for n in "delete get head options patch post put".split()),
        *(f"subprocess.{n}" for n in "call check_call check_output run".split()),
        "requests.request",
        "urllib.request.urlopen",
    }
)
_NAMES = {name for _, name in _METHODS} | {
    each.rpartition(".")[2] for each in _FUNCTIONS
}
_MODULES = re.compile(
    rb"^[ \t]*(?:import|from)\b[^\n#]*"
    rb"\b(?:threading|queue|multiprocessing|subprocess|requests|urllib)\b",
    re.MULTILINE,
)


@dataclass(frozen=True)
class BlockingCall:
    """A call that keeps a loop waiting."""

    module: Module
    call: ast.Call
    name: str
    """What is called, as it is spelled."""
    refusal: Refusal | None
    """Why it stays."""
    is_asserted: bool
    """Whether it is part of an assertion, which no edit may change."""


def may_block(source: bytes) -> bool:
    """Whether a file imports something whose calls block."""
    return bool(_MODULES.search(source))


def blocking_calls(meta: Meta, work: Work) -> Iterator[BlockingCall]:
    """Yield the calls in coroutines that block, in the files that a rule looks for."""
    replacements, callers = Replacements(work), Callers(work)
    for module in modules(meta, work):
        for call in module.calls:
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in _NAMES and _blocks(call, module, work):
                function = coroutine_around(call, module, work)
                if function and not isinstance(module.parents[call], ast.Await):
                    said = ast.unparse(call.func)
                    refusal = _refusal(call, name, function, replacements, work)
                    refusal = refusal or callers.refusal(function)
                    asserted = _is_asserted(call, module)
                    yield BlockingCall(module, call, said, refusal, asserted)


def _blocks(call: ast.Call, module: Module, work: Work) -> bool:
    values = work.index.value(call.func, module)
    if not values or not all(map(_is_blocking, values)):
        return False
    given = [*call.args[:2], *(each.value for each in call.keywords)]
    # get(False), wait(0), join(timeout=0): it does not wait.
    return not any(
        isinstance(each, ast.Constant) and each.value in (False, 0) for each in given
    )


def _is_blocking(value: Value) -> bool:
    match value:
        case External(name):
            return name in _FUNCTIONS
        case Member(Instance(External(owner)), name):
            return (owner, name) in _METHODS
    return False


def _refusal(
    call: ast.Call,
    name: str,
    function: Function,
    replacements: Replacements,
    work: Work,
) -> Refusal | None:
    module = function.module
    if module.at[call].kind == "comprehension":
        return Refusal("uncertain-call", "it is part of a comprehension")
    if work.sources.runs_from((3, 9), module.path) is False:
        return Refusal("old-python", "asyncio.to_thread() is new in Python 3.9")
    values = work.index.value(call.func, module)
    if any(isinstance(each, External) for each in values):
        if where := replacements.of(name, function):
            return Refusal("uncertain-call", f"{name} is replaced there ({where})")
    return under_lock(call, module, work) or library_refusal(function, work)


def _is_asserted(call: ast.Call, module: Module) -> bool:
    return any(
        isinstance(each, ast.Assert)
        or (isinstance(each, ast.Call) and "assert" in spelled(each.func))
        for each in module.enclosing(call)
    )
