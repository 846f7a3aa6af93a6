"""AW110 loop-life-cycle."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class LoopLifeCycle(Rule):
    """pytest-asyncio makes and closes the loop of a test; the test need not.

    Statements that make, install, configure, shut down or close the loop go. If the
    variable has other uses it becomes `asyncio.get_running_loop()`, and
    `loop.create_task(c)` becomes `asyncio.create_task(c)`. A `finally` that becomes
    empty goes with its `try`.

    Left where the test asks about the state of its loop, uses two, binds the
    variable twice, or makes it in several ways and uses it later.
    """

    META = Meta(
        code="AW110",
        name="loop-life-cycle",
        summary="Drop the loop that a test made for itself.",
        safety=Safety.SAFE,
        triggers=(b"loop",),
        examples=(
            Example(
                "with clean-up",
                before="""
                    import asyncio

                    from app import Client

                    def test_client():
                        loop = asyncio.new_event_loop()
                        client = Client(loop=loop)
                        try:
                            assert loop.run_until_complete(client.get()) == "got"
                        finally:
                            loop.close()
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import Client

                    @pytest.mark.asyncio
                    async def test_client():
                        loop = asyncio.get_running_loop()
                        client = Client(loop=loop)
                        assert await client.get() == "got"
                """,
            ),
            Example.unchanged(
                "two loops",
                """
                    import asyncio

                    from app import Client

                    def test_client():
                        one = asyncio.new_event_loop()
                        two = asyncio.new_event_loop()
                        client = Client()
                        one.run_until_complete(client.get())
                        two.run_until_complete(client.get())
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Remove or rename what each coloured function does with its loops."""
        for function in work.colouring.coloured:
            use = work.loops(function)
            module = function.module
            for statement in use.removed:
                yield Decision(module, statement, "remove", removes=(statement,))
            for call in use.kept:
                yield work.renamed(function.module, call, "asyncio.get_running_loop")
            for call in use.tasks:
                yield work.renamed(function.module, call, "asyncio.create_task")
            yield from _emptied(function, set(use.removed))
            for block, index in use.closing:
                op = "unwrap" if len(block.items) == 1 else "drop-item"
                arguments = {} if op == "unwrap" else {"index": index}
                item = block.items[index]
                yield Decision(module, block, op, arguments, (item,))


def _emptied(function: Function, removed: set[ast.stmt]) -> Iterator[Decision]:
    """Drop each ``finally`` of which nothing is left."""
    around = {function.module.parents[each] for each in removed}
    for statement in sorted(around, key=lambda each: getattr(each, "lineno", 0)):
        if isinstance(statement, ast.Try) and statement.finalbody:
            if set(statement.finalbody) <= removed:
                yield Decision(function.module, statement, "drop-finally")
