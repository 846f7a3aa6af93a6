"""AW105: what the examples in the rule itself are too plain to show."""

from tests.support import check, check_unchanged


def test_a_name_alone_makes_no_runner():
    assert not check_unchanged(
        """
        import asyncio

        from app import f

        def run(coro):
            coro.close()
            return asyncio.sleep(0)

        def test_f():
            run(f()).close()
        """
    )


def test_a_runner_that_debugs():
    assert check_unchanged(
        """
        import asyncio

        from app import f

        def run(coro):
            return asyncio.run(coro, debug=True)

        def test_f():
            assert run(f()) == 1
        """
    )


def test_what_is_handed_on_is_not_awaited():
    assert "drive-in-callback" in check_unchanged(
        """
        import asyncio

        from app import f

        def run(coro):
            return asyncio.run(coro)

        def test_f():
            assert list(map(run, [f()])) == [1]
        """
    )


def test_a_runner_that_somebody_else_needs_stays():
    check(
        """
        import asyncio

        from app import f, on_event

        def run(coro):
            return asyncio.run(coro)

        def test_f():
            assert run(f()) == 1

        def test_event():
            on_event(lambda: run(f()))
        """,
        """
        import asyncio

        import pytest

        from app import f, on_event

        def run(coro):
            return asyncio.run(coro)

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1

        def test_event():
            on_event(lambda: run(f()))
        """,
    )


def test_a_runner_of_a_runner_goes_with_all_it_needs():
    check(
        """
        import asyncio
        import functools

        from app import f

        go = functools.partial(asyncio.run)
        run = lambda coro: go(coro)

        def test_f():
            assert run(f()) == 1
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1
        """,
    )


def test_a_function_and_its_arguments():
    check(
        """
        import asyncio

        from app import f

        def run(function, *args, **kwargs):
            return asyncio.run(function(*args, **kwargs))

        def test_f():
            assert run(f, 1, x=2) == run(lambda: f(3))
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f(1, x=2) == await (lambda: f(3))()
        """,
    )


def test_a_time_limit_stays_where_it_holds():
    check(
        """
        import asyncio

        from app import f

        def run(coro, timeout=1):
            return asyncio.run(asyncio.wait_for(coro, timeout))

        def test_f():
            assert run(f()) == run(f(), 2) == run(coro=f(), timeout=3)
        """,
        """
        import asyncio

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await asyncio.wait_for(f(), timeout=1) == await asyncio.wait_for(f(), timeout=2) == await asyncio.wait_for(f(), timeout=3)
        """,  # noqa: E501
    )
