"""AW502 run-with-timeout."""

import ast
from collections.abc import Iterator

from awaitify_codemods.bounds.limiters import limiters, repaired
from awaitify_codemods.facts.module import Module
from awaitify_codemods.plan import Argument
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class RunWithTimeout(Rule):
    """A helper with a time-out gets what it awaits.

    Some helpers around `asyncio.wait_for` take a coroutine, others a function that
    they call themselves. A call that gives one of them what the other wants fails
    whenever it is reached: it gets a call more, or one less, where the helper has one
    use for the parameter, and what it is given is a coroutine function for certain
    that needs no argument. A test that is to fail, or that catches what the call
    raises, is left.
    """

    META = Meta(
        code="AW502",
        name="run-with-timeout",
        summary="Give helpers with a time-out the coroutine, or the function, they want.",
        safety=Safety.SAFE,
        triggers=(b"wait_for", b"timeout("),
        beside=(b"async def",),
        examples=(
            Example(
                "a helper that awaits a coroutine",
                before="""
                    import asyncio

                    import pytest

                    async def fetch():
                        return 1

                    async def within(coro, timeout=1):
                        return await asyncio.wait_for(coro, timeout)

                    @pytest.mark.asyncio
                    async def test_fetch():
                        assert await within(fetch) == 1
                """,
                after="""
                    import asyncio

                    import pytest

                    async def fetch():
                        return 1

                    async def within(coro, timeout=1):
                        return await asyncio.wait_for(coro, timeout)

                    @pytest.mark.asyncio
                    async def test_fetch():
                        assert await within(fetch()) == 1
                """,
            ),
            Example.unchanged(
                "a helper that takes both",
                """
                    import asyncio
                    import inspect

                    import pytest

                    async def fetch():
                        return 1

                    async def within(what, timeout=1):
                        if inspect.iscoroutinefunction(what):
                            what = what()
                        return await asyncio.wait_for(what, timeout)

                    @pytest.mark.asyncio
                    async def test_fetch():
                        assert await within(fetch) == 1
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Repair the calls of helpers that fail for what they are given."""
        for limiter in limiters(work):
            for reference in work.references.to(limiter.function):
                call, module = reference.call, reference.module
                if call is None or not work.may_change(module.path):
                    continue
                code = repaired(limiter, call, module, work)
                if code:
                    wanted = "function" if limiter.calls else "coroutine"
                    name = limiter.function.node.name
                    message = f"{name} wants a {wanted} for {limiter.parameter}"
                    yield _edited(call, module, limiter.given(call), code, message)


def _edited(
    call: ast.Call, module: Module, given: ast.expr | None, code: str, message: str
) -> Decision:
    arguments: dict[str, Argument] = {"code": code}
    for keyword in call.keywords:
        if keyword.value is given:
            arguments["name"] = keyword.arg
            return Decision(module, call, "set-keyword", arguments, message=message)
    index = next(n for n, each in enumerate(call.args) if each is given)
    arguments["index"] = index
    return Decision(module, call, "set-argument", arguments, message=message)
