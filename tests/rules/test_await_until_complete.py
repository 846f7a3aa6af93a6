"""AW102: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported


def test_a_loop_from_elsewhere_is_not_known():
    assert check_unchanged(
        """
        from app import f, make_loop

        def test_f():
            make_loop().run_until_complete(f())
        """
    ) == ["unresolved"]


def test_two_loops_are_what_a_test_is_about():
    reasons = check_unchanged(
        """
        import asyncio

        from app import Client

        def test_f():
            client = Client()
            asyncio.new_event_loop().run_until_complete(client.get())
            loop = asyncio.new_event_loop()
            loop.run_until_complete(client.get())
        """
    )
    assert reasons == ["multi-loop", "multi-loop"]


def test_a_loop_in_a_thread():
    reasons = check_unchanged(
        """
        import asyncio
        from threading import Thread

        from app import f

        def test_f():
            loop = asyncio.new_event_loop()
            Thread(target=loop.run_forever).start()
            asyncio.run(f())
        """
    )
    assert set(reasons) <= {"thread-loop", "run-forever", "multi-loop"}
    assert reasons


def test_a_future_is_plainly_awaited():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            loop = asyncio.new_event_loop()
            future = loop.create_future()
            future.set_result(1)
            assert loop.run_until_complete(future) == 1
            assert loop.run_until_complete(asyncio.gather(f(), f())) == [1, 1]
        """,
        """
        import asyncio

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            future.set_result(1)
            assert await future == 1
            assert await asyncio.gather(f(), f()) == [1, 1]
        """,
    )


def test_what_was_scheduled_before_has_its_turn():
    check(
        """
        import asyncio

        from app import f, log

        def test_f():
            loop = asyncio.new_event_loop()
            loop.call_soon(log.append, 1)
            loop.run_until_complete(f())
            assert log == [1]
        """,
        """
        import asyncio

        import pytest

        from app import f, log

        @pytest.mark.asyncio
        async def test_f():
            loop = asyncio.get_running_loop()
            loop.call_soon(log.append, 1)
            await asyncio.ensure_future(f())
            assert log == [1]
        """,
    )


def test_a_loop_of_the_module_keeps_its_scope():
    check(
        """
        import asyncio

        from app import f

        LOOP = asyncio.new_event_loop()


        def test_f():
            assert LOOP.run_until_complete(f()) == 1
        """,
        """
        import pytest

        from app import f

        pytestmark = pytest.mark.asyncio(loop_scope="module")


        async def test_f():
            assert await f() == 1
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
NEW = "loop = asyncio.new_event_loop()\n    "


@pytest.mark.parametrize(
    ("drive", "awaited"),
    [
        ("asyncio.get_event_loop().run_until_complete(f())", "await f()"),
        ("asyncio.new_event_loop().run_until_complete(future=f())", "await f()"),
        (NEW + "g(loop.run_until_complete(f()))", "g(await f())"),
        (NEW + "run = loop.run_until_complete\n    run(f())", "await f()"),
        (NEW + "run = loop.run_until_complete\n    run(run(f()))", "await (await f())"),
    ],
)
def test_spellings(drive, awaited):
    check(LEGACY.format(drive), DONE.format(awaited))


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        (NEW + "loop.run_until_complete(*g)", "unresolved"),
        (NEW + "g(lambda: loop.run_until_complete(f()))", "drive-in-lambda"),
        (NEW + "g(loop.run_until_complete)", "drive-in-callback"),
        ("asyncio.get_running_loop().run_until_complete(f())", "loop-asserted"),
        ("g.loop.run_until_complete(f())", "unresolved"),
    ],
)
def test_refusals(drive, reason):
    assert check_unchanged(LEGACY.format(drive)) == [reason]


def test_it_takes_the_marker_too():
    drive = "asyncio.new_event_loop().run_until_complete(f())"
    check_taken(LEGACY.format(drive), "AW102", "AW109")


def test_every_site_is_reported():
    assert reported(LEGACY.format(NEW + "loop.run_until_complete(f())")) == [
        "7:5 AW102 migrate"
    ]
    assert reported(LEGACY.format(NEW + "loop.run_until_complete(*g)")) == [
        "7:5 AW102 left unresolved"
    ]
