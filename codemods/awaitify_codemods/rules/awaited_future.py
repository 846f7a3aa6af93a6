"""AW403 awaited-future."""

from collections.abc import Iterator
from dataclasses import replace

from awaitify_codemods.mocks.readings import Readings
from awaitify_codemods.mocks.receivers import Receiver, are_given, receivers
from awaitify_codemods.mocks.unwrapping import (
    Conversion,
    Unwrapping,
    is_complete,
    shared,
)
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitedFuture(Rule):
    """What is awaited is an async mock, not a mock that returns a future.

    Before `AsyncMock` (Python 3.8) a mock could be awaited by way of what it returned:
    a future with a result, or a coroutine. A future is bound to a loop, and cannot be
    made without one (Python 3.14); a coroutine can be awaited once only.

    `AsyncMock` does not await what it is told to return, so the value takes the place
    of the future: `return_value`, `side_effect` for an exception, each element of a
    list. It is found by what the code does (a future that is made and completed, a
    function that returns one, a coroutine function), not by names. Functions that
    only make futures go with their last use.

    A mock changes where a test awaits what it returns, and nothing else is ever done
    with that. It stays where the future is completed later (`future-completed-later`)
    or used in other ways (`mixed-use`), where nothing awaits it (`no-await-evidence`),
    where the code asks what it got (`branch-on-kind`), and where the value cannot be
    told (`unknown-value`). Functions that return coroutines (`side_effect=lambda:
    f()`) are right with a `MagicMock`, and stay.

    A future or a coroutine that an `AsyncMock` returns is reported: awaiting gives the
    future itself.
    """

    META = Meta(
        code="AW403",
        name="awaited-future",
        summary="Let `AsyncMock` return values in place of mocks that return futures.",
        safety=Safety.SAFE,
        triggers=(b"return_value", b"side_effect"),
        examples=(
            Example(
                "a future, and a function that makes them",
                before="""
                    import asyncio
                    from unittest.mock import MagicMock

                    import pytest

                    def future(value):
                        fut = asyncio.Future()
                        fut.set_result(value)
                        return fut

                    async def greet(api):
                        return f"{await api.greeting()} {await api.name()}"

                    @pytest.mark.asyncio
                    async def test_greet():
                        api = MagicMock()
                        api.greeting.return_value = asyncio.Future()
                        api.greeting.return_value.set_result("hello")
                        api.name.return_value = future("ada")
                        assert await greet(api) == "hello ada"
                """,
                after="""
                    from unittest.mock import AsyncMock, MagicMock

                    import pytest

                    async def greet(api):
                        return f"{await api.greeting()} {await api.name()}"

                    @pytest.mark.asyncio
                    async def test_greet():
                        api = MagicMock()
                        api.greeting = AsyncMock(return_value="hello")
                        api.name = AsyncMock(return_value="ada")
                        assert await greet(api) == "hello ada"
                """,
            ),
            Example.unchanged(
                "a future that decides when the code goes on",
                """
                    import asyncio
                    from unittest.mock import MagicMock

                    import pytest

                    async def greet(api):
                        return await api.name()

                    @pytest.mark.asyncio
                    async def test_greet():
                        api = MagicMock()
                        api.name.return_value = name = asyncio.Future()
                        task = asyncio.create_task(greet(api))
                        await asyncio.sleep(0)
                        name.set_result("ada")
                        assert await task == "ada"
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Unwrap what mocks return that are awaited."""
        readings, unwrapping = Readings(work.index), Unwrapping(work)
        if not any(are_given(module, readings) for module in work.like(self.META)):
            return
        conversions = []
        for receiver in receivers(work.mocks, readings):
            made = Conversion(receiver, reason=receiver.reason)
            if not made.reason:
                made = unwrapping.of(receiver)
            conversions.append(made)
        for group in shared(conversions):
            reason = next((each.reason for each in group if each.reason), "")
            if not reason and not is_complete(group):
                reason = "mixed-use"
            if reason:
                yield from _left(group, reason)
            else:
                yield from _changed(group, work)


def _changed(group: list[Conversion], work: Work) -> Iterator[Decision]:
    leader = group[0].receiver.configs[0].node
    for conversion in group:
        work.retiring.update(
            each.node
            for each in conversion.helpers
            if work.may_change(each.module.path)
        )
        told = False
        for decision in conversion.decisions:
            message = "" if told else _message(conversion.receiver)
            told = True
            yield replace(decision, group=leader, message=message)


def _message(receiver: Receiver) -> str:
    uses = receiver.awaits()
    more = f" and {len(uses) - 1} more" if len(uses) > 1 else ""
    return f"a mock returns what is awaited at {uses[0].place}{more}"


def _left(group: list[Conversion], reason: str) -> Iterator[Decision]:
    for conversion in group:
        receiver = conversion.receiver
        for config in receiver.configs:
            if not config.is_awaitable:
                continue
            node = config.value or config.node
            if receiver.is_async and conversion.reason == "unknown-value":
                place = receiver.awaits()[0].place
                message = f"awaiting an AsyncMock gives what it returns, see {place}"
                yield Decision(config.module, node, "", message=message, status=REPORT)
                continue
            message = _TOLD[reason]
            yield Decision.left(config.module, node, reason, message)


_TOLD = {
    "branch-on-kind": "the code asks whether it got something to await",
    "future-completed-later": "the future may be completed later",
    "mixed-use": "it is not only awaited where it is called",
    "name-taken": "AsyncMock means something else there",
    "no-await-evidence": "no test was found that awaits it",
    "unknown-value": "it is not known what awaiting it gives",
}
