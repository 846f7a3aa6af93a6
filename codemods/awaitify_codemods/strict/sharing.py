"""Which tests share state that remembers a loop, each on a loop of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from awaitify_codemods.facts.asyncio_marks import asyncio_marks, marked_scope
from awaitify_codemods.facts.fixture_decorators import is_autouse, scope_of
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.shared_state import State
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.strict.repairs import needed_scope
from awaitify_codemods.work import Work

_DEPTH = 8


@dataclass(eq=False)
class Sharing:
    """Follows the calls that tests make for certain; remembers them."""

    work: Work
    _called: dict[ast.AST, list[Function]] = field(default_factory=dict)

    def tests(self, state: State) -> list[Function]:
        """Return the tests that make a state, or find what another one has made."""
        found = []
        for path in sorted(self.work.tests):
            module = self.work.index.module(path)
            for node in module.functions if module else ():
                assert module is not None
                test = Function(module, node)
                if is_test(test) and self.has_own_loop(test):
                    if self._reaches([test, *self.work.users.used(test)], state):
                        found.append(test)
        return found

    def made_before(self, state: State, tests: Iterable[Function]) -> bool:
        """Whether a fixture may make it before those that tests just get."""
        fixtures = {each for test in tests for each in self.work.users.used(test)}
        return any(
            self._reaches([each], state)
            for each in fixtures
            if is_autouse(each, self.work.index)
            or scope_of(each, self.work.index) != "function"
        )

    def has_own_loop(self, test: Function) -> bool:
        """Whether a test certainly runs on a loop that no other test has."""
        work = self.work
        if test in work.coloured:
            return work.colouring.scopes.get(test, "function") == "function"
        if not test.is_async:
            return False
        running = work.cases.running(test)
        if running:
            return all(work.cases.is_isolated(each) for each in running)
        if test.owner and not test.owner.name.startswith("Test"):
            return False
        if work.mode(test.module.path) == "strict":
            if next(asyncio_marks(test, work.index), None) is None:
                return False
        elif work.mode(test.module.path) != "auto":
            return False
        _, default = work.default_scopes(test.module.path)
        said = marked_scope(test, work.index)
        own = (said or default or "function") if said is not None else ""
        return own == "function" == needed_scope(test, work)

    def _reaches(self, functions: list[Function], state: State) -> bool:
        pending, seen = [(each, 0) for each in functions], set(functions)
        while pending:
            function, depth = pending.pop()
            if function == state.setter:
                return True
            for each in self._calls(function) if depth < _DEPTH else ():
                if each not in seen:
                    seen.add(each)
                    pending.append((each, depth + 1))
        return False

    def _calls(self, function: Function) -> list[Function]:
        """Return what a function calls whenever it runs."""
        if function.node not in self._called:
            module, index = function.module, self.work.index
            found: list[Function] = []
            for call in function.scope.calls:
                if _is_certain(call, function):
                    for value in index.value(call.func, module):
                        if isinstance(value, Function):
                            found.append(value)
                        elif isinstance(value, Class):
                            found += _initialiser(value, self.work)
            self._called[function.node] = found
        return self._called[function.node]


def _initialiser(owner: Class, work: Work) -> list[Function]:
    for base in work.index.mro(owner):
        if isinstance(base, Class):
            for node in base.node.body:
                if isinstance(node, FUNCTIONS) and node.name == "__init__":
                    return [Function(base.module, node)]
    return []


def _is_certain(call: ast.Call, function: Function) -> bool:
    """Whether a call runs whenever its function does."""
    below: ast.AST = call
    for outer in function.module.enclosing(call):
        if outer is function.node:
            return True
        match outer:
            case ast.IfExp() | ast.BoolOp() | ast.Lambda() | ast.ExceptHandler():
                return False
            case ast.If(test=test) | ast.While(test=test) if below is not test:
                return False
            case ast.For(iter=given) | ast.AsyncFor(iter=given) if below is not given:
                return False
        below = outer
    return False
