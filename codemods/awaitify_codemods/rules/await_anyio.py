"""AW104 await-anyio."""

from collections.abc import Iterator

from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitAnyio(Rule):
    """`anyio.run` on asyncio runs a coroutine function as `asyncio.run` would.

    It takes the function and its arguments: `anyio.run(f, 1)` becomes `await f(1)`.

    Left where it runs on trio, or where the backend is not written out.
    """

    META = Meta(
        code="AW104",
        name="await-anyio",
        summary="Await what anyio.run() drove on asyncio.",
        safety=Safety.SAFE,
        triggers=(b"anyio",),
        examples=(
            Example(
                "function and arguments",
                before="""
                    import anyio

                    from app import add

                    def test_add():
                        assert anyio.run(add, 1, 2) == 3
                """,
                after="""
                    import pytest

                    from app import add

                    @pytest.mark.asyncio
                    async def test_add():
                        assert await add(1, 2) == 3
                """,
            ),
            Example.unchanged(
                "on trio",
                """
                    import anyio

                    from app import add

                    def test_add():
                        assert anyio.run(add, 1, 2, backend="trio") == 3
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Turn each drive into an await of the function's call."""
        for drive in work.drives("AW104"):
            yield from work.awaited(drive, "anyio.run() becomes await")
