"""Loops given to what takes none, or none any more: ``sleep(1, loop=loop)``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.asyncio_patches import is_collected, replaced
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.signatures import lacks
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Instance, Values

LOOP = "loop"
_PARTS = re.compile(r"^asyncio\.(locks|queues|streams|subprocess|tasks)\.")
_WITHOUT = frozenset(
    "as_completed gather shield sleep wait wait_for open_connection start_server "
    "open_unix_connection start_unix_server create_subprocess_exec "
    "create_subprocess_shell BoundedSemaphore Condition Event LifoQueue Lock "
    "PriorityQueue Queue Semaphore".split()
)
_FETCHING = frozenset(
    {External("asyncio.get_event_loop"), External("asyncio.get_running_loop")}
)
# What may catch the TypeError of a parameter that is not there.
_WIDE = frozenset({"TypeError", "Exception", "BaseException"})
_VERSIONS = re.compile(rb"version|\bPY_?\d|py_?3", re.IGNORECASE)


@dataclass(frozen=True)
class Needless:
    """A loop that is given to what takes none."""

    given: ast.keyword
    message: str
    in_coroutines: bool
    """Whether it can only be dropped where a loop runs."""
    refusal: Refusal | None = None
    """Why it stays all the same."""


@dataclass(eq=False)
class LoopArguments:
    """Judges the loops that calls are given; remembers them."""

    index: Index
    references: References
    _known: dict[ast.Call, Needless | None] = field(default_factory=dict)

    def needless(self, call: ast.Call, module: Module) -> Needless | None:
        """Return what there is to say of a loop that a call takes in vain, if so."""
        if call not in self._known:
            self._known[call] = self._judge(call, module)
        return self._known[call]

    def goes(self, use: ast.AST, module: Module) -> bool:
        """Whether a mention of a loop goes once the function is a coroutine one."""
        keyword = module.parents[use]
        call = module.parents.get(keyword)
        if not isinstance(keyword, ast.keyword) or not isinstance(call, ast.Call):
            return False
        found = self.needless(call, module)
        return found is not None and found.given is keyword and not found.refusal

    def _judge(self, call: ast.Call, module: Module) -> Needless | None:
        given, name = given_loop(call), spelled(call.func)
        if given is None or not may_be_loop(given.value, module, self.index):
            return None
        if is_for_some_versions(call, module):
            return None
        if is_without_loop(self.index.value(call.func, module)):
            message, inside = f"{name}() takes no loop since Python 3.10", True
        elif lacks(call, LOOP, module, self.index, self.references.family):
            message, inside = f"{name}() takes no loop", False
        else:
            return None
        # The dearest question comes last: who else may replace what is called.
        return Needless(given, message, inside, self._refusal(call, module))

    def _refusal(self, call: ast.Call, module: Module) -> Refusal | None:
        if where := expected_failure(call, module, self.index):
            message = f"that it takes no loop may be what is expected ({where})"
            return Refusal("loop-asserted", message)
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if not name:
            return Refusal("unresolved", "what is called has no name of its own")
        for home, node in replaced(name, self.index, self.references.test_code):
            if home is module or not (is_collected(home) and is_collected(module)):
                where = f"{home.path}:{getattr(node, 'lineno', 1)}"
                message = f"{name} is replaced there ({where})"
                return Refusal("runner-patched", message)
        return None


def given_loop(call: ast.Call) -> ast.keyword | None:
    """Return the argument by which a call is given a loop; None if it is not."""
    if any(each.arg is None for each in call.keywords):
        return None  # **options may have it as well
    return next((each for each in call.keywords if each.arg == LOOP), None)


def is_without_loop(values: Values) -> bool:
    """Whether a callee is of asyncio, and took a loop until Python 3.9."""
    return bool(values) and all(
        isinstance(value, External)
        and _PARTS.sub("asyncio.", value.name).partition("asyncio.")[2] in _WITHOUT
        for value in values
    )


def may_be_loop(node: ast.expr, module: Module, index: Index) -> bool:
    """Whether an argument can be dropped as the loop that runs: no mock, no call."""
    match node:
        case ast.Constant(value=None):
            return True
        case ast.Call(func=func, args=[], keywords=[]):
            return index.value(func, module) <= _FETCHING and bool(
                index.value(func, module)
            )
    name = spelled(node)
    if not name or "()" in name or re.search(r"mock|fake|stub", name, re.IGNORECASE):
        return False
    values = index.value(node, module)
    return not any(isinstance(each, (Instance, External)) for each in values)


def expected_failure(call: ast.Call, module: Module, index: Index) -> str:
    """Return what may expect, or catch, that a call takes no loop; "" if nothing."""
    below: ast.AST = call
    for outer in module.enclosing(call):
        if isinstance(outer, ast.Try) and below in outer.body:
            for handler in outer.handlers:
                if _is_wide(handler.type, module, index):
                    return f"line {handler.lineno}"
        if isinstance(outer, (ast.With, ast.AsyncWith)):
            for item in outer.items:
                if any(_is_wide(e, module, index) for e in _raised(item.context_expr)):
                    return f"line {outer.lineno}"
        if isinstance(outer, (*FUNCTIONS, ast.ClassDef)):
            for decorator in outer.decorator_list:
                name = spelled(getattr(decorator, "func", decorator))
                if name.endswith(("xfail", "expectedFailure")):
                    return name
        below = outer
    return ""


def _raised(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the errors that a context manager may swallow."""
    if isinstance(node, ast.Call):
        name = spelled(node.func).rpartition(".")[2]
        if name.lower().endswith("raises") or name.startswith(("assertRaises", "supp")):
            yield from node.args[:1]
            yield from (k.value for k in node.keywords if k.arg != "match")


def _is_wide(node: ast.expr | None, module: Module, index: Index) -> bool:
    """Whether an error that is caught may be a TypeError."""
    if isinstance(node, ast.Tuple):
        return any(_is_wide(each, module, index) for each in node.elts)
    values = index.value(node, module) if node else frozenset()
    # A class of the project's own is no base of TypeError.
    return not values or any(
        isinstance(each, External) and each.name.rpartition(".")[2] in _WIDE
        for each in values
    )


def is_for_some_versions(call: ast.Call, module: Module) -> bool:
    """Whether a condition about the version of Python decides about a call."""
    lines = module.source.splitlines()
    return any(
        isinstance(outer, (ast.If, ast.IfExp))
        and _VERSIONS.search(
            b" ".join(lines[outer.test.lineno - 1 : outer.test.end_lineno])
        )
        for outer in module.enclosing(call)
    )
