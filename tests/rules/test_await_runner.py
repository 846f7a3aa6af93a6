"""AW103: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported


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


LEGACY = """
import asyncio

from app import f, g

def test_f():
    {}
"""
DONE = """
import pytest

from app import f, g

@pytest.mark.asyncio
async def test_f():
    {}
"""
WITH = "with asyncio.Runner() as runner:\n        "


@pytest.mark.parametrize(
    ("drive", "awaited"),
    [
        (WITH + "runner.run(f())", "await f()"),
        (WITH + "runner.run(coro=f())", "await f()"),
        (WITH + "g(runner.run(f()), 1)", "g(await f(), 1)"),
    ],
)
def test_spellings(drive, awaited):
    check(LEGACY.format(drive), DONE.format(awaited))


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        ("with asyncio.Runner(debug=True) as r:\n        r.run(f())", "loop-asserted"),
        ("r = asyncio.Runner()\n    with r:\n        r.run(f())", "multi-loop"),
        (WITH + "g(runner.run, f())", "drive-in-callback"),
        (WITH + "g(lambda: runner.run(f()))", "drive-in-lambda"),
    ],
)
def test_refusals(drive, reason):
    assert check_unchanged(LEGACY.format(drive)) == [reason]


def test_two_runners_are_two_loops():
    drive = f"{WITH}runner.run(f())\n    {WITH}runner.run(f())"
    assert check_unchanged(LEGACY.format(drive)) == ["multi-loop", "multi-loop"]


def test_it_takes_the_marker_too():
    check_taken(LEGACY.format(WITH + "runner.run(f())"), "AW103", "AW109")


def test_every_site_is_reported():
    assert reported(LEGACY.format(WITH + "runner.run(f())")) == ["7:9 AW103 migrate"]
    assert reported(LEGACY.format(WITH + "g(runner.run)")) == [
        "7:11 AW103 left drive-in-callback"
    ]
