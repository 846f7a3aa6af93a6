"""AW412 mock-subclass."""

from collections.abc import Iterator

from awaitify_codemods.mocks.home_made import BESIDE, SEARCH, SUBCLASS
from awaitify_codemods.mocks.replacement import Replacement
from awaitify_codemods.mocks.retirement import Retirement
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class MockSubclass(Rule):
    """`unittest.mock` has had its own AsyncMock since Python 3.8.

    A subclass of MagicMock or Mock with nothing but an `async def __call__` that
    calls the base's is what tests had before. With `--unsafe` AsyncMock takes its
    place, and the class goes with its last use. One that is there for Pythons without
    AsyncMock alone (`except ImportError`, `sys.version_info`) goes with that choice.

    Left where something asks whether it is a coroutine function, which only an
    AsyncMock is (`branch-on-kind`), where a call is not awaited at once (an AsyncMock
    counts it all the same), where a `side_effect` is a coroutine function or a list
    whose end matters, and where a spec would make children sync.
    """

    META = Meta(
        code="AW412",
        name="mock-subclass",
        summary="Replace home-made subclasses of MagicMock with AsyncMock.",
        safety=Safety.REVIEW,
        triggers=SEARCH[1:],
        examples=(
            Example(
                "with --unsafe",
                before="""
                    from unittest.mock import MagicMock

                    import pytest

                    class AsyncMock(MagicMock):
                        async def __call__(self, *args, **kwargs):
                            return super().__call__(*args, **kwargs)

                    @pytest.mark.asyncio
                    async def test_send():
                        client = MagicMock()
                        client.send = AsyncMock(return_value=1)
                        assert await client.send() == 1
                """,
                after="""
                    from unittest.mock import AsyncMock, MagicMock

                    import pytest

                    @pytest.mark.asyncio
                    async def test_send():
                        client = MagicMock()
                        client.send = AsyncMock(return_value=1)
                        assert await client.send() == 1
                """,
            ),
            Example.unchanged(
                "it is not a coroutine function",
                """
                    import inspect
                    from unittest.mock import MagicMock

                    class AsyncMock(MagicMock):
                        async def __call__(self, *args, **kwargs):
                            return super().__call__(*args, **kwargs)

                    def test_kind():
                        assert not inspect.iscoroutinefunction(AsyncMock())
                """,
            ),
        ),
        beside=(*BESIDE, b"__call__"),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Replace all that is made of a class, or tell why it stays."""
        kinds = frozenset({SUBCLASS})
        yield from Replacement(work, Retirement(work, self.META, kinds)).decisions()
