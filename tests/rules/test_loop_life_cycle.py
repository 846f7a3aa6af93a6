"""AW110: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

HEAD = "import asyncio\n\nfrom app import Client, cleanup, f\n\n"
DONE = "import pytest\n\nfrom app import Client, cleanup, f\n\n"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "loop.run_until_complete(f())\n    loop.close()\n"
            "    assert loop.is_closed()",
            "loop-asserted",
        ),
        (
            "loop.set_exception_handler(print)\n    loop.run_until_complete(f())",
            "loop-asserted",
        ),
        ("loop.run_until_complete(f())\n    return loop", "loop-asserted"),
        (
            "loop.run_until_complete(f())\n    loop = asyncio.new_event_loop()",
            "multi-loop",
        ),
        (
            "loop.call_later(1, loop.stop)\n    loop.run_forever()\n"
            "    loop.run_until_complete(f())",
            "run-forever",
        ),
    ],
)
def test_a_loop_that_is_more_than_driven(body, reason):
    source = f"{HEAD}def test_f():\n    loop = asyncio.new_event_loop()\n    {body}\n"
    assert set(check_unchanged(source)) == {reason}


def test_a_finally_that_does_more_keeps_that():
    check(
        f"{HEAD}def test_f():\n    loop = asyncio.new_event_loop()\n"
        "    asyncio.set_event_loop(loop)\n    try:\n"
        "        loop.run_until_complete(f())\n    finally:\n        cleanup()\n"
        "        asyncio.set_event_loop(None)\n        loop.close()\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    try:\n"
        "        await f()\n    finally:\n        cleanup()\n",
    )


def test_a_try_that_only_makes_a_loop_goes_whole():
    check(
        f"{HEAD}def test_f():\n    try:\n        loop = asyncio.get_event_loop()\n"
        "    except RuntimeError:\n        loop = asyncio.new_event_loop()\n"
        "        asyncio.set_event_loop(loop)\n\n"
        "    assert loop.run_until_complete(f()) == 1\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n",
    )


def test_a_variable_with_other_uses_is_the_running_loop():
    check(
        f"{HEAD}def test_f():\n    loop = asyncio.new_event_loop()\n"
        "    client = Client(loop=loop)\n    task = loop.create_task(client.get())\n"
        "    assert loop.run_until_complete(task)\n    loop.close()\n",
        f"import asyncio\n\n{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
        "    loop = asyncio.get_running_loop()\n"
        "    client = Client(loop=loop)\n    task = asyncio.create_task(client.get())\n"
        "    assert await task\n",
    )


def test_closing_beside_others_loses_its_item():
    check(
        "import asyncio\nfrom contextlib import closing\n\n"
        "from app import Client, f\n\n"
        "def test_f():\n"
        "    with Client() as client, closing(asyncio.new_event_loop()) as loop:\n"
        "        assert loop.run_until_complete(f(client))\n",
        "import pytest\n\nfrom app import Client, f\n\n@pytest.mark.asyncio\n"
        "async def test_f():\n    with Client() as client:\n"
        "        assert await f(client)\n",
    )


def test_shutting_down_is_not_for_the_test():
    check(
        f"{HEAD}def test_f():\n    loop = asyncio.new_event_loop()\n"
        "    loop.set_debug(True)\n    loop.run_until_complete(f())\n"
        "    loop.run_until_complete(loop.shutdown_asyncgens())\n"
        "    loop.run_until_complete(loop.shutdown_default_executor())\n"
        "    loop.stop()\n    loop.close()\n",
        f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    await f()\n",
    )


NEW = "loop = asyncio.new_event_loop()"
DRIVE = "loop.run_until_complete(f())"


@pytest.mark.parametrize(
    "body",
    [
        f"{NEW}\n    {DRIVE}\n    loop.close()",
        f"loop = asyncio.get_event_loop()\n    {DRIVE}",
        f"{NEW}\n    asyncio.set_event_loop(loop)\n    try:\n        {DRIVE}\n"
        "    finally:\n        loop.close()\n        asyncio.set_event_loop(None)",
        "import contextlib as c\n\n"
        f"    with c.closing(asyncio.new_event_loop()) as loop:\n        {DRIVE}",
    ],
)
def test_nothing_is_left_of_a_loop(body):
    source = f"{HEAD}def test_f():\n    {body}\n"
    check(source, f"{DONE}@pytest.mark.asyncio\nasync def test_f():\n    await f()\n")


@pytest.mark.parametrize(
    "use",
    ["now = loop.time()", "cleanup(loop)", "Client.loop = loop"],
)
def test_a_loop_that_is_used_is_the_running_one(use):
    check(
        f"{HEAD}def test_f():\n    {NEW}\n    {use}\n    {DRIVE}\n    loop.close()\n",
        f"import asyncio\n\n{DONE}@pytest.mark.asyncio\nasync def test_f():\n"
        f"    loop = asyncio.get_running_loop()\n    {use}\n    await f()\n",
    )


def test_it_takes_the_drive_and_the_marker_too():
    source = f"{HEAD}def test_f():\n    {NEW}\n    {DRIVE}\n    loop.close()\n"
    check_taken(source, "AW102", "AW109", "AW110")


def test_the_drive_is_reported_and_not_the_loop():
    source = f"{HEAD}def test_f():\n    {NEW}\n    {DRIVE}\n{{}}"
    assert reported(source.format("    loop.close()\n")) == ["7:5 AW102 migrate"]
    assert reported(source.format("    return loop\n")) == [
        "7:5 AW102 left loop-asserted"
    ]
