"""What a coroutine leaves behind when it returns: tasks, and context variables.

``await E`` is not ``run(E)``. A run wraps E in a task, gives the loop turns, and
isolates context variables; `asyncio.run` also cancels what is left. Which of this
matters depends on what E leaves behind.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from awaitify_codemods.facts.aftermath import NONE, Aftermath
from awaitify_codemods.facts.cancellations import Cancellations
from awaitify_codemods.facts.cancelling import waits
from awaitify_codemods.facts.collecting import assigned_calls, is_collected, result_of
from awaitify_codemods.facts.context_vars import context_of
from awaitify_codemods.facts.first_steps import FirstSteps
from awaitify_codemods.facts.foreign import KNOWN
from awaitify_codemods.facts.generators import is_unfinished
from awaitify_codemods.facts.handed_tasks import HandedTasks, denied_by
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.replaced import Replaced
from awaitify_codemods.facts.spawning import looks_at_task, schedules_callback, spawns
from awaitify_codemods.facts.switches import Switches
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Anonymous, External, Function, Value

_DEPTH = 12
# What leaves something behind mentions one of these.
_TRACES = re.compile(
    rb"create_task|ensure_future|call_soon|ContextVar|add_done_callback|\byield\b"
)


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
                for call in assigned_calls(each, module):
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
        found = context_of(call, module, owner, self.index)
        if schedules_callback(call, owner):
            found |= Aftermath(tasks=True)
        if getattr(call.func, "attr", "") == "run_in_executor":
            if not is_collected(call, module, owner):
                found |= Aftermath(teardown=True)
        if looks_at_task(call, module, owner, self.index):
            found |= Aftermath(looks=True)
        if spawns(call, module, self.index) and not is_collected(call, module, owner):
            steps = self._first_steps.of(call.args[0], module, depth)
            found |= Aftermath(
                steps.acts, *self._cancellations.of_task(call, module), steps.stores
            )
        for function in self.called(call, module):
            found |= self._of_called(call, function, module, owner, depth)
        return found

    def _of_called(
        self,
        call: ast.Call,
        function: Function,
        module: Module,
        owner: ast.AST,
        depth: int,
    ) -> Aftermath:
        """Return what a call leaves behind by what it calls."""
        found = NONE
        if self.handed_tasks.by_function(function, denied_by(call)):
            if not is_collected(result_of(call, function, module), module, owner):
                found |= self._handed_out(call, module, depth)
        if is_unfinished(call, function, module, self.index):
            found |= Aftermath(teardown=True)
        outer = module.parents[call]
        inner = self.of_function(function, depth + 1)
        if isinstance(outer, ast.Call) and spawns(outer, module, self.index):
            # A task has a context of its own; what it leaves, it leaves.
            inner = replace(inner, sets=frozenset(), reads=frozenset(), looks=False)
        return found | inner

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
            any(map(self._cancellations.acts, given)),
            any(waits(each.node.body) for each in given),
            frozenset().union(*(each.stores for each in steps)),
            spawned=frozenset(each.node.name for each in given),
        )

    @cached_property
    def handed_tasks(self) -> HandedTasks:
        """The functions that hand out the tasks they make."""
        return HandedTasks(self.index, self.called)

    @cached_property
    def _first_steps(self) -> FirstSteps:
        return FirstSteps(self.index, self.called)

    @cached_property
    def _cancellations(self) -> Cancellations:
        return Cancellations(self.index, self.called)


def may_leave(source: bytes) -> bool:
    """Whether one file mentions what leaves something behind."""
    return bool(_TRACES.search(source))
