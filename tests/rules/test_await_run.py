"""AW101: what the examples in the rule itself are too plain to show."""

from tests.support import check, check_unchanged


def test_debug_mode_is_the_runs_own():
    assert check_unchanged(
        """
        import asyncio

        from app import f

        def test_f():
            asyncio.run(f(), debug=True)
        """
    ) == ["loop-asserted"]


def test_one_drive_that_cannot_await_keeps_the_others():
    reasons = check_unchanged(
        """
        import asyncio

        from app import apply, f

        def test_f():
            asyncio.run(f())
            apply(lambda: asyncio.run(f()))
        """
    )
    assert reasons == ["drive-in-lambda", "drive-in-lambda"]


def test_at_import_nothing_awaits():
    assert check_unchanged(
        """
        import asyncio

        from app import f

        VALUE = asyncio.run(f())

        def test_f():
            assert VALUE
        """
    ) == ["drive-at-import"]


def test_something_else_called_asyncio():
    reasons = check_unchanged(
        """
        from app import f

        class asyncio:
            run = print

        def test_f():
            asyncio.run(f())
        """
    )
    assert set(reasons) <= {"unresolved"}


def test_brackets_only_where_a_trailer_follows():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            assert asyncio.run(f()) + 1 == -asyncio.run(f(asyncio.run(f())))
            assert asyncio.run(f()).x[asyncio.run(f())] is asyncio.run(f())()
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() + 1 == -await f(await f())
            assert (await f()).x[await f()] is (await f())()
        """,
    )


def test_an_alias_of_the_module_goes_with_its_last_use():
    check(
        """
        import asyncio as aio
        from asyncio import run as go

        from app import f

        def test_f():
            assert aio.run(f()) == go(f())
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == await f()
        """,
    )


def test_a_nested_coroutine_is_kept():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            async def go():
                return await f()

            result = asyncio.run(go())
            assert result
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            async def go():
                return await f()

            result = await go()
            assert result
        """,
    )
