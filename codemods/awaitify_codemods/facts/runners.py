"""Callables that drive a coroutine: known ones, and helpers recognised by body."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import dotted, every_argument
from awaitify_codemods.facts.runner import (
    COMPLETE,
    COROUTINE,
    FUNCTION,
    RUN,
    Runner,
    RunnerDecorator,
)
from awaitify_codemods.facts.runner_bodies import driven, is_returned
from awaitify_codemods.facts.runner_decorators import decorator_of
from awaitify_codemods.facts.runner_forms import parameterised
from awaitify_codemods.facts.values import (
    Anonymous,
    External,
    Function,
    Instance,
    Loop,
    Member,
    Partial,
    Value,
    Values,
)

_ASYNCIO_RUN = Runner(COROUTINE, RUN, "AW101", keyword="main", drops=("debug",))
_KNOWN = {
    "asyncio.run": _ASYNCIO_RUN,
    "asyncio.runners.run": _ASYNCIO_RUN,
    "anyio.run": Runner(FUNCTION, RUN, "AW104", drops=("backend", "backend_options")),
}
# Longer bodies do more than drive.
_LONGEST = 12


@dataclass(eq=False)
class Runners:
    """Recognises runners and runner decorators; remembers what it found."""

    index: Index
    _helpers: dict[ast.AST, Runner | None] = field(default_factory=dict)
    _decorators: dict[ast.AST, RunnerDecorator | None] = field(default_factory=dict)

    def of(self, values: Values) -> Runner | None:
        """Return the runner if every value is one, and all drive alike."""
        return _merged({self._of(value) for value in values})

    def _of(self, value: Value) -> Runner | None:
        match value:
            case External(name):
                return _KNOWN.get(name)
            case Member(Loop() as loop, "run_until_complete"):
                return Runner(COROUTINE, COMPLETE, "AW102", loop, keyword="future")
            case Member(Instance(External("asyncio.Runner")), "run"):
                return Runner(COROUTINE, COMPLETE, "AW103", keyword="coro")
            case Function() | Anonymous():
                return self.helper(value)
            case Partial(module, node):
                # partial(asyncio.run, debug=False): what is fixed means nothing
                if len(node.args) == 1 and _are_defaults(node.keywords):
                    return self.of(self.index.value(node.args[0], module))
        return None

    def helper(self, function: Function | Anonymous) -> Runner | None:
        """Return how a project's function drives its argument, if it does only that."""
        if function.node not in self._helpers:
            self._helpers[function.node] = None  # what recursion finds
            if isinstance(function, Anonymous):
                found = self._driven(function, function.node.body)
            elif isinstance(function.node, ast.FunctionDef):
                found = self._body(function)
            else:
                found = None
            self._helpers[function.node] = found
        return self._helpers[function.node]

    def _body(self, function: Function) -> Runner | None:
        if len(function.node.body) > _LONGEST or not every_argument(function.node.args):
            return None
        known = {"staticmethod", "classmethod"}
        decorators = {dotted(each) for each in function.node.decorator_list}
        if not decorators <= known:
            return None
        drives = list(driven(function.node.body, function.module, self.index))
        if not drives or any(drive is None for drive in drives):
            return None
        found = _merged({self._driven(function, drive) for drive in drives if drive})
        if found is None:
            return None
        returned = all(is_returned(drive, function.module) for drive in drives)
        return replace(found, returns=returned and found.returns)

    def _driven(self, function: Function | Anonymous, node: ast.expr) -> Runner | None:
        """Read ``RUNNER(parameter)`` in its variants."""
        if not isinstance(node, ast.Call) or not node.args:
            return None
        if not _are_defaults(node.keywords):
            return None
        inner = self.of(self.index.value(node.func, function.module))
        if inner is None or inner.form != COROUTINE or inner.limit is not None:
            return None
        outer = replace(inner, rule="AW105", definition=function, keyword="", drops=())
        if inner.loop is not None and inner.loop.scope is function.module.scopes.get(
            function.node
        ):
            # Made for each call, or fetched by it.
            own = inner.loop.kind == "new"
            outer = replace(outer, loop=None if own else inner.loop)
        return parameterised(function, outer, node.args[0], self.index)

    def decorator(self, function: Function) -> RunnerDecorator | None:
        """Return what a decorator does, if it only drives what it decorates."""
        if function.node not in self._decorators:
            self._decorators[function.node] = decorator_of(
                function, self.index, self.of
            )
        return self._decorators[function.node]


def _merged(found: set[Runner | None]) -> Runner | None:
    """Return the runner that stands for all, if they drive alike.

    Branches for old Pythons, and fall-backs: a helper of the project stands for
    what it falls back on, a loop for each call for one that is fetched.
    """
    known = {each for each in found if each is not None}
    alike = {(each.form, each.limit, each.returns) for each in known}
    if None in found or len(alike) != 1:
        return None
    return max(
        known,
        key=lambda each: (
            each.definition is not None,
            each.loop is None,
            each.boundary,
        ),
    )


def _are_defaults(keywords: list[ast.keyword]) -> bool:
    """Whether keyword arguments say what holds without them: ``debug=False``."""
    return all(
        each.arg == "debug"
        and isinstance(each.value, ast.Constant)
        and not each.value.value
        for each in keywords
    )
