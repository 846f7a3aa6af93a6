"""AW103: what the examples in the rule itself are too plain to show."""

from tests.support import check, check_unchanged


def test_a_runner_that_is_kept():
    reasons = check_unchanged(
        """
        import asyncio

        from app import f

        def test_f():
            runner = asyncio.Runner()
            runner.run(f())
            runner.close()
        """
    )
    assert reasons == ["multi-loop"]


def test_a_runner_that_is_handed_on():
    assert check_unchanged(
        """
        import asyncio

        from app import f, use

        def test_f():
            with asyncio.Runner() as runner:
                use(runner)
                runner.run(f())
        """
    ) == ["multi-loop"]


def test_a_run_in_a_context_of_its_own():
    assert check_unchanged(
        """
        import asyncio
        import contextvars

        from app import f

        def test_f():
            with asyncio.Runner() as runner:
                runner.run(f(), context=contextvars.copy_context())
        """
    ) == ["run-boundary"]


def test_the_other_items_of_the_with_statement_stay():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            with open("x") as file, asyncio.Runner() as runner:
                # drive
                assert runner.run(f(file)) == 1
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            with open("x") as file:
                # drive
                assert await f(file) == 1
        """,
    )


def test_the_loop_of_a_runner_is_the_running_one():
    check(
        """
        from asyncio import Runner

        from app import f

        def test_f():
            with Runner() as runner:
                assert runner.run(f(runner.get_loop())) == 1
        """,
        """
        import asyncio

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f(asyncio.get_running_loop()) == 1
        """,
    )
