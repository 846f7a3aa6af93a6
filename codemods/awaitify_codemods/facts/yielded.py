"""What tornado's generator coroutines yield, and how a coroutine function says it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.aftermath import NONE
from awaitify_codemods.facts.aftermaths import Aftermaths
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, own_nodes
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
    there is (futures of threads, Twisted's) only `convert_yielded` understands.
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
        return AWAIT if self._is_awaitable(value, function) else CONVERT

    def _is_awaitable(self, node: ast.expr, function: Function) -> bool:
        module = function.module
        if not isinstance(node, ast.Call):
            values = self.index.value(node, module)
            return bool(values) and all(
                external_name(each) in FUTURES for each in values
            )
        values = self.index.value(node.func, module)
        values = values or self._fetched(node.func, module)
        return bool(values) and all(
            self._gives_awaitable(each, node, function) for each in values
        )

    def _gives_awaitable(
        self, value: Value, call: ast.Call, function: Function
    ) -> bool:
        if not gives_awaitable(value, self.index):
            return False
        found = self.index.behind(value)
        if isinstance(found, Function) and found.is_async:
            return self._is_neutral(found, call, function)
        return external_name(value) not in COROUTINES or not _schedules(function)

    def _is_neutral(
        self, coroutine: Function, call: ast.Call, function: Function
    ) -> bool:
        """Whether nobody notices that a coroutine has no task of its own.

        A task gives those that are scheduled a turn, and has a context.
        """
        left = self.aftermaths.of_expression(call, function.module)
        left |= self.aftermaths.of_function(coroutine)
        return left == NONE and not _schedules(function)

    def _fetched(self, func: ast.expr, module: Module) -> frozenset[Value]:
        """``self.http_client.fetch``: what a base of tornado gives its tests."""
        match func:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="self"), attr="http_client"),
                attr="fetch",
            ) if not module.stores.get("http_client"):
                return frozenset({External("tornado.httpclient.fetch")})
        return frozenset()


def _schedules(function: Function) -> bool:
    """Whether a test schedules something itself, which may count turns."""
    return any(
        isinstance(each, (ast.Attribute, ast.Name))
        and getattr(each, "attr", getattr(each, "id", "")) in _SCHEDULERS
        for each in own_nodes(function.node)
    )
