"""AW102 await-until-complete."""

from collections.abc import Iterator

from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitUntilComplete(Rule):
    """A drive on a loop object becomes an await on the loop that runs the test.

    The loop may be a variable, made in passing, fetched from the policy, or shared
    by a module; what happens to the variable is for loop-life-cycle to say.

    Left where the loop is not known, where a test uses two of them or asks about
    their state, and where a loop runs in a thread.
    """

    META = Meta(
        code="AW102",
        name="await-until-complete",
        summary="Await what loop.run_until_complete() drove.",
        safety=Safety.SAFE,
        triggers=(b"run_until_complete",),
        examples=(
            Example(
                "on a loop made in passing",
                before="""
                    import asyncio

                    from app import fetch

                    def test_fetch():
                        assert asyncio.new_event_loop().run_until_complete(fetch()) == "v"
                """,
                after="""
                    import pytest

                    from app import fetch

                    @pytest.mark.asyncio
                    async def test_fetch():
                        assert await fetch() == "v"
                """,
            ),
            Example.unchanged(
                "the test is about its loop",
                """
                    import asyncio

                    from app import fetch

                    def test_loop_stays_open():
                        loop = asyncio.new_event_loop()
                        loop.run_until_complete(fetch())
                        assert not loop.is_closed()
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Turn each drive into an await."""
        for drive in work.drives("AW102"):
            yield from work.awaited(drive, "run_until_complete() becomes await")
