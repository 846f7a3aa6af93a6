"""AW106 plain-coroutine-test."""

from collections.abc import Iterator

from awaitify_codemods.facts.module import spelled
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class PlainCoroutineTest(Rule):
    """A decorator that drives a coroutine function does what the marker does.

    Recognised by body: a wrapper that passes its arguments on, drives the result
    and does nothing else. The decorator goes, and with its last use its definition.

    Left are decorators that do more (open resources, retry, inject arguments), that
    take arguments, and wrappers without `functools.wraps` around functions with
    parameters or marks, which pytest could not see before.
    """

    META = Meta(
        code="AW106",
        name="plain-coroutine-test",
        summary="Drop decorators that drive the coroutine function below them.",
        safety=Safety.SAFE,
        triggers=(b"run",),
        examples=(
            Example(
                "with functools.wraps",
                before="""
                    import asyncio
                    import functools

                    from app import answer

                    def async_test(coro):
                        @functools.wraps(coro)
                        def wrapper(*args, **kwargs):
                            return asyncio.run(coro(*args, **kwargs))
                        return wrapper

                    @async_test
                    async def test_answer():
                        assert await answer() == 42
                """,
                after="""
                    import pytest

                    from app import answer

                    @pytest.mark.asyncio
                    async def test_answer():
                        assert await answer() == 42
                """,
            ),
            Example.unchanged(
                "it injects an argument",
                """
                    import asyncio

                    from app import Server

                    def served(fn):
                        def wrapper():
                            async def body():
                                async with Server() as server:
                                    await fn(server)
                            asyncio.run(body())
                        return wrapper

                    @served
                    async def test_call(server):
                        assert await server.call(4) == 8
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Drop the decorator; the marker and the callers are for other rules."""
        for site in work.sites.decorated:
            if any(site.node is each.node for each in work.coloured):
                decorator = site.node.decorator_list[site.index]
                name = spelled(decorator).rpartition(".")[2]
                yield Decision(
                    site.module,
                    site.node,
                    "drop-decorator",
                    {"index": site.index},
                    (decorator,),
                    message=f"@{name} is not needed",
                )
