"""AW357 await-run-sync."""

from collections.abc import Iterator

from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitRunSync(Rule):
    """tornado's `IOLoop` runs on asyncio: what `run_sync` drove can be awaited.

    It takes a function: `run_sync(f)` becomes `await f()`, `run_sync(lambda: f(1))`
    becomes `await f(1)`. A loop that was made for it goes.

    Left with a time-out, whose exception is tornado's own, where the function may
    return something else than a coroutine or a future, and where the `IOLoop` is
    used for more.
    """

    META = Meta(
        code="AW357",
        name="await-run-sync",
        summary="Await what IOLoop.run_sync() drove.",
        safety=Safety.SAFE,
        triggers=(b"run_sync",),
        examples=(
            Example(
                "a function",
                before="""
                    from tornado import gen
                    from tornado.ioloop import IOLoop

                    def test_sleep():
                        async def go():
                            await gen.sleep(0)
                            return 1

                        assert IOLoop.current().run_sync(go) == 1
                """,
                after="""
                    import pytest
                    from tornado import gen

                    @pytest.mark.asyncio
                    async def test_sleep():
                        async def go():
                            await gen.sleep(0)
                            return 1

                        assert await go() == 1
                """,
            ),
            Example.unchanged(
                "a time-out",
                """
                    from tornado import gen
                    from tornado.ioloop import IOLoop

                    def test_sleep():
                        IOLoop.current().run_sync(lambda: gen.sleep(0), timeout=1)
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Turn each drive into an await of the function's call."""
        for drive in work.drives("AW357"):
            yield from work.awaited(drive, "run_sync() becomes await")
