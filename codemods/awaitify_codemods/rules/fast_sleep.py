"""AW515 fast-sleep."""

from collections.abc import Iterator

from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.tasks.starved import starved_by
from awaitify_codemods.work import Work


class FastSleep(Rule):
    """A loop that sleeps by a mock lets nothing else run.

    A test that replaces `asyncio.sleep` by an AsyncMock, and runs a loop in a task that
    awaits nothing else, never gets its turn again: a mock does not wait. It is
    reported. A fixture in place of the patch does what is meant:

        @pytest.fixture
        def fast_sleep(monkeypatch):
            real_sleep = asyncio.sleep

            async def sleep(delay, result=None):
                await real_sleep(0)
                return result

            monkeypatch.setattr(asyncio, "sleep", sleep)

    AW333 writes it where an autouse fixture replaces sleeping for all tests. Here
    nothing is edited: a test that passes all the same relies on something else.
    """

    META = Meta(
        code="AW515",
        name="fast-sleep",
        summary="Report loops that starve tests which replace sleeping by a mock.",
        safety=Safety.REPORT,
        triggers=(b"create_task", b"ensure_future"),
        examples=(
            Example.unchanged(
                "a loop that only sleeps",
                """
                    import asyncio
                    from unittest.mock import patch

                    import pytest

                    class Poller:
                        polls = 0

                        async def run(self):
                            while True:
                                self.polls += 1
                                await asyncio.sleep(60)

                    @pytest.mark.asyncio
                    @patch("asyncio.sleep")
                    async def test_polls(sleep):
                        poller = Poller()
                        task = asyncio.create_task(poller.run())
                        await asyncio.wait([task], timeout=0.1)
                        assert poller.polls > 1
                """,
            ),
        ),
        beside=(b"sleep", b"patch"),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Say it of each task that a test makes."""
        for module in work.like(self.META):
            for node in module.functions if module.path in work.tests else ():
                test = Function(module, node)
                if is_test(test) and work.is_coroutine(test):
                    for found in starved_by(test, work):
                        message = (
                            f"while sleep is replaced, the loop of this task "
                            f"({found.loop}) lets nothing else run; a fast_sleep "
                            "that gives others a turn would"
                        )
                        call = found.made.call
                        yield Decision(module, call, "", message=message, status=REPORT)
