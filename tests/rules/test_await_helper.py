"""AW105: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported


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


HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f, g\n\n"
DONE = "import pytest\n\nfrom app import f, g\n\n"
RUN = "def run(coro, verbose=False):\n    return asyncio.run(coro)\n"


@pytest.mark.parametrize(
    ("helper", "drive"),
    [
        ("def run(coro):\n    return asyncio.run(coro)\n", "run(coro=f())"),
        ("def run(make):\n    return asyncio.run(make())\n", "run(f)"),
        ("run = lambda coro: asyncio.run(coro)\n", "run(f())"),
        ("run = asyncio.run\n", "run(f())"),
        (RUN, "run(f(), True)"),
        (RUN, "run(f(), verbose=g)"),
        (
            "def run(coro):\n    loop = asyncio.get_event_loop()\n"
            "    return loop.run_until_complete(coro)\n",
            "run(f())",
        ),
    ],
)
def test_spellings(helper, drive):
    expected = DONE.replace(", g", "") if "=g" in drive else DONE
    check(
        f"{HEAD}{helper}\ndef test_f():\n    assert {drive} == 1\n",
        f"{expected}@pytest.mark.asyncio\nasync def test_f():\n"
        "    assert await f() == 1\n",
    )


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        ("(lambda: run(f()))()", "drive-in-lambda"),
        ("g(run)", "drive-in-callback"),
        ("run(*g)", "unresolved"),
        ("run(f(), g())", "impure-runner"),
        ("run(f(), verbose=g.log())", "impure-runner"),
    ],
)
def test_refusals(drive, reason):
    source = f"{HEAD}{RUN}\ndef test_f():\n    assert {drive} == 1\n"
    assert check_unchanged(source) == ["helper-escapes", reason]


def test_it_takes_the_marker_too():
    source = f"{HEAD}{RUN}\ndef test_f():\n    assert run(f()) == 1\n"
    check_taken(source, "AW105", "AW109")


def test_every_site_is_reported():
    source = f"{HEAD}{RUN}\ndef test_f():\n    assert run({{}}) == 1\n"
    assert reported(source.format("f()")) == ["11:12 AW105 migrate"]
    assert reported(source.format("*g")) == [
        "8:12 AW105 left helper-escapes",
        "11:12 AW105 left unresolved",
    ]
