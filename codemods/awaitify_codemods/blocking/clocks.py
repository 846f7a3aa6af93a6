"""Why a sleep is not what it seems to be: clocks and sleeps that tests replace."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.facts.anyio_suites import are_marked_anyio
from awaitify_codemods.facts.asyncio_patches import is_collected, replaced
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.work import Work

_CLOCKS = (
    b"freezegun",
    b"freeze_time",
    b"time_machine",
    b"time-machine",
    b"freezer",
    b"looptime",
    b"ClockedTestCase",
    b"VirtualClock",
    b"loop.time =",
)
_WATCHED = (b"slow_callback", b"blockbuster", b"set_debug(True")


@dataclass(eq=False)
class Clocks:
    """Says why a function's sleeps stay; remembers where sleeps are replaced."""

    work: Work
    _replaced: list[tuple[Module, ast.AST]] | None = field(default=None)

    def refusal(self, function: Function) -> Refusal | None:
        """Return why time is not what passes, or passes what, in a function."""
        module = function.module
        for home in (module, *self._conftests(module)):
            for word in _CLOCKS:
                if word in home.source:
                    message = f"{word.decode()} in {home.path}: time may not pass"
                    return Refusal("clocked-test", message)
        for word in _WATCHED:
            if word in module.source:
                message = f"{word.decode()} in {module.path}: blocking may be seen"
                return Refusal("loop-asserted", message)
        if b"trio" in module.source:
            return Refusal("anyio-or-trio", "the file is about trio, too")
        if b"mark.anyio" in module.source and not are_marked_anyio(
            function, self.work.fixtures, self.work.index
        ):
            return Refusal("anyio-or-trio", "anyio may run it on another loop")
        return self._patched(function)

    def _conftests(self, module: Module) -> list[Module]:
        """Return the conftest files in whose folders a file is."""
        folder = module.path.rpartition("/")[0]
        found: list[Module] = []
        for path in self.work.tests:
            above, _, name = path.rpartition("/")
            if name == "conftest.py" and f"{folder}/".startswith(
                f"{above}/" if above else ""
            ):
                each = self.work.index.module(path)
                if each is not None and each is not module:
                    found.append(each)
        return found

    def _patched(self, function: Function) -> Refusal | None:
        if self._replaced is None:
            index, code = self.work.index, self.work.references.test_code
            self._replaced = list(replaced("sleep", index, code))
        for home, node in self._replaced:
            if home is not function.module and is_collected(home):
                continue
            if not _is_of_another_test(home, node, function):
                where = f"{home.path}:{getattr(node, 'lineno', 1)}"
                return Refusal("clocked-test", f"sleep is replaced there ({where})")
        return None


def _is_of_another_test(home: Module, node: ast.AST, function: Function) -> bool:
    """Whether what replaces something does so for one other test alone."""
    for outer in home.enclosing(node):
        if isinstance(outer, FUNCTIONS) and is_test(Function(home, outer)):
            own = (function.node, *function.module.enclosing(function.node))
            return outer not in own
    return False
