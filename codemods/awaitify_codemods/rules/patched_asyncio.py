"""AW333 patched-asyncio."""

from collections.abc import Iterator

from awaitify_codemods.facts.fixture_decorators import fixture_decorator, is_autouse
from awaitify_codemods.facts.glances import may_replace_asyncio
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.replacements import (
    Replacement,
    replaced_at_import,
    replaced_by,
)
from awaitify_codemods.facts.values import Function
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.strict import fast_sleep
from awaitify_codemods.work import Work


class PatchedAsyncio(Rule):
    """No fixture replaces functions of asyncio for every test.

    A sleep that returns at once never lets another task run: a loop that polls spins
    for ever, and what goes wrong between tasks is not seen. An autouse fixture that
    replaces a function of asyncio, and an assignment that nothing undoes, is reported.

    With `--unsafe` a fixture that only skips sleeping becomes `fast_sleep`, which
    gives the loop a turn, and which the tests request that may sleep: those that call
    `asyncio.sleep` through code that can be read, and coroutine tests of which that
    is not known. It stays autouse where tests look at what it puts in the place of
    `sleep`, or ask for it by name.
    """

    META = Meta(
        code="AW333",
        name="patched-asyncio",
        summary="Let tests request a fast sleep, instead of patching asyncio for all.",
        safety=Safety.REVIEW,
        triggers=(b"asyncio",),
        examples=(
            Example(
                "with --unsafe",
                before="""
                    import asyncio
                    from unittest.mock import AsyncMock

                    import pytest

                    @pytest.fixture(autouse=True)
                    def no_sleep(monkeypatch):
                        monkeypatch.setattr(asyncio, "sleep", AsyncMock())

                    async def poll():
                        await asyncio.sleep(5)
                        return 1

                    @pytest.mark.asyncio
                    async def test_poll():
                        assert await poll() == 1

                    def test_numbers():
                        assert sorted([2, 1]) == [1, 2]
                """,
                after="""
                    import asyncio

                    import pytest

                    @pytest.fixture
                    def fast_sleep(monkeypatch):
                        \"\"\"Sleep no longer than it takes to let other tasks run.\"\"\"
                        real_sleep = asyncio.sleep

                        async def sleep(delay, result=None):
                            await real_sleep(0)
                            return result

                        monkeypatch.setattr(asyncio, "sleep", sleep)

                    async def poll():
                        await asyncio.sleep(5)
                        return 1

                    @pytest.mark.asyncio
                    @pytest.mark.usefixtures("fast_sleep")
                    async def test_poll():
                        assert await poll() == 1

                    def test_numbers():
                        assert sorted([2, 1]) == [1, 2]
                """,
            ),
            Example.unchanged(
                "it does more than to skip sleeping",
                """
                    import asyncio

                    import pytest

                    @pytest.fixture(autouse=True)
                    def delays(monkeypatch):
                        found = []

                        async def sleep(delay):
                            found.append(delay)

                        monkeypatch.setattr(asyncio, "sleep", sleep)
                        return found
                """,
            ),
        ),
        stands_apart=True,
        glance=may_replace_asyncio,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Report what is replaced for everything, and replace what only skips."""
        for module in work.like(self.META):
            for replacement in replaced_at_import(module, work.index):
                if replacement.name not in _SHIMS:
                    message = f"asyncio.{replacement.name} is replaced, and stays so"
                    yield _reported(module, replacement, message)
            for node in module.functions:
                fixture = Function(module, node)
                if not fixture_decorator(fixture, work.index):
                    continue
                if is_autouse(fixture, work.index):
                    yield from _of_fixture(fixture, work)


_SHIMS = frozenset({"coroutine"})
"""What old libraries look for, and asyncio has no more."""


def _of_fixture(fixture: Function, work: Work) -> Iterator[Decision]:
    found = replaced_by(fixture, work.index)
    if not found:
        return
    names = ", ".join(f"asyncio.{each.name}" for each in found)
    message = f"{fixture.node.name} replaces {names} for all tests that see it"
    planned = fast_sleep.planned(fixture, found, work)
    if isinstance(planned, str):
        yield _reported(fixture.module, found[0], f"{message}; {planned}")
    else:
        yield from fast_sleep.decisions(planned, message, work)


def _reported(module: Module, replacement: Replacement, message: str) -> Decision:
    return Decision(module, replacement.node, "", message=message, status=REPORT)
