"""AW104: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged


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
