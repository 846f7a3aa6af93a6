"""AW512 blocking-call."""

from collections.abc import Iterator

from awaitify_codemods.blocking.calls import BlockingCall, blocking_calls, may_block
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class BlockingCallRule(Rule):
    """A call that waits for a thread, a process or the network stops the loop.

    What it waits for may need the loop, and then the test never ends; in any case no
    task runs meanwhile. `await asyncio.to_thread(...)` makes the call in a thread: of
    events, queues and threads of the standard library, `subprocess`, `requests` and
    `urlopen`, where the object is certainly one of those.

    As tasks run meanwhile, it takes `--unsafe`. In assertions it is reported. Left
    where a lock of threads is held, where the function is replaced, in coroutine
    functions that are handed to others, and where Python 3.8 is supported.
    """

    META = Meta(
        code="AW512",
        name="blocking-call",
        summary="Make calls that block in a thread, and await them.",
        safety=Safety.REVIEW,
        triggers=(b"async def",),
        examples=(
            Example(
                "an event, and a queue",
                before="""
                    import queue
                    import threading

                    import pytest

                    from app import start

                    @pytest.mark.asyncio
                    async def test_start():
                        started = threading.Event()
                        results = queue.Queue()
                        await start(started.set, results.put)
                        started.wait(timeout=5)
                        result = results.get()
                        assert result == 3
                """,
                after="""
                    import asyncio
                    import queue
                    import threading

                    import pytest

                    from app import start

                    @pytest.mark.asyncio
                    async def test_start():
                        started = threading.Event()
                        results = queue.Queue()
                        await start(started.set, results.put)
                        await asyncio.to_thread(started.wait, timeout=5)
                        result = await asyncio.to_thread(results.get)
                        assert result == 3
                """,
            ),
            Example.unchanged(
                "objects that are not known, and calls that do not wait",
                """
                    import queue

                    import pytest

                    from app import make_event

                    @pytest.mark.asyncio
                    async def test_start():
                        make_event().wait()
                        assert queue.Queue().get_nowait() is None
                """,
            ),
        ),
        glance=may_block,
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make the blocking calls of coroutines in threads."""
        for found in blocking_calls(self.META, work):
            yield _decided(found, work)


def _decided(found: BlockingCall, work: Work) -> Decision:
    module, call = found.module, found.call
    message = f"{found.name}() blocks the loop"
    if found.is_asserted:
        message = f"{message}; it is part of an assertion, which stays"
        return Decision(module, call, "", message=message, status=REPORT)
    if found.refusal:
        message = f"{message}; {found.refusal.message}"
        return Decision.left(module, call, found.refusal.reason, message)
    spelling = work.spell(module, module.at[call], "asyncio.to_thread")
    return Decision(
        module,
        call,
        "await-in-thread",
        {"to": spelling.text},
        uses=spelling.uses,
        imports=spelling.imports,
        message=f"{message}: it is made in a thread, and awaited",
    )
