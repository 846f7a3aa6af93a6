"""AW421 asynctest-mock."""

from collections.abc import Iterator

from awaitify_codemods.mocks.foreign_files import ForeignFiles
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AsynctestMock(Rule):
    """unittest has async mocks since Python 3.8; asynctest cannot be imported.

    asynctest fails to import from Python 3.11 on. `CoroutineMock` becomes
    `AsyncMock`, and what asynctest calls as `unittest.mock` does comes from there: by
    name, as `mock.x` where it was `asynctest.x`, with the alias that the module had.
    An import that falls back on unittest, or on asynctest, is a plain one. `scope=` of
    patches goes. A file's mocks change together, or not at all.

    asynctest makes a MagicMock of the children of a `CoroutineMock`, and of what it
    returns when nobody says what; unittest makes them AsyncMocks. The tests are
    executed abstractly to see which of them are called for a plain value: those are
    given (`AsyncMock(return_value=MagicMock())`). A mock that is only there for its
    children, and never called, is a `MagicMock`. A call of which nobody awaits the
    result is reported: it begins to warn.

    Left where unittest would do otherwise: futures and coroutines that a mock is told
    to return, or that its side effect returns (asynctest awaits them), patches of
    generators, `.awaited`, `return_once`, `is_coroutine`, classes derived from
    `CoroutineMock`, code that asks `inspect` for the kind of a mock.
    """

    META = Meta(
        code="AW421",
        name="asynctest-mock",
        summary="Take async mocks from unittest.mock in place of asynctest.",
        safety=Safety.SAFE,
        triggers=(b"asynctest",),
        examples=(
            Example(
                "asynctest",
                before="""
                    import asynctest
                    import pytest
                    from asynctest import CoroutineMock, patch

                    import app

                    @pytest.mark.asyncio
                    @patch("app.Repo.load", new_callable=CoroutineMock)
                    async def test_patch(load):
                        load.side_effect = ["a", "b"]
                        assert await app.load_all(app.Repo(), [1, 2]) == ["a", "b"]
                        load.assert_has_awaits([asynctest.call(1), asynctest.call(2)])
                """,
                after="""
                    from unittest import mock
                    from unittest.mock import AsyncMock, patch

                    import pytest

                    import app

                    @pytest.mark.asyncio
                    @patch("app.Repo.load", new_callable=AsyncMock)
                    async def test_patch(load):
                        load.side_effect = ["a", "b"]
                        assert await app.load_all(app.Repo(), [1, 2]) == ["a", "b"]
                        load.assert_has_awaits([mock.call(1), mock.call(2)])
                """,
            ),
            Example.unchanged(
                "asynctest awaits the future that is returned",
                """
                    import asyncio

                    import pytest
                    from asynctest import CoroutineMock

                    import app

                    @pytest.mark.asyncio
                    async def test_load():
                        future = asyncio.get_running_loop().create_future()
                        future.set_result("a")
                        load = CoroutineMock(return_value=future)
                        assert await app.load_all(load) == ["a"]
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Take a file's mocks from unittest, all of them or none."""
        files = ForeignFiles(work)
        modules = [
            each
            for each in work.like(self.META)
            if not work.index.is_local("asynctest", each.path)
        ]
        for module, refusal in files.judged(modules).items():
            if refusal is not None:
                where, reason, message = refusal
                yield Decision.left(module, where, reason, message)
                continue
            yield from files.decisions(module)
