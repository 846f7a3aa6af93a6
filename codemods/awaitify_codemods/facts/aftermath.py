"""What a coroutine leaves behind when it returns: tasks, and context variables.

``await E`` is not ``run(E)``. A run wraps E in a task, gives the loop turns, and
isolates context variables; `asyncio.run` also cancels what is left. Which of this
matters depends on what E leaves behind.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from awaitify_codemods.facts.cancelling import acts_when_cancelled, waits
from awaitify_codemods.facts.first_steps import FirstSteps
from awaitify_codemods.facts.foreign import KNOWN
from awaitify_codemods.facts.generators import is_unfinished
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.replaced import Replaced
from awaitify_codemods.facts.switches import Switches
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import (
    Anonymous,
    External,
    Function,
    Instance,
    Loop,
    Member,
    Value,
)

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_CONTEXT_VAR = Instance(External("contextvars.ContextVar"))
_CURRENT = frozenset({External("asyncio.current_task")})
_OF_TASKS = frozenset(
    "add_done_callback cancel cancelling get_coro get_name set_name uncancel".split()
)
_IDLE = frozenset({External("asyncio.sleep")})
_DEPTH = 12


# What leaves something behind mentions one of these.
_TRACES = re.compile(
    rb"create_task|ensure_future|call_soon|ContextVar|add_done_callback|\byield\b"
)


@dataclass(frozen=True)
class Aftermath:
    """What is left of a call, transitively."""

    tasks: bool = False
    """A task was made that nothing awaited, gathered or returned, and it does
    something before it first waits: whether it had a turn can be seen."""
    teardown: bool = False
    """Such a task does something when it is cancelled."""
    lives: bool = False
    """Such a task waits, and goes on as long as the loop runs."""
    stores: frozenset[str] = frozenset()
    """Attributes that such tasks set before they first wait."""
    sets: frozenset[str] = frozenset()
    """Context variables set and not reset."""
    reads: frozenset[str] = frozenset()
    """Context variables read."""
    looks: bool = False
    """It looks at the task in which it runs."""
    spawned: frozenset[str] = frozenset()
    """Names of the coroutine functions that became such tasks."""

    def __or__(self, other: Aftermath) -> Aftermath:
        return Aftermath(
            self.tasks or other.tasks,
            self.teardown or other.teardown,
            self.lives or other.lives,
            self.stores | other.stores,
            self.sets | other.sets,
            self.reads | other.reads,
            self.looks or other.looks,
            self.spawned | other.spawned,
        )


NONE = Aftermath()


@dataclass(eq=False)
class Aftermaths:
    """Answers for functions and expressions; remembers them.

    Args:
        index: the project's files.
        test_code: the files that are migrated; all others are under test.
        replaced: what is not called, because something else stands in its place.
        switches: what is not reached, because a set-up turns it off.

    """

    index: Index
    test_code: frozenset[str] = frozenset()
    replaced: Replaced | None = None
    switches: Switches | None = None
    _known: dict[ast.AST, Aftermath] = field(default_factory=dict)
    _read: dict[ast.AST, frozenset[str]] = field(default_factory=dict)
    _handing: dict[tuple[ast.AST, frozenset[str]], bool] = field(default_factory=dict)
    _cancelled: dict[ast.AST, bool] = field(default_factory=dict)
    _named: dict[str, list[Function]] = field(default_factory=dict)

    def of_function(self, function: Function, depth: int = 0) -> Aftermath:
        """Return what a call of a function leaves behind."""
        node = function.node
        if node not in self._known:
            if depth > _DEPTH:
                return NONE
            self._known[node] = NONE  # what a cycle finds
            found = NONE
            for call in function.scope.calls:
                found |= self._of_call(call, function.module, node, depth)
            self._known[node] = found
        return self._known[node]

    def of_expression(self, node: ast.AST, module: Module) -> Aftermath:
        """Return what the calls in an expression leave behind once they are run."""
        found = NONE
        for each in walk(node):
            if isinstance(each, ast.Call):
                for function in self.called(each, module):
                    found |= self.of_function(function)
                    if is_unfinished(each, function, module, self.index):
                        found |= Aftermath(teardown=True)
            elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
                for call in _assigned_calls(each, module):
                    for function in self.called(call, module):
                        found |= self.of_function(function)
                        if is_unfinished(each, function, module, self.index):
                            found |= Aftermath(teardown=True)
        return found

    def called(self, call: ast.Call, module: Module) -> Iterator[Function]:
        """Yield the functions of readable files that a call may call."""
        for function in self._may_call(call, module):
            replaced = self.replaced
            if replaced and replaced.covers(call, function, module, self.index):
                continue
            yield function

    def _may_call(self, call: ast.Call, module: Module) -> Iterator[Function]:
        """Yield what a call means; for an object of which nothing is known, by name.

        Only where tests call it: what code under test does with its objects is its
        own affair, and names are everybody's there.
        """
        yield from self.index.called(call, module, may_leave)
        func = call.func
        if not isinstance(func, ast.Attribute) or module.path not in self.test_code:
            return
        if not self.index.value(func, module):
            yield from self._methods(func.attr)

    def _methods(self, name: str) -> list[Function]:
        """Return the coroutine methods of the project that have a name."""
        if name not in self._named:
            found = []
            for path in self.index.words.coroutines.get(name.encode(), ()):
                if path.partition("/")[0] not in KNOWN:
                    module = self.index.module(path)
                    for node in module.functions if module else ():
                        if module and node.name == name and module.class_of(node):
                            found.append(Function(module, node))
            self._named[name] = [each for each in found if each.is_async]
        return self._named[name]

    def attributes_in(
        self, statements: Sequence[ast.AST], module: Module
    ) -> frozenset[str]:
        """Return the attributes that statements read, with all that they call."""
        nodes = [node for each in statements for node in walk(each)]
        found = _attributes(nodes)
        for call in (each for each in nodes if isinstance(each, ast.Call)):
            for value in self.index.value(call.func, module):
                if isinstance(value, Function):
                    found |= self._attributes_of(value)
        return found

    def _attributes_of(self, function: Function, depth: int = 0) -> frozenset[str]:
        node = function.node
        if node not in self._read:
            self._read[node] = frozenset()  # what a cycle finds
            found = _attributes(walk(node))
            for call in function.scope.calls if depth < _DEPTH else ():
                for value in self.index.value(call.func, function.module):
                    if isinstance(value, Function):
                        found |= self._attributes_of(value, depth + 1)
            self._read[node] = found
        return self._read[node]

    def is_quiet(self, value: Value) -> bool:
        """Whether calling something leaves nothing behind."""
        if isinstance(value, Anonymous):
            return self.of_expression(value.node.body, value.module) == NONE
        if isinstance(value, External):
            return value.name.startswith("builtins.")
        return isinstance(value, Function) and self.of_function(value) == NONE

    def _of_call(
        self, call: ast.Call, module: Module, owner: ast.AST, depth: int
    ) -> Aftermath:
        if self.switches and self.switches.is_off(call, module):
            return NONE
        found = self._context(call, module, owner)
        if _schedules_callback(call, owner):
            found |= Aftermath(tasks=True)
        if getattr(call.func, "attr", "") == "run_in_executor":
            if not _is_collected(call, module, owner):
                found |= Aftermath(teardown=True)
        if self._looks_at_task(call, module, owner):
            found |= Aftermath(looks=True)
        if self._spawns(call, module) and not _is_collected(call, module, owner):
            steps = self._first_steps.of(call.args[0], module, depth)
            found |= Aftermath(
                steps.acts, *self._cancelled_later(call, module), steps.stores
            )
        for function in self.called(call, module):
            if self._hands_out_task(function, _denied(call)) and not _is_collected(
                _result_of(call, function, module), module, owner
            ):
                found |= self._handed_out(call, module, depth)
            if is_unfinished(call, function, module, self.index):
                found |= Aftermath(teardown=True)
            spawned = isinstance(module.parents[call], ast.Call) and self._spawns(
                module.parents[call], module
            )
            inner = self.of_function(function, depth + 1)
            # A task has a context of its own; what it leaves, it leaves.
            own = replace(inner, sets=frozenset(), reads=frozenset(), looks=False)
            found |= own if spawned else inner
        return found

    def _looks_at_task(self, call: ast.Call, module: Module, owner: ast.AST) -> bool:
        """``current_task().cancel()``: something of the task that can be told."""
        if getattr(call.func, "attr", getattr(call.func, "id", "")) != "current_task":
            return False
        if self.index.value(call.func, module) != _CURRENT:
            return False
        outer = module.parents[call]
        if isinstance(outer, ast.Attribute):
            return outer.attr in _OF_TASKS
        return isinstance(outer, ast.Assign) and any(
            isinstance(each, ast.Attribute)
            and each.attr in _OF_TASKS
            and spelled(each.value) == spelled(outer.targets[0])
            for each in walk(owner)
        )

    def hands_out_task(self, node: ast.AST, module: Module) -> bool:
        """Whether a coroutine gives its driver a task that it made."""
        return any(
            function.is_async and self._hands_out_task(function, _denied(call))
            for call in ast.walk(node)
            if isinstance(call, ast.Call)
            for function in self.called(call, module)
        )

    def _hands_out_task(
        self, function: Function, denied: frozenset[str], depth: int = 0
    ) -> bool:
        """Whether a function returns a task that it made.

        Args:
            function: that is called.
            denied: the names of arguments that are given as False.
            depth: of the calls so far.

        """
        module = function.module
        key = (function.node, denied)
        if key not in self._handing:
            self._handing[key] = False  # what a cycle finds
            self._handing[key] = depth < _DEPTH and any(
                self._spawns(each, module)
                or any(
                    self._hands_out_task(inner, _denied(each), depth + 1)
                    for inner in self.called(each, module)
                )
                for each in _returned_calls(function)
                if not _is_under(each, denied, module)
            )
        return self._handing[key]

    def _handed_out(self, call: ast.Call, module: Module, depth: int) -> Aftermath:
        """Return what is left of a task that a call handed out, and nobody awaits."""
        given = [
            value
            for argument in call.args
            for value in self.index.value(argument, module)
            if isinstance(value, Function) and value.is_async
        ]
        if not given:
            return Aftermath(True, True, True)
        steps = [self._first_steps.of_function(each, depth + 1) for each in given]
        return Aftermath(
            any(each.acts for each in steps),
            any(map(self._acts_when_cancelled, given)),
            any(waits(each.node.body) for each in given),
            frozenset().union(*(each.stores for each in steps)),
            spawned=frozenset(each.node.name for each in given),
        )

    def _spawns(self, node: ast.AST, module: Module) -> bool:
        if not isinstance(node, ast.Call) or not node.args:
            return False
        values = self.index.value(node.func, module)
        if not values:
            return self._is_loop_spawn(node.func, module)
        return any(
            (isinstance(value, External) and value.name in _SPAWNERS)
            or (
                isinstance(value, Member)
                and value.name == "create_task"
                and isinstance(value.of, Loop)
            )
            for value in values
        )

    def _is_loop_spawn(self, func: ast.expr, module: Module) -> bool:
        """``self.loop.create_task``: not that of a task group, which awaits its own."""
        if not isinstance(func, ast.Attribute) or func.attr != "create_task":
            return False
        return "loop" in spelled(func.value).rpartition(".")[2].lower()

    @cached_property
    def _first_steps(self) -> FirstSteps:
        return FirstSteps(self.index, self.called)

    def _cancelled_later(self, call: ast.Call, module: Module) -> tuple[bool, bool]:
        """Return whether a task acts when it is cancelled, and whether it lives on."""
        spawned = call.args[0]
        if not isinstance(spawned, ast.Call):
            return True, True
        values = self.index.value(spawned.func, module)
        if values and values <= _IDLE:
            return False, False
        functions = list(self.called(spawned, module))
        if not functions:
            return True, True
        acts = any(map(self._acts_when_cancelled, functions))
        return acts, any(waits(each.node.body) for each in functions)

    def _acts_when_cancelled(self, function: Function, depth: int = 0) -> bool:
        """Whether cancelling a coroutine, or what it waits for, does something."""
        if function.node not in self._cancelled:
            self._cancelled[function.node] = False  # what a cycle finds
            self._cancelled[function.node] = acts_when_cancelled(function.node) or (
                depth < _DEPTH
                and any(
                    self._acts_when_cancelled(each, depth + 1)
                    for call in function.scope.calls
                    if isinstance(function.module.parents[call], ast.Await)
                    for each in self.called(call, function.module)
                    if each.is_async
                )
            )
        return self._cancelled[function.node]

    def _context(self, call: ast.Call, module: Module, owner: ast.AST) -> Aftermath:
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in ("set", "get"):
            return NONE
        if _CONTEXT_VAR not in self.index.value(func.value, module):
            return NONE
        name = spelled(func.value).rpartition(".")[2]
        if func.attr == "get":
            return Aftermath(reads=frozenset({name}))
        for each in walk(owner):
            if isinstance(each, ast.Attribute) and each.attr == "reset":
                if spelled(each.value).rpartition(".")[2] == name:
                    return NONE
        return Aftermath(sets=frozenset({name}))


def _attributes(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(
        each.attr
        for each in nodes
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Load)
    )


def may_leave(source: bytes) -> bool:
    """Whether one file mentions what leaves something behind."""
    return bool(_TRACES.search(source))


def _denied(call: ast.Call) -> frozenset[str]:
    """Return the arguments that a call gives as False."""
    return frozenset(
        each.arg
        for each in call.keywords
        if each.arg and isinstance(each.value, ast.Constant) and not each.value.value
    )


def _is_under(node: ast.AST, names: frozenset[str], module: Module) -> bool:
    """Whether a node is reached only where one of some names is true."""
    below: ast.AST = node
    for outer in module.enclosing(node):
        if isinstance(outer, FUNCTIONS):
            return False
        if isinstance(outer, ast.If) and isinstance(outer.test, ast.Name):
            if outer.test.id in names and below in outer.body:
                return True
        below = outer
    return False


def _result_of(call: ast.Call, function: Function, module: Module) -> ast.AST:
    """Return the expression that is what a function returns."""
    parent = module.parents[call]
    return parent if function.is_async and isinstance(parent, ast.Await) else call


def _returned_calls(function: Function) -> Iterator[ast.Call]:
    """Yield the calls whose result a function returns, itself or by a name."""
    for statement in function.module.returns.get(function.node, ()):
        values = [statement.value]
        if isinstance(statement.value, ast.Name):
            bindings = function.scope.names.get(statement.value.id, ())
            values = [each.value for each in bindings]
        for value in values:
            inner = value.value if isinstance(value, ast.Await) else value
            if isinstance(inner, ast.Call):
                yield inner


def _schedules_callback(call: ast.Call, owner: ast.AST) -> bool:
    """Whether a coroutine leaves a callback that the loop runs in its next turn."""
    name = getattr(call.func, "attr", "")
    if name in ("call_soon", "call_soon_threadsafe"):
        return isinstance(owner, ast.AsyncFunctionDef)
    if name not in ("set_result", "set_exception"):
        return False
    assert isinstance(call.func, ast.Attribute)
    future = getattr(call.func.value, "id", "")
    return any(
        (isinstance(each, ast.Attribute) and each.attr == "add_done_callback")
        or (isinstance(each, ast.Call) and _is_given(future, each))
        for each in walk(owner)
    )


def _is_given(name: str, call: ast.Call) -> bool:
    """Whether a call gets what a name means: it may add callbacks of its own."""
    return any(isinstance(each, ast.Name) and each.id == name for each in call.args)


def _is_collected(call: ast.AST, module: Module, owner: ast.AST) -> bool:
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


def _assigned_calls(name: ast.Name, module: Module) -> Iterator[ast.Call]:
    """Yield the calls whose result a local name holds: ``coro = f()``."""
    scope = module.at.get(name)
    owner = scope.find(name.id) if scope else None
    if owner is None or owner.kind == "module":
        return
    for binding in owner.names.get(name.id, ()):
        if isinstance(binding.value, ast.Call):
            yield binding.value
