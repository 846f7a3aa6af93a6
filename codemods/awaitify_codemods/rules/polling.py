"""AW513 polling."""

from collections.abc import Iterator

from awaitify_codemods.blocking.polls import may_poll, polls
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class Polling(Rule):
    """A loop that sleeps until something is true is slow, or ends too late, or never.

    An event, a queue or a task can be awaited: the test goes on as soon as there is
    something to see. The report names what could take the loop's place; where to set
    an event is for people to say. Loops that do anything else are not reported.
    """

    META = Meta(
        code="AW513",
        name="polling",
        summary="Report loops that sleep until something is true.",
        safety=Safety.REPORT,
        triggers=(b"sleep(",),
        examples=(
            Example.unchanged(
                "an event could be awaited",
                """
                    import asyncio

                    import pytest

                    from app import Server

                    @pytest.mark.asyncio
                    async def test_starts():
                        server = Server()
                        server.start()
                        while not server.is_running:
                            await asyncio.sleep(0.01)
                """,
            ),
        ),
        beside=(b"async def",),
        glance=may_poll,
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Report what could be awaited in place of each loop."""
        for module in work.like(self.META):
            for poll in polls(module, work):
                message = f"it sleeps until something is true: {poll.instead} "
                message += "could be awaited, with a time-out"
                yield Decision(module, poll.loop, "", message=message)
