"""Overrides of pytest-asyncio's ``event_loop``: what they make, and what else they do.

pytest-asyncio has run async tests on the loop of this fixture until 1.0, which has
no such fixture, and does not look at overrides.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    fixture_name,
    keyword,
    scope_of,
    written,
)
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_bodies import (
    CONFIGURED,
    HOOKED,
    OTHER,
    OWN_CLASS,
    PLAIN,
    read_body,
)
from awaitify_codemods.facts.module import every_argument
from awaitify_codemods.facts.own_loops import OwnLoop
from awaitify_codemods.facts.reading import read
from awaitify_codemods.facts.values import NOTHING, Function, Values

__all__ = [
    "CONFIGURED",
    "CONFIGURING",
    "HOOKED",
    "NAME",
    "OTHER",
    "OWN_CLASS",
    "PLAIN",
    "LoopOverrides",
    "Override",
]

NAME = "event_loop"
CONFIGURING = "configured_event_loop"
"""What a fixture is called that tells the running loop what an override told its."""

_BUILT_IN = b"""
import asyncio
import pytest

@pytest.fixture
def event_loop():
    loop = asyncio.get_event_loop_policy().new_event_loop()
    yield loop
    loop.close()
"""


@dataclass(frozen=True)
class Override:
    """A fixture called ``event_loop``."""

    fixture: Function
    scope: str
    kind: str
    """PLAIN: it makes a loop, and ends it. CONFIGURED: it tells the loop something
    that a test can tell the running one. OWN_CLASS: the loop is of another kind than
    asyncio's own. HOOKED: so it is, and a hook can say so. OTHER: it does more, or is
    not understood."""
    why: str = ""
    """What is not understood, or what kind of loop it is."""
    kept: tuple[ast.stmt, ...] = ()
    """Of one that is CONFIGURED, what it tells the loop."""
    loop: str = ""
    """How it calls the loop there."""
    hook: OwnLoop | None = None
    """Of one that is HOOKED, what stands for it in a hook."""

    @property
    def may_go(self) -> bool:
        """Whether pytest-asyncio's own loop can stand for what it gives."""
        return self.kind in (PLAIN, CONFIGURED, HOOKED)


def built_in() -> Function:
    """Return the fixture that pytest-asyncio had, before 1.0."""
    module = read("<pytest_asyncio.plugin>", _BUILT_IN)
    return Function(module, module.functions[0])


@dataclass(eq=False)
class LoopOverrides:
    """Recognises what overrides the fixture; remembers it."""

    index: Index
    _known: dict[Function, Override | None] = field(default_factory=dict)

    def of(self, function: Function) -> Override | None:
        """Return what a function is, if it is a fixture of this name."""
        if function not in self._known:
            self._known[function] = None
            decorator = fixture_decorator(function, self.index)
            if decorator and fixture_name(function, self.index) == NAME:
                self._known[function] = self._judge(function, decorator)
        return self._known[function]

    def of_another_kind(self, function: Function) -> Values:
        """Return the loop that a fixture gives, if it is HOOKED."""
        override = self.of(function)
        if override is None or override.hook is None:
            return NOTHING
        return frozenset({override.hook.loop})

    def _judge(self, function: Function, decorator: ast.expr) -> Override:
        scope = scope_of(function, self.index)
        why = self._declared(function, decorator)
        if scope is None:
            why = "its scope is not written out"
        if why:
            return Override(function, scope or "session", OTHER, why)
        body = read_body(function, self.index)
        own = OwnLoop(function, self.index)
        if body.kind in (OWN_CLASS, OTHER) and own.is_read():
            return Override(function, scope or "", HOOKED, hook=own)
        return Override(
            function, scope or "", body.kind, body.why, body.kept, body.loop
        )

    def _declared(self, function: Function, decorator: ast.expr) -> str:
        """Return what is odd about how it is declared."""
        around = function.module.parents[function.node]
        if not isinstance(around, (ast.Module, ast.ClassDef)):
            return "it is there in some cases only"
        if function.is_async:
            return "it is a coroutine function"
        if len(function.node.decorator_list) > 1:
            return "it has other decorators"
        if written(decorator, "scope") is None or keyword(decorator, "params"):
            return "its declaration is not understood"
        if isinstance(decorator, ast.Call) and decorator.args:
            return "its declaration is not understood"
        for argument in every_argument(function.node.args):
            used = function.module.references(function.scope, argument.arg)
            if argument.arg not in ("self", "request") or used:
                return f"it asks for {argument.arg}"
        return ""
