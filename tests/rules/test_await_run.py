"""AW101: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported


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


LEGACY = """
from asyncio import run

from app import f, g

def test_f():
    assert {} == 1
"""
DONE = """
import pytest

from app import f, g

@pytest.mark.asyncio
async def test_f():
    assert {} == 1
"""


@pytest.mark.parametrize(
    ("drive", "awaited"),
    [
        ("run(f())", "await f()"),
        ("run(main=f())", "await f()"),
        ("run(f(), debug=False)", "await f()"),
        ("run(f(), debug=None)", "await f()"),
        ("run((f()))", "await (f())"),
        ("run(f if g else g)", "await (f if g else g)"),
    ],
)
def test_spellings(drive, awaited):
    check(LEGACY.format(drive), DONE.format(awaited))


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("import asyncio", "asyncio.run"),
        ("import asyncio as aio", "aio.run"),
        ("import asyncio.runners", "asyncio.runners.run"),
        ("from asyncio import run as go", "go"),
        ("from asyncio import runners", "runners.run"),
    ],
)
def test_imports(statement, name):
    legacy = LEGACY.replace("from asyncio import run", statement)
    check(legacy.format(f"{name}(f())"), DONE.format("await f()"))


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        ("run(f(), debug=g)", "loop-asserted"),
        ("run(f(), loop_factory=g)", "loop-asserted"),
        ("run(*g)", "unresolved"),
        ("run(**g)", "unresolved"),
        ("g(lambda: run(f()))", "drive-in-lambda"),
        ("g(run, f())", "drive-in-callback"),
        ("g(run(x) for x in f())", "drive-in-callback"),
        ("(yield run(f()))", "generator-test"),
    ],
)
def test_refusals(drive, reason):
    assert check_unchanged(LEGACY.format(drive)) == [reason]


def test_it_takes_the_marker_too():
    check_taken(LEGACY.format("run(f())"), "AW101", "AW109")


def test_every_site_is_reported():
    two_sites = LEGACY.format("run(f()) + g(lambda: run(f()))")
    assert reported(two_sites) == [
        "6:12 AW101 left drive-in-lambda",
        "6:33 AW101 left drive-in-lambda",
    ]
    assert reported(LEGACY.format("run(f()) + run(f())")) == [
        "6:12 AW101 migrate",
        "6:23 AW101 migrate",
    ]
