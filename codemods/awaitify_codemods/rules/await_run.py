"""AW101 await-run."""

from collections.abc import Iterator

from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitRun(Rule):
    """A test that pytest-asyncio runs has a loop: it awaits what it used to run.

    `asyncio.run(E)` in the frame of a test, or of a helper that only tests call,
    becomes `await E`, wherever it stands in an expression. All drives of a function
    become awaits or none does: `asyncio.run` raises inside a running loop.

    Left where the call stands in a lambda or a generator that something else
    evaluates, at import time, in a coroutine, or asks for the loop's debug mode or
    kind; and where code under test that the same test calls starts a loop.
    """

    META = Meta(
        code="AW101",
        name="await-run",
        summary="Await what asyncio.run() drove.",
        safety=Safety.SAFE,
        triggers=(b"run",),
        examples=(
            Example(
                "in an expression",
                before="""
                    import asyncio

                    from app import profile

                    def test_profile():
                        assert asyncio.run(profile("ada"))["name"] == "ada"
                """,
                after="""
                    import pytest

                    from app import profile

                    @pytest.mark.asyncio
                    async def test_profile():
                        assert (await profile("ada"))["name"] == "ada"
                """,
            ),
            Example.unchanged(
                "a callback cannot await",
                """
                    import asyncio

                    from app import apply, square

                    def test_callback():
                        assert apply(lambda n: asyncio.run(square(n)), [2]) == [4]
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Turn each drive into an await."""
        for drive in work.drives("AW101"):
            yield from work.awaited(drive, "asyncio.run() becomes await")
