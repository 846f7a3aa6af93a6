"""AW523 task-clean-up."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.values import Function
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.tasks.careless import remarks
from awaitify_codemods.work import Work


class TaskCleanUp(Rule):
    """What a test asks of a task too early, and ends of it by chance, is reported.

    A task begins when the loop runs next: `assert not task.done()` straight after
    `create_task` holds whatever the task does, `assert task.done()` never.

    `if task: task.cancel()` asks a task to end that may not be there, and nothing
    awaits that it does. In a `finally`, after the `yield` of a fixture and in
    `asyncTearDown`, a task is not cancelled if a step above fails.

    Nothing is edited: what the test means is for people to say.
    """

    META = Meta(
        code="AW523",
        name="task-clean-up",
        summary="Report what tests ask of tasks too early, and end by chance.",
        safety=Safety.REPORT,
        triggers=(b".done()", b".cancel("),
        examples=(
            Example.unchanged(
                "asked before it has begun",
                """
                    import asyncio

                    import pytest

                    from app import work

                    @pytest.mark.asyncio
                    async def test_work():
                        task = asyncio.create_task(work())
                        assert not task.done()
                        assert await task == "done"
                """,
            ),
            Example.unchanged(
                "a step that may fail above it",
                """
                    import asyncio

                    import pytest_asyncio

                    from app import Server

                    @pytest_asyncio.fixture
                    async def server():
                        found = Server()
                        task = asyncio.create_task(found.run())
                        yield found
                        await found.close()
                        task.cancel()
                        await asyncio.gather(task, return_exceptions=True)
                """,
            ),
        ),
        beside=(b"async",),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Say it of each test and fixture, and of what they use in their files."""
        for module in work.like(self.META):
            for node in module.functions if module.path in work.tests else ():
                function = Function(module, node)
                if isinstance(node, ast.AsyncFunctionDef) or function in work.coloured:
                    for place, message in remarks(function, work):
                        yield Decision(
                            module, place, "", message=message, status=REPORT
                        )
