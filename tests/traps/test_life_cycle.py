"""P02: the loop that a test makes goes, with all that only makes, sets or ends it."""

import pytest

from tests.traps.support import check, left


def legacy(body: str) -> str:
    """Return a module with one test on a loop of its own."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    head = "import asyncio\n\nfrom app import Client, cleanup, f\n\n"
    return f"{head}def test_f():\n{lines}"


def modern(body: str, imports: str = "") -> str:
    """Return the module after."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    head = f"{imports}import pytest\n\nfrom app import Client, cleanup, f\n\n"
    return f"{head}@pytest.mark.asyncio\nasync def test_f():\n{lines}"


MAKERS = [
    "asyncio.new_event_loop()",
    "asyncio.get_event_loop()",
    "asyncio.get_event_loop_policy().new_event_loop()",
    "asyncio.events.new_event_loop()",
]


@pytest.mark.parametrize("maker", MAKERS)
def test_a_loop_that_only_drives_goes(maker):
    check(
        legacy(f"loop = {maker}\nassert loop.run_until_complete(f()) == 1"),
        modern("assert await f() == 1"),
    )


@pytest.mark.parametrize("maker", [MAKERS[0], MAKERS[1], MAKERS[3]])
def test_a_loop_made_in_passing_goes(maker):
    check(
        legacy(f"assert {maker}.run_until_complete(f()) == 1"),
        modern("assert await f() == 1"),
    )


def test_a_loop_made_by_the_policy_in_passing_goes():
    check(
        legacy(f"assert {MAKERS[2]}.run_until_complete(f()) == 1"),
        modern("assert await f() == 1"),
    )


ENDINGS = [
    "loop.close()",
    "loop.stop()",
    "loop.set_debug(True)",
    "asyncio.set_event_loop(None)",
    "asyncio.set_event_loop(loop)",
    "loop.run_until_complete(loop.shutdown_asyncgens())",
    "loop.run_until_complete(loop.shutdown_default_executor())",
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_life_cycle_statements_go(ending):
    check(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            f"assert loop.run_until_complete(f()) == 1\n{ending}"
        ),
        modern("assert await f() == 1"),
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_finally_that_becomes_empty_goes_with_its_try(ending):
    check(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            "try:\n"
            "    assert loop.run_until_complete(f()) == 1\n"
            "finally:\n"
            f"    {ending}"
        ),
        modern("assert await f() == 1"),
    )


def test_a_finally_that_does_more_stays():
    check(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            "try:\n"
            "    assert loop.run_until_complete(f()) == 1\n"
            "finally:\n"
            "    cleanup()\n"
            "    loop.close()"
        ),
        modern(
            "try:\n    assert await f() == 1\nfinally:\n    cleanup()",
        ),
    )


def test_a_try_with_handlers_keeps_them():
    check(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            "try:\n"
            "    loop.run_until_complete(f())\n"
            "except ValueError:\n"
            "    cleanup()\n"
            "finally:\n"
            "    loop.close()"
        ),
        modern("try:\n    await f()\nexcept ValueError:\n    cleanup()"),
    )


@pytest.mark.parametrize(
    "block",
    [
        "with closing(asyncio.new_event_loop()) as loop:",
        "loop = asyncio.new_event_loop()\nwith closing(loop):",
    ],
)
def test_closing_is_unwrapped(block):
    before = legacy(f"{block}\n    assert loop.run_until_complete(f()) == 1")
    check(
        before.replace("\n\n", "\nfrom contextlib import closing\n\n", 1),
        modern("assert await f() == 1"),
    )


def test_closing_beside_something_else_loses_its_item():
    before = legacy(
        "with closing(asyncio.new_event_loop()) as loop, Client() as client:\n"
        "    assert loop.run_until_complete(f()) == client"
    )
    check(
        before.replace("\n\n", "\nfrom contextlib import closing\n\n", 1),
        modern("with Client() as client:\n    assert await f() == client"),
    )


def test_a_loop_fetched_or_made_goes():
    check(
        legacy(
            "try:\n"
            "    loop = asyncio.get_event_loop()\n"
            "except RuntimeError:\n"
            "    loop = asyncio.new_event_loop()\n"
            "    asyncio.set_event_loop(loop)\n"
            "assert loop.run_until_complete(f()) == 1"
        ),
        modern("assert await f() == 1"),
    )


@pytest.mark.parametrize(
    "use",
    [
        "client = Client(loop=loop)",
        "client = Client(loop)",
        "future = loop.create_future()",
        "started = loop.time()",
        "work = loop.run_in_executor(None, cleanup)",
    ],
)
def test_other_uses_keep_a_variable(use):
    after = f"loop = asyncio.get_running_loop()\n{use}\nassert await f() == 1"
    body = f"loop = asyncio.new_event_loop()\n{use}\n"
    check(
        legacy(f"{body}assert loop.run_until_complete(f()) == 1\nloop.close()"),
        modern(after, "import asyncio\n\n"),
    )


def test_create_task_needs_no_loop():
    check(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            "task = loop.create_task(f())\n"
            "assert loop.run_until_complete(task) == task.result()"
        ),
        modern(
            "task = asyncio.create_task(f())\nassert await task == task.result()",
            "import asyncio\n\n",
        ),
    )


def test_gather_and_futures_are_plainly_awaited():
    check(
        legacy(
            "loop = asyncio.get_event_loop()\n"
            "assert loop.run_until_complete(asyncio.gather(f(), f())) == [1, 1]\n"
            "assert loop.run_until_complete(asyncio.wait_for(f(), 5)) == 1"
        ),
        modern(
            "assert await asyncio.gather(f(), f()) == [1, 1]\n"
            "assert await asyncio.wait_for(f(), 5) == 1",
            "import asyncio\n\n",
        ),
    )


