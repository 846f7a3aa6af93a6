"""Callables that drive a coroutine: known ones, and helpers recognised by body."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from awaitify_codemods.facts.declared import Declared
from awaitify_codemods.facts.foreign_cases import OWN_LOOP
from awaitify_codemods.facts.harmful import decorates, hands_on, harm
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import dotted, every_argument
from awaitify_codemods.facts.runner import (
    COMPLETE,
    CONVERTER,
    COROUTINE,
    FACTORY,
    FUNCTION,
    RUN,
    UNKNOWN,
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
ASYNC_TO_SYNC = External("asgiref.sync.async_to_sync")
CONVERTING = Runner(CONVERTER, RUN, "AW355")
"""How ``async_to_sync(f)(*args)`` drives: on a loop of its own, in another thread."""
# Longer bodies do more than drive.
_LONGEST = 12


@dataclass(eq=False)
class Runners:
    """Recognises runners and runner decorators; remembers what it found."""

    index: Index
    declared: Declared | None = None
    """What the user says of names."""
    _helpers: dict[ast.AST, Runner | None] = field(default_factory=dict)
    _decorators: dict[ast.AST, RunnerDecorator | None] = field(default_factory=dict)

    def of(self, values: Values) -> Runner | None:
        """Return the runner if every value is one, and all drive alike."""
        return _merged({self._of(value) for value in values})

    def _of(self, value: Value) -> Runner | None:
        match value:
            case External(name):
                return _KNOWN.get(name) or self._said(value)
            case Member(Loop(library="tornado") as loop, "run_sync"):
                return Runner(FACTORY, COMPLETE, "AW357", loop, keyword="func")
            case Member(Loop(library="asyncio") as loop, "run_until_complete"):
                return Runner(COROUTINE, COMPLETE, "AW102", loop, keyword="future")
            case Member(of, "run_until_complete") if of == OWN_LOOP:
                return Runner(
                    COROUTINE, COMPLETE, "AW102", keyword="future", keeps=True
                )
            case Member(Instance(External("asyncio.Runner")), "run"):
                return Runner(COROUTINE, COMPLETE, "AW103", keyword="coro")
            case Function() | Anonymous():
                return self.helper(value)
            case Partial(module, node):
                # partial(asyncio.run, debug=False): what is fixed means nothing
                if len(node.args) == 1 and _are_defaults(node.keywords):
                    return self.of(self.index.value(node.args[0], module))
            case Member():
                return self._said(value)
        return None

    def _said(self, value: Value) -> Runner | None:
        """Return what the user says, unless the source shows that it does harm."""
        if not self.is_declared(value) or self.harm({value}):
            return None
        source = self.index.behind(value)
        function = value if isinstance(value, (Function, Anonymous)) else None
        returns = not isinstance(source, Function) or hands_on(source)
        return Runner(
            COROUTINE,
            UNKNOWN,
            "AW105",
            definition=function,
            returns=returns,
            declared=True,
        )

    def is_declared(self, value: Value) -> bool:
        """Whether the user says that a value is a runner."""
        return self.declared is not None and self.declared.is_runner(value)

    def harm(self, values: Iterable[Value]) -> tuple[str, str] | None:
        """Return why runners that the user names are left: what their source shows."""
        for value in values:
            source = self.index.behind(value) if self.is_declared(value) else None
            if isinstance(source, Function) and self._recognised(source) is None:
                if found := harm(source):
                    return found
        return None

    def helper(self, function: Function | Anonymous) -> Runner | None:
        """Return how a project's function drives its argument, if it does only that.

        Or if the user says that it drives it.
        """
        return self._recognised(function) or self._said(function)

    def _recognised(self, function: Function | Anonymous) -> Runner | None:
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
            found = decorator_of(function, self.index, self.of)
            self._decorators[function.node] = found or self._said_to_decorate(function)
        return self._decorators[function.node]

    def decorating(self, value: Value) -> RunnerDecorator | None:
        """Return the same for any value, which the user may say is a runner."""
        if isinstance(value, Function):
            return self.decorator(value)
        if value == ASYNC_TO_SYNC:
            return RunnerDecorator(None, CONVERTING, True)
        source = self.index.behind(value) if self.is_declared(value) else None
        if isinstance(source, Function):
            return self._said_to_decorate(source)
        said = self._said(value)
        return RunnerDecorator(None, said, False) if said else None

    def _said_to_decorate(self, function: Function) -> RunnerDecorator | None:
        said = self._said(function)
        wraps = decorates(function) if said else None
        if said is None or wraps is None:
            return None
        return RunnerDecorator(function, said, wraps)


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
            each.declared,
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
