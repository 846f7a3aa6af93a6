"""Rule 10: names come in where they hold, and go where nothing needs them."""

import pytest

from tests.traps.support import check, left

BEFORE = """\
import asyncio

import pytest

from app import f

{extra}

def test_f():
    assert asyncio.run(f()) == 1
"""
AFTER = """\
{asyncio}import pytest

from app import f

{extra}

@pytest.mark.asyncio
async def test_f():
    assert await f() == 1
"""


def keeps(extra: str) -> None:
    """Assert that the import of asyncio stays beside some other text."""
    after = AFTER.format(asyncio="import asyncio\n\n", extra=extra)
    check(BEFORE.format(extra=extra), after)


def drops(extra: str) -> None:
    """Assert that the import of asyncio goes beside some other text."""
    check(BEFORE.format(extra=extra), AFTER.format(asyncio="", extra=extra))


def test_unused_asyncio_goes():
    drops("x = 1")


@pytest.mark.parametrize(
    "extra",
    [
        "lock = asyncio.Lock()",
        '__all__ = ["asyncio"]',
        "def helper(loop: asyncio.AbstractEventLoop): ...",
        'def helper():\n    return patch("test_it.asyncio")',
        "def helper():\n    return [asyncio.sleep]",
    ],
)
def test_used_asyncio_stays(extra):
    keeps(extra)


@pytest.mark.parametrize(
    "extra",
    [
        'def helper(loop: "asyncio.AbstractEventLoop"): ...',
        'def helper() -> "asyncio.Future": ...',
        "x = None  # type: asyncio.Future",
    ],
)
def test_asyncio_that_a_quoted_type_names_stays(extra):
    keeps(extra)


def test_asyncio_in_a_docstring_is_no_use():
    check(
        '''
        """Once it said asyncio.run(f())."""
        import asyncio

        import pytest

        from app import f

        def test_f():
            """asyncio.run is called."""
            asyncio.run(f())
        ''',
        '''
        """Once it said asyncio.run(f())."""

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            """asyncio.run is called."""
            await f()
        ''',
    )


def test_a_local_import_is_a_binding_of_its_own():
    check(
        """
        import pytest

        from app import f

        def test_f():
            import asyncio
            assert asyncio.run(f()) == 1

        def test_g():
            import asyncio
            assert asyncio.run(f()) == 1
            assert asyncio.sleep
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1

        @pytest.mark.asyncio
        async def test_g():
            import asyncio
            assert await f() == 1
            assert asyncio.sleep
        """,
    )


def test_one_name_of_several_goes():
    check(
        """
        from asyncio import run as go, sleep

        import pytest

        from app import f

        def test_f():
            assert go(f()) == 1
            assert sleep
        """,
        """
        from asyncio import sleep

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1
            assert sleep
        """,
    )


def test_an_alias_of_the_module_is_seen_through():
    check(
        """
        import asyncio as aio

        import pytest

        from app import f

        def test_f():
            loop = aio.new_event_loop()
            task = loop.create_task(f())
            assert loop.run_until_complete(task) == 1
            loop.close()
        """,
        """
        import asyncio as aio

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            task = aio.create_task(f())
            assert await task == 1
        """,
    )


def test_an_alias_of_an_alias_is_seen_through():
    check(
        """
        import asyncio

        import pytest

        from app import f

        run = asyncio.run
        go = run

        def test_f():
            assert go(f()) == 1
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1
        """,
    )


def test_a_star_import_of_asyncio_stays():
    check(
        """
        from asyncio import *

        import pytest

        from app import f

        def test_f():
            assert run(f()) == 1
        """,
        """
        from asyncio import *

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1
        """,
    )


def test_asyncio_through_the_code_under_test():
    check(
        {
            "app.py": """
                import asyncio

                async def f():
                    return 1
            """,
            "test_it.py": """
                import pytest

                from app import asyncio, f

                def test_f():
                    assert asyncio.run(f()) == 1
            """,
        },
        {
            "test_it.py": """
                import pytest

                from app import f

                @pytest.mark.asyncio
                async def test_f():
                    assert await f() == 1
            """
        },
    )


def test_an_import_that_other_modules_take_from_here_stays():
    check(
        {
            "tests/test_a.py": """
                import asyncio

                import pytest

                from app import f

                def test_f():
                    asyncio.run(f())
            """,
            "tests/test_b.py": """
                from test_a import asyncio

                def test_b():
                    assert asyncio.sleep
            """,
        },
        {
            "tests/test_a.py": """
                import asyncio

                import pytest

                from app import f

                @pytest.mark.asyncio
                async def test_f():
                    await f()
            """
        },
    )


def test_pytest_is_imported_after_docstring_and_future():
    check(
        '''
        #!/usr/bin/env python
        # -*- coding: utf-8 -*-
        """Tests."""
        from __future__ import annotations

        import asyncio
        import sys

        from app import f

        def test_f():
            assert asyncio.run(f()) == sys.maxsize
        ''',
        '''
        #!/usr/bin/env python
        # -*- coding: utf-8 -*-
        """Tests."""
        from __future__ import annotations

        import sys

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == sys.maxsize
        ''',
    )


def test_pytest_imported_for_type_checkers_is_imported_again():
    check(
        """
        import asyncio
        from typing import TYPE_CHECKING

        from app import f

        if TYPE_CHECKING:
            import pytest

        def test_f(x: "pytest.Config"):
            assert asyncio.run(f()) == 1
        """,
        """
        from typing import TYPE_CHECKING

        import pytest

        from app import f

        if TYPE_CHECKING:
            import pytest

        @pytest.mark.asyncio
        async def test_f(x: "pytest.Config"):
            assert await f() == 1
        """,
    )


