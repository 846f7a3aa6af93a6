"""AW411 home-made-mock."""

from collections.abc import Iterator

from awaitify_codemods.mocks.home_made import BESIDE, FUNCTION, SEARCH, WRAPPING
from awaitify_codemods.mocks.replacement import Replacement
from awaitify_codemods.mocks.retirement import Retirement
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class HomeMadeMock(Rule):
    """`unittest.mock` has had its own AsyncMock since Python 3.8.

    Before, tests made one by hand: a coroutine function that calls a MagicMock and
    has it as an attribute (`send.mock.assert_called_once()`), or a mock around a
    coroutine function. With `--unsafe` an AsyncMock takes the place of each of them,
    and the attribute goes: `send.assert_called_once()`. What leads through which
    mock is followed by value, through fixtures, patches and the code under test;
    mocks and attributes that belong together change together or not at all, for on
    an AsyncMock a left-over `send.mock.assert_not_called()` always passes. The
    definition goes with its last use.

    Left where an AsyncMock would do something else: on a class, where the function
    is given the instance (`class-patched-helper`); where something is not awaited at
    once and calls are counted; where a `side_effect` is a coroutine function, or a
    list whose end matters; and wherever it is not known what leads through it.
    """

    META = Meta(
        code="AW411",
        name="home-made-mock",
        summary="Replace home-made async mocks with AsyncMock.",
        safety=Safety.REVIEW,
        triggers=SEARCH[:1],
        examples=(
            Example(
                "with --unsafe",
                before="""
                    from unittest import mock

                    import pytest

                    def AsyncMock(*args, **kwargs):
                        m = mock.MagicMock(*args, **kwargs)

                        async def mock_coro(*args, **kwargs):
                            return m(*args, **kwargs)

                        mock_coro.mock = m
                        return mock_coro

                    @pytest.mark.asyncio
                    async def test_send():
                        send = AsyncMock(return_value=1)
                        assert await send("x") == 1
                        send.mock.assert_called_once_with("x")
                """,
                after="""
                    from unittest import mock

                    import pytest

                    @pytest.mark.asyncio
                    async def test_send():
                        send = mock.AsyncMock(return_value=1)
                        assert await send("x") == 1
                        send.assert_called_once_with("x")
                """,
            ),
            Example.unchanged(
                "a function on a class is given the instance",
                """
                    from unittest import mock

                    import pytest

                    def AsyncMock(*args, **kwargs):
                        m = mock.MagicMock(*args, **kwargs)

                        async def mock_coro(*args, **kwargs):
                            return m(*args, **kwargs)

                        mock_coro.mock = m
                        return mock_coro

                    class Server:
                        async def save(self):
                            return 1

                    @pytest.mark.asyncio
                    async def test_save():
                        server = Server()
                        with mock.patch.object(Server, "save", AsyncMock()) as save:
                            await server.save()
                        save.mock.assert_called_once_with(server)
                """,
            ),
        ),
        beside=BESIDE,
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Replace mocks with all that leads through them, or tell why they stay."""
        kinds = frozenset({FUNCTION, WRAPPING})
        yield from Replacement(work, Retirement(work, self.META, kinds)).decisions()