ASKED = [
    "assert not loop.is_closed()",
    "assert not loop.is_running()",
    "assert loop.get_debug()",
    "loop.set_exception_handler(print)",
    "loop.add_signal_handler(2, print)",
    "loop.set_task_factory(None)",
    "loop.set_default_executor(Client())",
    "loop.slow_callback_duration = 1",
]


@pytest.mark.parametrize("asked", ASKED)
def test_a_test_about_its_loop_stays(asked):
    assert left(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            f"loop.run_until_complete(f())\n{asked}\nloop.close()"
        )
    ) == ["loop-asserted"]


def test_closed_is_asked_after_the_end():
    assert left(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            "loop.run_until_complete(f())\n"
            "loop.close()\n"
            "assert loop.is_closed()"
        )
    ) == ["loop-asserted"]


@pytest.mark.parametrize(
    "policy",
    [
        "asyncio.set_event_loop_policy(None)",
        "asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())",
        "assert asyncio.get_event_loop_policy()",
    ],
)
def test_a_test_about_policies_stays(policy):
    assert left(legacy(f"{policy}\nasyncio.run(f())")) == ["loop-asserted"]


def test_run_forever_is_another_shape():
    reasons = left(
        legacy(
            "loop = asyncio.new_event_loop()\n"
            "loop.call_later(0.1, loop.stop)\n"
            "loop.run_forever()\n"
            "loop.run_until_complete(f())"
        )
    )
    assert set(reasons) == {"run-forever"}


TWO_LOOPS = {
    "two variables": (
        "one = asyncio.new_event_loop()\n"
        "two = asyncio.new_event_loop()\n"
        "one.run_until_complete(f())\n"
        "two.run_until_complete(f())"
    ),
    "one variable twice": (
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(f())\n"
        "loop.close()\n"
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(f())"
    ),
    "a run and a loop": (
        "asyncio.run(f())\n"
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(f())"
    ),
    "a loop for something else": (
        "client = Client(asyncio.new_event_loop())\nasyncio.run(f())"
    ),
    "two runners": (
        "with asyncio.Runner() as one, asyncio.Runner() as two:\n"
        "    one.run(f())\n"
        "    two.run(f())"
    ),
}


@pytest.mark.parametrize("body", TWO_LOOPS.values(), ids=TWO_LOOPS)
def test_two_loops_stay(body):
    assert set(left(legacy(body))) == {"multi-loop"}


@pytest.mark.parametrize(
    "body",
    [
        "loop = asyncio.new_event_loop()\n"
        "with asyncio.Runner() as runner:\n"
        "    runner.run(f())\n"
        "loop.run_until_complete(f())",
        "with asyncio.Runner() as one:\n"
        "    task = one.run(f())\n"
        "with asyncio.Runner() as two:\n"
        "    two.run(f(task))",
        "with asyncio.Runner() as one:\n    task = one.run(f())\nasyncio.run(f(task))",
    ],
)
def test_a_runner_beside_another_loop_stays(body):
    assert set(left(legacy(body))) == {"multi-loop"}


@pytest.mark.parametrize("made", ["Lock()", "Queue()", "Event()", "Semaphore(1)"])
def test_a_lock_used_in_two_runs_stays(made):
    assert set(
        left(
            legacy(f"lock = asyncio.{made}\nasyncio.run(f(lock))\nasyncio.run(f(lock))")
        )
    ) == {"multi-loop"}


def test_an_expected_error_of_a_second_run_stays():
    before = legacy(
        "client = Client()\n"
        "asyncio.run(client.get())\n"
        "with pytest.raises(RuntimeError):\n"
        "    asyncio.run(client.get())"
    )
    assert left(before.replace("\n\n", "\n\nimport pytest\n\n", 1))


def test_a_loop_handed_to_callers_stays():
    assert "loop-asserted" in left(
        """
        import asyncio

        from app import f

        def make_loop():
            loop = asyncio.new_event_loop()
            loop.run_until_complete(f())
            return loop

        def test_f():
            make_loop().run_until_complete(f())
        """
    )


def test_a_loop_in_one_line_suites():
    check(
        """
        import asyncio; from app import f

        def test_f(): asyncio.run(f())

        def test_g(): loop = asyncio.new_event_loop(); loop.run_until_complete(f())
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f(): await f()

        @pytest.mark.asyncio
        async def test_g(): await f()
        """,
    )


def test_what_a_runner_offers_becomes_the_running_loop():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            with asyncio.Runner() as runner, open("x") as file:
                loop = runner.get_loop()
                assert runner.run(f(file)) == loop.time()
        """,
        """
        import asyncio

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            with open("x") as file:
                loop = asyncio.get_running_loop()
                assert await f(file) == loop.time()
        """,
    )


RUNNERS = {
    "configured": "with asyncio.Runner(debug=True) as runner:\n    runner.run(f())",
    "factory": "with asyncio.Runner(loop_factory=f) as r:\n    r.run(f())",
    "kept": "runner = asyncio.Runner()\nrunner.run(f())\nrunner.close()",
    "handed on": "with asyncio.Runner() as r:\n    Client(r)\n    r.run(f())",
    "context": "with asyncio.Runner() as r:\n    r.run(f(), context=Client())",
    "closed": "with asyncio.Runner() as r:\n    r.run(f())\n    r.close()",
}


@pytest.mark.parametrize("body", RUNNERS.values(), ids=RUNNERS)
def test_a_runner_that_is_more_than_driven_stays(body):
    assert left(legacy(body))
