"""What tornado's generator coroutines yield, and how a coroutine function says it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.aftermath import NONE
from awaitify_codemods.facts.aftermaths import Aftermaths
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, own_nodes, spelled
from awaitify_codemods.facts.tornado import COROUTINES, FUTURES, gives_awaitable
from awaitify_codemods.facts.values import (
    External,
    Function,
    Value,
    external_name,
)

AWAIT, MULTI, CONVERT, TURN = "await", "multi", "convert", "turn"
_SCHEDULERS = frozenset(
    "create_task ensure_future call_soon call_later call_at call_soon_threadsafe "
    "add_callback spawn_callback add_future add_timeout add_callback_from_signal "
    "add_done_callback submit run_in_executor".split()
)


@dataclass(frozen=True, eq=False)
class Yielded:
    """Judges what a generator yields.

    tornado makes a task of a coroutine that is yielded; of a future it takes the
    result, as `await` does; lists and dicts are waited for together. What else
    there is (None, futures of threads, Twisted's) cannot be awaited, not even by
    way of `convert_yielded`.
    """

    index: Index
    aftermaths: Aftermaths

    def form(self, node: ast.Yield, function: Function) -> str:
        """Return await, multi, convert or turn; "" for what tornado does not take."""
        value, module = node.value, function.module
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            return TURN
        if self.index.value(value, module) == {External("tornado.gen.moment")}:
            return TURN
        if isinstance(value, (ast.List, ast.ListComp, ast.Dict, ast.DictComp)):
            return MULTI
        if isinstance(value, (ast.Tuple, ast.Constant, ast.Set)):
            return ""
        called = self._call(value, function)
        if called is None:
            values = self.index.value(value, module)
            known = values and all(external_name(each) in FUTURES for each in values)
            return AWAIT if known else ""
        functions = self._functions(called, module)
        if not functions or not all(
            gives_awaitable(each, self.index) for each in functions
        ):
            return ""
        neutral = all(self._is_neutral(each, called, function) for each in functions)
        return AWAIT if neutral else CONVERT

    def _call(self, node: ast.expr, function: Function) -> ast.Call | None:
        """Return the call that makes what is yielded, at once or for a variable."""
        if isinstance(node, ast.Name):
            bindings = function.scope.names.get(node.id, [])
            match [each.node for each in bindings]:
                case [ast.Assign(targets=[ast.Name()], value=value)]:
                    node = value
        return node if isinstance(node, ast.Call) else None

    def _functions(self, call: ast.Call, module: Module) -> frozenset[Value]:
        """Return what a call may call; of an unknown object, all methods so called."""
        values = self.index.value(call.func, module)
        if values or not isinstance(call.func, ast.Attribute):
            return values
        if call.func.attr == "fetch" and "client" in spelled(call.func.value).lower():
            return frozenset({External(f"tornado.{call.func.attr}")})
        found: set[Value] = set()
        for path in self.index.words.files_with(call.func.attr):
            home = self.index.module(path)
            for node in home.functions if home else ():
                if home and node.name == call.func.attr and home.class_of(node):
                    found.add(Function(home, node))
        return frozenset(found)

    def _is_neutral(self, value: Value, call: ast.Call, function: Function) -> bool:
        """Whether nobody notices that a coroutine has no task of its own.

        A task gives those that are scheduled a turn, and has a context.
        """
        found = self.index.behind(value)
        if not isinstance(found, Function):
            return external_name(value) not in COROUTINES or not _schedules(function)
        if not found.is_async:
            return True
        left = self.aftermaths.of_expression(call, function.module)
        left |= self.aftermaths.of_function(found)
        return left == NONE and not _schedules(function)


def _schedules(function: Function) -> bool:
    """Whether a test schedules something itself, which may count turns."""
    return any(
        isinstance(each, (ast.Attribute, ast.Name))
        and getattr(each, "attr", getattr(each, "id", "")) in _SCHEDULERS
        for each in own_nodes(function.node)
    )
