"""AW511 blocking-sleep."""

from collections.abc import Iterator
from dataclasses import replace

from awaitify_codemods.blocking.sleeps import (
    BlockingSleep,
    blocking_sleeps,
    may_sleep,
)
from awaitify_codemods.plan import MIGRATE, REVIEW
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class BlockingSleepRule(Rule):
    """In a coroutine, `time.sleep` stops the loop, and all tasks with it.

    What the test waits for cannot happen; `while not done: time.sleep(0.1)` never
    ends. `await asyncio.sleep` takes the same time and lets the tasks run.

    That may change what the test sees, where it has done something before the sleep
    and goes on after it: such sleeps are changed with `--unsafe` alone.

    Left in sync functions, also in those inside coroutines, which run in threads;
    where clocks or sleeps are replaced; where the test is about blocking; where a
    lock of threads is held; and in coroutine functions that are handed to others.
    """

    META = Meta(
        code="AW511",
        name="blocking-sleep",
        summary="Await `asyncio.sleep()` in place of `time.sleep()` in coroutines.",
        safety=Safety.SAFE,
        triggers=(b"sleep",),
        examples=(
            Example(
                "nothing is looked at after the sleep",
                before="""
                    import time

                    import pytest

                    from app import Server

                    @pytest.mark.asyncio
                    async def test_stop():
                        server = Server()
                        await server.start()
                        assert server.is_running
                        time.sleep(0.1)
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import Server

                    @pytest.mark.asyncio
                    async def test_stop():
                        server = Server()
                        await server.start()
                        assert server.is_running
                        await asyncio.sleep(0.1)
                """,
            ),
            Example.unchanged(
                "between a change and its assertion: with `--unsafe` alone",
                """
                    import time

                    import pytest

                    from app import Cache

                    @pytest.mark.asyncio
                    async def test_expires():
                        cache = Cache(ttl=0.1)
                        await cache.set("a", 1)
                        time.sleep(0.2)
                        assert await cache.get("a") is None
                """,
            ),
            Example.unchanged(
                "a function that runs in a thread",
                """
                    import asyncio
                    import time

                    import pytest

                    @pytest.mark.asyncio
                    async def test_thread():
                        def work():
                            time.sleep(0.1)
                            return 1

                        assert await asyncio.to_thread(work) == 1
                """,
            ),
        ),
        beside=(b"async",),
        glance=may_sleep,
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Replace the sleeps in the frames of coroutines."""
        for found in blocking_sleeps(self.META, work):
            yield from _decided(found, work)


def _decided(found: BlockingSleep, work: Work) -> Iterator[Decision]:
    module, call = found.module, found.call
    if found.refusal:
        message = f"time.sleep() blocks the loop; {found.refusal.message}"
        yield Decision.left(module, call, found.refusal.reason, message)
        return
    message = "time.sleep() blocks the loop: asyncio.sleep() lets tasks run"
    if found.is_polling:
        message = "time.sleep() never lets happen what it waits for"
    status = REVIEW if found.is_observed else MIGRATE
    renamed = work.renamed(module, call, "asyncio.sleep")
    yield replace(renamed, message=message, status=status, group=call)
    yield Decision(module, call, "await-call", status=status, group=call)
