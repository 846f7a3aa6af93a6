"""Fixtures that only make a loop, or a runner, for those that ask for it.

``loop = asyncio.new_event_loop(); yield loop; loop.close()``, ``return asyncio.run``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    is_autouse,
    scope_of,
)
from awaitify_codemods.facts.fixtures import Fixtures, is_parametrized, marks_of
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import is_life_cycle, loops
from awaitify_codemods.facts.loop_overrides import LoopOverrides
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.values import External, Function, Loop

# pytest-asyncio makes the loops of its tests by it.
_SPECIAL = frozenset({"event_loop_policy"})


@dataclass(eq=False)
class LoopFixtures:
    """Recognises fixtures that give loops and runners; remembers them."""

    index: Index
    fixtures: Fixtures
    runners: Runners
    test_code: frozenset[str]
    overrides: LoopOverrides
    _known: dict[Function, str] = field(default_factory=dict)
    _installing: dict[Function, bool] = field(default_factory=dict)

    def gives(self, function: Function) -> str:
        """Return "loop" or "runner" if a fixture gives nothing else; "" if it does."""
        if function not in self._known:
            self._known[function] = ""  # what a cycle finds
            self._known[function] = self._judge(function)
        return self._known[function]

    def _judge(self, function: Function) -> str:
        if override := self.overrides.of(function):
            return "loop" if override.may_go else ""
        if function.is_async or function.module.path not in self.test_code:
            return ""
        decorator = fixture_decorator(function, self.index)
        if decorator is None or len(function.node.decorator_list) > 1:
            return ""
        if function.node.name in _SPECIAL or is_autouse(function, self.index):
            return ""
        if scope_of(function, self.index) is None:
            return ""
        kinds = list(self._given(function.node.body, function.module))
        return kinds[0] if len(kinds) == 1 else ""

    def installs(self, function: Function) -> bool:
        """Whether a fixture only makes a loop the current one, for all that see it."""
        if function not in self._installing:
            self._installing[function] = (
                not function.is_async
                and function.module.path in self.test_code
                and function.node.name not in _SPECIAL
                and len(function.node.decorator_list) == 1
                and is_autouse(function, self.index)
                and scope_of(function, self.index) is not None
                and self._only_installs(function)
            )
        return self._installing[function]

    def _only_installs(self, function: Function) -> bool:
        module = function.module
        kinds = list(self._given(_without_empty_yields(function.node.body), module))
        makes = any(
            isinstance(value, Loop) and value.kind == "new"
            for call in function.scope.calls
            for value in self.index.value(call, module)
        )
        return (
            set(kinds) <= {"loop"}
            and makes
            and any(
                value == External("asyncio.set_event_loop")
                for call in function.scope.calls
                if not any(isinstance(each, ast.Constant) for each in call.args)
                for value in self.index.value(call.func, module)
            )
        )

    def _given(self, body: Iterable[ast.stmt], module: Module) -> Iterator[str]:
        """Yield what is given, "" for any statement that does something else."""
        for statement in body:
            match statement:
                case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
                    continue
                case ast.Return(value=ast.expr() as value):
                    yield self._kind(value, module)
                case ast.Expr(value=ast.Yield(value=ast.expr() as value)):
                    yield self._kind(value, module)
                case ast.Try(body=inner, handlers=[], orelse=[], finalbody=final):
                    yield from self._given([*inner, *final], module)
                case ast.FunctionDef() if self.runners.helper(
                    Function(module, statement)
                ):
                    continue
                case ast.Expr(value=ast.Call(func=func)) if (
                    self.index.value(func, module) == _COLLECT
                ):
                    continue
                case _ if is_life_cycle(statement, module, self.index):
                    continue
                case _:
                    yield ""

    def _kind(self, value: ast.expr, module: Module) -> str:
        values = self.index.value(value, module)
        made = loops(values)
        if made:
            return "loop" if all(map(self._is_made, made)) else ""
        runner = self.runners.of(values)
        if runner is None or (runner.loop and not self._is_made(runner.loop)):
            return ""
        return "runner"

    def _is_made(self, loop: Loop) -> bool:
        """Whether a loop is made for those that ask for it."""
        maker = self.maker(loop) if loop.kind != "new" else None
        return loop.kind == "new" or bool(maker and self.overrides.of(maker))

    def maker(self, loop: Loop | None) -> Function | None:
        """Return the fixture that makes a loop for others; None if none does."""
        if loop is None or not isinstance(loop.scope.node, ast.FunctionDef):
            return None
        function = Function(loop.module, loop.scope.node)
        return function if self.gives(function) else None

    def asked(self, function: Function) -> dict[str, Function]:
        """Return the fixtures of this kind that a function asks for, by name.

        A coroutine function has no use for other loops than that of ``event_loop``.
        """
        return {
            name: fixture
            for name, fixture in self.fixtures.asked(function).items()
            if self.gives(fixture)
            and not is_parametrized(function, name)
            and (not function.is_async or self._is_event_loop(fixture))
        }

    def _is_event_loop(self, fixture: Function) -> bool:
        makers = self._makers(fixture)
        return bool(makers) and all(map(self.overrides.of, makers))

    def is_event_loop(self, function: Function) -> bool:
        """Whether a function asks for ``event_loop``, be it by another name."""
        return any(map(self._is_event_loop, self.asked(function).values()))

    def dropped(self, function: Function) -> dict[str, Function]:
        """Return those that an async function need not ask for any more.

        What the marks of its class or module ask for stays.
        """
        found = self.asked(function)
        if not found or fixture_decorator(function, self.index):
            return found
        own = set(function.node.decorator_list)
        around = {
            name
            for mark in marks_of(function)
            if mark not in own
            for name in self.fixtures.marked(mark, function.module)
        }
        return {name: each for name, each in found.items() if name not in around}

    def marks(self, function: Function) -> Iterator[tuple[int, ast.Call, list[str]]]:
        """Yield the decorators that ask for fixtures: which one, and the names."""
        for number, decorator in enumerate(function.node.decorator_list):
            names = self.fixtures.marked(decorator, function.module)
            if names and isinstance(decorator, ast.Call):
                yield number, decorator, names

    def loops_of(self, function: Function) -> set[Function]:
        """Return the fixtures that make the loops which a function is given."""
        found: set[Function] = set()
        for fixture in self.asked(function).values():
            found |= self._makers(fixture)
        return found

    def _makers(self, fixture: Function) -> set[Function]:
        if self.overrides.of_another_kind(fixture):
            return {fixture}
        found: set[Function] = set()
        for value in self.fixtures.given_by(fixture):
            loop = value if isinstance(value, Loop) else None
            runner = self.runners.of(frozenset({value}))
            maker = self.maker(loop or (runner.loop if runner else None))
            if maker is not None:
                found.add(maker)
        return found


def _without_empty_yields(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, those of ``try ... finally`` one by one."""
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Yield(value=None | ast.Constant(value=None))):
                continue
            case ast.Try(body=inner, handlers=[], orelse=[], finalbody=final):
                yield from _without_empty_yields([*inner, *final])
            case _:
                yield statement


_COLLECT = frozenset({External("gc.collect")})
