"""AW522 unawaited-cancel."""

from collections.abc import Iterator

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.tasks.cancelled import Cancelled, cancelled_in
from awaitify_codemods.tasks.doubts import doubt
from awaitify_codemods.tasks.endings import awaiting
from awaitify_codemods.work import Work


class UnawaitedCancel(Rule):
    """A task that a test or fixture cancels is awaited.

    `task.cancel()` only asks: the task ends when the loop runs next. If nothing awaits
    it, its clean-up runs after that of the test, or not at all, and what goes wrong in
    it is lost.

    Where it is not seen that the task ends at once, the wait has a limit: a server that
    is cancelled waits for its connections, which may live longer than the test.

    It takes `--unsafe`, because more of the task runs within the test. Left where
    assertions follow: they see what the task has not undone yet, and shall go on to.
    Left, too, where the task goes on when it is cancelled, and where tests replace
    functions of asyncio. A task that is mentioned afterwards, or by a function inside,
    is not looked at.
    """

    META = Meta(
        code="AW522",
        name="unawaited-cancel",
        summary="Await the tasks that tests and fixtures cancel.",
        safety=Safety.REVIEW,
        triggers=(b".cancel(",),
        examples=(
            Example(
                "at the end of a test",
                before="""
                    import asyncio

                    import pytest

                    from app import Heart

                    @pytest.mark.asyncio
                    async def test_beats():
                        heart = Heart()
                        task = asyncio.create_task(heart.run())
                        await asyncio.sleep(0.01)
                        assert heart.beats > 0
                        task.cancel()
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import Heart

                    @pytest.mark.asyncio
                    async def test_beats():
                        heart = Heart()
                        task = asyncio.create_task(heart.run())
                        await asyncio.sleep(0.01)
                        assert heart.beats > 0
                        task.cancel()
                        await asyncio.wait([task], timeout=1)
                """,
            ),
            Example.unchanged(
                "an assertion follows",
                """
                    import asyncio

                    import pytest

                    from app import Heart

                    @pytest.mark.asyncio
                    async def test_beats():
                        heart = Heart()
                        task = asyncio.create_task(heart.run())
                        await asyncio.sleep(0.01)
                        task.cancel()
                        assert heart.beats > 0
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Await what is cancelled, where nothing else does so afterwards."""
        for module in work.like(self.META):
            for function in _served(module, work):
                for each in cancelled_in(function, work):
                    yield _decided(each, work)


def _served(module: Module, work: Work) -> Iterator[Function]:
    """Yield the tests and fixtures of a file that are or become async."""
    for node in module.functions:
        function = Function(module, node)
        if work.is_coroutine(function) and work.is_served(function):
            yield function


def _decided(found: Cancelled, work: Work) -> Decision:
    module = found.function.module
    for made in found.tasks:
        if refusal := doubt(made, work):
            return _left(found, refusal)
    if found.looked_at:
        message = "assertions see what the task has not undone yet"
        return _left(found, Refusal("run-boundary", message))
    wait = awaiting(found.tasks, [made.name for made in found.tasks], work)
    return Decision(
        module,
        found.last,
        "insert-after",
        {"code": wait.text},
        uses=wait.uses,
        imports=wait.imports,
        message="what is cancelled ends when it is awaited",
    )


def _left(found: Cancelled, refusal: Refusal) -> Decision:
    message = f"nothing awaits what is cancelled; {refusal.message}"
    return Decision.left(found.function.module, found.last, refusal.reason, message)
