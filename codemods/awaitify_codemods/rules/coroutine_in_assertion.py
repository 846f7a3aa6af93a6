"""AW542 coroutine-in-assertion."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from awaitify_codemods.blocking.frames import Replacements, coroutine_around, modules
from awaitify_codemods.blocking.unawaited import Makers, is_asserted
from awaitify_codemods.facts.module import Module
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work

_ASSERTION = re.compile(rb"^[ \t]+(?:assert\b|self\.assert)[^\n]*", re.MULTILINE)
_CALLED = re.compile(rb"\b(\w+)\(")


def asserts_a_call(source: bytes) -> bool:
    """Whether an assertion may look at what a call returns."""
    return any(_CALLED.search(line) for line in _ASSERTION.findall(source))


def _called(source: bytes) -> set[bytes]:
    lines = _ASSERTION.findall(source)
    return {name for line in lines for name in _CALLED.findall(line)}


class CoroutineInAssertion(Rule):
    """A coroutine is always true, and never None: an assertion about it says nothing.

    `assert service.is_ready()` passes whatever the service says, where `is_ready` is
    a coroutine function. To await it changes what is asserted, and may reveal that it
    was never so; it takes `--unsafe`.

    Nothing is said where the assertion is about the coroutine itself.
    """

    META = Meta(
        code="AW542",
        name="coroutine-in-assertion",
        summary="Await the coroutines that assertions look at.",
        safety=Safety.REVIEW,
        triggers=(b"async def",),
        examples=(
            Example(
                "an assertion that cannot fail",
                before="""
                    import pytest

                    class Service:
                        async def is_ready(self):
                            return True

                    @pytest.mark.asyncio
                    async def test_ready():
                        service = Service()
                        assert service.is_ready()
                """,
                after="""
                    import pytest

                    class Service:
                        async def is_ready(self):
                            return True

                    @pytest.mark.asyncio
                    async def test_ready():
                        service = Service()
                        assert await service.is_ready()
                """,
            ),
            Example.unchanged(
                "an assertion about the coroutine",
                """
                    import inspect

                    import pytest

                    class Service:
                        async def is_ready(self):
                            return True

                    @pytest.mark.asyncio
                    async def test_ready():
                        assert inspect.iscoroutinefunction(Service().is_ready)
                        assert inspect.isawaitable(Service().is_ready())
                """,
            ),
        ),
        glance=asserts_a_call,
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Await what assertions in coroutines take for a value."""
        makers = Makers(work, Replacements(work))
        known = work.index.words.coroutines.keys()

        def calls_one(source: bytes) -> bool:
            return not known.isdisjoint(_called(source))

        # Of other files not even the syntax tree is needed.
        for module in modules(replace(self.META, glance=calls_one), work):
            for name in sorted(_called(module.source) & known):
                for use in module.uses.get(name.decode(), ()):
                    call = module.parents[use]
                    if isinstance(call, ast.Call) and call.func is use:
                        yield from _decided(call, module, makers, work)


def _decided(
    call: ast.Call, module: Module, makers: Makers, work: Work
) -> Iterator[Decision]:
    if not is_asserted(call, module):
        return
    by = coroutine_around(call, module, work)
    made = makers.made(call, by) if by else None
    if made is None:
        return
    message = f"{made.name}() makes a coroutine, which says nothing until it is awaited"
    if made.refusal:
        message = f"{message}; {made.refusal.message}"
        yield Decision.left(module, call, made.refusal.reason, message)
        return
    message = f"{message}: what the assertion says may be revealed as wrong"
    yield Decision(module, call, "await-call", message=message)
