"""Sync code that needs the current event loop, which async tests take away.

Once pytest-asyncio (1.4 and later) has run an async test, `get_event_loop` raises
in the sync tests and fixtures that run after it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from awaitify_codemods.facts.attributes import attribute
from awaitify_codemods.facts.in_doubt import NEEDING, WORDS
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, own_nodes, spelled
from awaitify_codemods.facts.values import Class, External, Function

_DEPTH = 10


@dataclass(eq=False)
class CurrentLoop:
    """Says which functions need the current loop; remembers what it found."""

    index: Index
    test_code: frozenset[str]
    _known: dict[ast.AST, str] = field(default_factory=dict)

    def modules(self) -> list[Module]:
        """Return the test code that may need it, itself or through what it calls."""
        search = self.index.words.files_with
        paths = {path for word in WORDS for path in search(word)}
        for path in sorted(paths - self.test_code):
            module = self.index.module(path)
            for function in self._needing(module) if module else ():
                name = function.owner.name if function.owner else function.node.name
                paths |= set(search(name))
        modules = [self.index.module(path) for path in sorted(paths & self.test_code)]
        return [module for module in modules if module]

    def _needing(self, module: Module) -> list[Function]:
        functions = [Function(module, node) for node in module.functions]
        return [each for each in functions if self.needs(each)]

    def needs(self, function: Function, depth: int = 0) -> str:
        """Return where a call of a function needs the current loop; "" if nowhere.

        Only what is certain to run counts: a default for a missing argument is not.
        """
        if function.is_async or depth > _DEPTH:
            return ""
        node = function.node
        if node not in self._known:
            self._known[node] = ""  # what a cycle finds
            self._known[node] = self._search(function, depth)
        return self._known[node]

    def _search(self, function: Function, depth: int) -> str:
        module = function.module
        if self._installs_loop(function):
            return ""
        for call in function.scope.calls:
            if not _is_certain(call, module, function.node):
                continue
            for value in self.index.value(call.func, module):
                if isinstance(value, External) and value.name in NEEDING:
                    if not any(each.arg == "loop" for each in call.keywords):
                        return f"{module.path}:{call.lineno}"
                for called in self._called(value):
                    if found := self.needs(called, depth + 1):
                        return found
        return ""

    def _called(self, value: object) -> list[Function]:
        if isinstance(value, Class):
            found = attribute(value, "__init__", self.index)
            return [each for each in found if isinstance(each, Function)]
        return [value] if isinstance(value, Function) else []

    def _installs_loop(self, function: Function) -> bool:
        return any(
            value == External("asyncio.set_event_loop")
            for call in function.scope.calls
            for value in self.index.value(call.func, function.module)
        )


def _is_certain(node: ast.AST, module: Module, function: ast.AST) -> bool:
    """Whether a call runs whenever its function does."""
    below = node
    for outer in module.enclosing(node):
        if outer is function:
            return True
        if isinstance(outer, (ast.IfExp, ast.BoolOp, ast.Lambda)):
            return False
        if isinstance(outer, ast.If) and below is not outer.test:
            return False
        if isinstance(outer, ast.Try) and outer.handlers and below in outer.body:
            return False
        below = outer
    return False


def is_certain(node: ast.AST, function: Function) -> bool:
    """Whether a call runs in any case, as far as the statements before it tell."""
    if not _is_certain(node, function.module, function.node):
        return False
    line = getattr(node, "lineno", 0)
    return not any(
        isinstance(each, (ast.Return, ast.Raise))
        or (isinstance(each, ast.Call) and _SKIPPING.search(spelled(each.func)))
        for each in own_nodes(function.node)
        if getattr(each, "lineno", 0) < line
    )


_SKIPPING = re.compile(r"(^|\.)(skip|skipTest|fail|xfail|importorskip)$")
