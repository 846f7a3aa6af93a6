"""What unittest calls around a test, and in which order the bases have their turn."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitify_codemods.facts.cases import SET_UPS, Cases
from awaitify_codemods.facts.class_loops import is_super_call
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Class, Function


@dataclass(frozen=True, eq=False)
class SetUps:
    """Finds the set-ups of bases."""

    index: Index
    cases: Cases

    def above(self, function: Function) -> list[Function]:
        """Return the set-ups that ``super().setUp()`` calls, in any subclass."""
        assert function.owner is not None
        owner = Class(function.module, function.owner)
        found: dict[Function, None] = {}
        for case in self.cases.running(function):
            bases = [each for each in self.index.mro(case) if isinstance(each, Class)]
            after = bases[bases.index(owner) + 1 :] if owner in bases else []
            methods = (_defined(each, function.node.name) for each in after)
            first = next((each for each in methods if each is not None), None)
            if first is not None:
                found[first] = None
        return list(found)

    def around(self, test: Function) -> list[Function]:
        """Return the set-ups that run around a test."""
        found: dict[Function, None] = {}
        for case in self.cases.running(test):
            for base in self.index.mro(case):
                for name in SET_UPS if isinstance(base, Class) else ():
                    assert isinstance(base, Class)
                    if method := _defined(base, name):
                        found[method] = None
        return list(found)


def keeps_order(function: Function, gone: set[ast.AST]) -> bool:
    """Whether a base's set-up may run by itself: before ``asyncSetUp``, after its twin.

    unittest calls `setUp`, `asyncSetUp`, the test, `asyncTearDown`, `tearDown`: the
    call of the base's has to stand first, or last.

    Args:
        function: a set-up that becomes async, of a class whose base's stays sync.
        gone: statements that go.

    """
    body = [
        each
        for each in function.node.body
        if each not in gone
        and not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]
    calls = [each for each in body if is_super_call(each, function.node.name)]
    place = 0 if function.node.name == "setUp" else -1
    mentions = sum(
        isinstance(each, ast.Attribute) and each.attr == function.node.name
        for each in walk(function.node)
    )
    return len(calls) == 1 == mentions and body[place] is calls[0]


def super_calls(function: Function) -> list[ast.Call]:
    """Return the calls of the same method of ``super()``, wherever they stand."""
    return [
        each
        for each in walk(function.node)
        if isinstance(each, ast.Call)
        and is_super_call(ast.Expr(each), function.node.name)
    ]


def _defined(owner: Class, name: str) -> Function | None:
    for binding in owner.module.scopes[owner.node].names.get(name, ()):
        if isinstance(binding.node, FUNCTIONS):
            return Function(owner.module, binding.node)
    return None
