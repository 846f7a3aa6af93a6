"""AW104: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported


@pytest.mark.parametrize("backend", ['"trio"', "backend", '"asy" + "ncio"'])
def test_a_backend_that_is_not_asyncio_for_certain(backend):
    assert check_unchanged(
        f"""
        import anyio

        from app import f

        def test_f(backend):
            anyio.run(f, backend={backend})
        """
    ) == ["anyio-or-trio"]


def test_arguments_that_are_not_written_out():
    assert check_unchanged(
        """
        import anyio

        from app import call

        def test_f():
            anyio.run(*call)
        """
    ) == ["unresolved"]


def test_a_test_that_anyio_runs_already():
    assert check_unchanged(
        """
        import anyio
        import pytest

        from app import f

        @pytest.mark.anyio
        def test_f():
            anyio.run(f)
        """
    ) == ["anyio-or-trio"]


def test_what_means_the_runner_goes():
    check(
        """
        from anyio import run

        from app import f

        def test_f():
            assert run(f, 1, *[2], backend="asyncio") == 3
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f(1, *[2]) == 3
        """,
    )


def test_a_partial_is_called():
    check(
        """
        from functools import partial

        import anyio

        from app import f

        def test_f():
            assert anyio.run(partial(f, x=1)) == 1
        """,
        """
        from functools import partial

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await partial(f, x=1)() == 1
        """,
    )


LEGACY = """
import anyio

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
        ("anyio.run(f)", "await f()"),
        ("anyio.run(g.f, 1)", "await g.f(1)"),
        ('anyio.run(f, 1, backend="asyncio")', "await f(1)"),
        ("anyio.run(lambda: f(1))", "await (lambda: f(1))()"),
        ("anyio.run(f if g else g)", "await (f if g else g)()"),
    ],
)
def test_spellings(drive, awaited):
    check(LEGACY.format(drive), DONE.format(awaited))


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        ("anyio.run(func=f)", "unresolved"),
        ("anyio.run(f, backend_options=g)", "loop-asserted"),
        ("g(lambda: anyio.run(f))", "drive-in-lambda"),
        ("g(anyio.run)", "drive-in-callback"),
    ],
)
def test_refusals(drive, reason):
    assert check_unchanged(LEGACY.format(drive)) == [reason]


def test_other_functions_of_anyio_are_no_runners():
    assert not reported(LEGACY.format("anyio.from_thread.run(f)"))


def test_it_takes_the_marker_too():
    check_taken(LEGACY.format("anyio.run(f)"), "AW104", "AW109")


def test_every_site_is_reported():
    assert reported(LEGACY.format("anyio.run(f)")) == ["6:12 AW104 migrate"]
    assert reported(LEGACY.format("anyio.run(f, backend=g)")) == [
        "6:12 AW104 left anyio-or-trio"
    ]
