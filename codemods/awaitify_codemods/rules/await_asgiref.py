"""AW355 await-asgiref."""

from collections.abc import Iterator

from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitAsgiref(Rule):
    """`async_to_sync(f)(x)` runs `f(x)` on a loop of its own and returns the result.

    In a coroutine it raises: it becomes `await f(x)`. As a decorator it goes, where
    unittest runs the test.

    Left where what it makes is kept, given to others or made with options, where a
    test talks to Django's database or test client itself, and on functions, which
    pytest does not collect once it is around them.
    """

    META = Meta(
        code="AW355",
        name="await-asgiref",
        summary="Await what asgiref's async_to_sync() drove.",
        safety=Safety.SAFE,
        triggers=(b"async_to_sync",),
        examples=(
            Example(
                "a call",
                before="""
                    from asgiref.sync import async_to_sync

                    from app import connect

                    def test_connect():
                        assert async_to_sync(connect)("/ws/", timeout=1)
                """,
                after="""
                    import pytest

                    from app import connect

                    @pytest.mark.asyncio
                    async def test_connect():
                        assert await connect("/ws/", timeout=1)
                """,
            ),
            Example.unchanged(
                "what it makes is kept",
                """
                    from asgiref.sync import async_to_sync

                    from app import connect

                    connect_now = async_to_sync(connect)

                    def test_connect():
                        assert connect_now("/ws/")
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Turn each drive into an await of the call."""
        for drive in work.drives("AW355"):
            yield from work.awaited(drive, "async_to_sync() becomes await")