def test_pytest_imported_in_the_script_block_is_imported_again():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            assert asyncio.run(f()) == 1

        if __name__ == "__main__":
            import pytest
            pytest.main([__file__])
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1

        if __name__ == "__main__":
            import pytest
            pytest.main([__file__])
        """,
    )


def test_pytest_imported_below_the_test_is_imported_above():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            assert asyncio.run(f()) == 1

        import pytest

        def test_g():
            with pytest.raises(ValueError):
                asyncio.run(f(1))
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1

        import pytest

        @pytest.mark.asyncio
        async def test_g():
            with pytest.raises(ValueError):
                await f(1)
        """,
    )


def test_asyncio_imported_for_type_checkers_is_imported_again():
    check(
        """
        from asyncio import new_event_loop
        from typing import TYPE_CHECKING

        import pytest

        from app import f

        if TYPE_CHECKING:
            import asyncio

        def test_f():
            loop = new_event_loop()
            task = loop.create_task(f())
            loop.run_until_complete(task)
        """,
        """
        import asyncio
        from typing import TYPE_CHECKING

        import pytest

        from app import f

        if TYPE_CHECKING:
            import asyncio

        @pytest.mark.asyncio
        async def test_f():
            task = asyncio.create_task(f())
            await task
        """,
    )


def test_pytest_imported_in_a_test_is_imported_at_the_top():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            import pytest
            with pytest.raises(ValueError):
                asyncio.run(f())
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            import pytest
            with pytest.raises(ValueError):
                await f()
        """,
    )


def test_the_modules_own_name_for_pytest_is_used():
    check(
        """
        import asyncio

        import pytest as pt

        from app import f

        def test_f():
            asyncio.run(f())
        """,
        """
        import pytest as pt

        from app import f

        @pt.mark.asyncio
        async def test_f():
            await f()
        """,
    )


@pytest.mark.parametrize(
    "taken",
    [
        "pytest = 3",
        "def pytest():\n    pass",
        "class pytest:\n    pass",
        "from app import pytest",
    ],
)
def test_a_module_in_which_pytest_means_something_else_stays(taken):
    source = f"import asyncio\n\nfrom app import f\n\n{taken}\n\n"
    assert left(source + "def test_f():\n    asyncio.run(f())\n") == ["name-taken"]


@pytest.mark.parametrize(
    "shadow",
    [
        "    asyncio = fake",
        "    for asyncio in [fake]:\n        pass",
        "    from app import fake as asyncio",
        "    with fake as asyncio:\n        pass",
        "    def asyncio(): ...",
    ],
)
def test_something_else_called_asyncio_is_no_driver(shadow):
    source = "import asyncio\n\nfrom app import f, fake\n\ndef test_f():\n"
    left(f"{source}{shadow}\n    asyncio.run(f())\n")


def test_a_parameter_called_asyncio_is_no_driver():
    left(
        """
        import asyncio

        from app import f

        def test_f(asyncio):
            asyncio.run(f())
        """
    )


@pytest.mark.parametrize("other", ["trollius", "app.fake"])
def test_a_name_that_may_be_another_library_stays(other):
    assert left(
        f"""
        try:
            import asyncio
        except ImportError:
            import {other} as asyncio

        from app import f

        def test_f():
            asyncio.run(f())
        """
    ) == ["unresolved"]


def test_an_import_that_may_fail_stays():
    assert left(
        """
        try:
            import asyncio
        except ImportError:
            asyncio = None

        from app import f

        def test_f():
            asyncio.run(f())
        """
    ) == ["unresolved"]


SKIPPING = """
import pytest

from app import f

{asyncio}app = pytest.importorskip("app")

{mark}{define} test_f():
    assert {drive} == 1
{more}"""
IMPORTED = 'asyncio = pytest.importorskip("asyncio")\n'


def test_importorskip_is_an_import():
    check(
        SKIPPING.format(
            asyncio=IMPORTED, mark="", define="def", drive="asyncio.run(f())", more=""
        ),
        SKIPPING.format(
            asyncio="",
            mark="@pytest.mark.asyncio\n",
            define="async def",
            drive="await f()",
            more="",
        ),
    )


def test_importorskip_whose_name_has_other_uses():
    more = "    lock = asyncio.Lock()\n    assert lock\n"
    check(
        SKIPPING.format(
            asyncio=IMPORTED, mark="", define="def", drive="asyncio.run(f())", more=more
        ),
        SKIPPING.format(
            asyncio=IMPORTED,
            mark="@pytest.mark.asyncio\n",
            define="async def",
            drive="await f()",
            more=more,
        ),
    )


def test_importorskip_gives_the_name_that_new_code_needs():
    check(
        """
        import pytest

        asyncio = pytest.importorskip("asyncio")

        async def work():
            asyncio.create_task(asyncio.sleep(0, print()))

        async def noop():
            pass

        def test_f():
            loop = asyncio.new_event_loop()
            task = loop.create_task(work())
            loop.run_until_complete(noop())
            assert task
        """,
        """
        import pytest

        asyncio = pytest.importorskip("asyncio")

        async def work():
            asyncio.create_task(asyncio.sleep(0, print()))

        async def noop():
            pass

        @pytest.mark.asyncio
        async def test_f():
            task = asyncio.create_task(work())
            await asyncio.create_task(noop())
            assert task
        """,
    )


def test_a_package_without_init_is_the_projects_own():
    app = "async def f():\n    return 1\n"
    check(
        {
            "space/app.py": app,
            "test_it.py": "import asyncio\n\nfrom space.app import f\n\n\n"
            "def test_f():\n    assert asyncio.run(f()) == 1\n",
        },
        {
            "test_it.py": "import pytest\n\nfrom space.app import f\n\n\n"
            "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n"
        },
    )
