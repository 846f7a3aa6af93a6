"""AW103 await-runner."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.values import External, Instance
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitRunner(Rule):
    """The calls of an `asyncio.Runner` share a loop and a context, as awaits do.

    `runner.run(E)` becomes `await E`, and the `with` statement that made the runner
    goes; `runner.get_loop()` becomes `asyncio.get_running_loop()`.

    Left where the runner is given a loop factory, where it is handed on, and where
    a run has a context of its own.
    """

    META = Meta(
        code="AW103",
        name="await-runner",
        summary="Await what an asyncio.Runner drove.",
        safety=Safety.SAFE,
        triggers=(b"Runner",),
        examples=(
            Example(
                "in a with statement",
                before="""
                    import asyncio

                    from app import add

                    def test_add():
                        with asyncio.Runner() as runner:
                            x = runner.run(add(1, 2))
                        assert x == 3
                """,
                after="""
                    import pytest

                    from app import add

                    @pytest.mark.asyncio
                    async def test_add():
                        x = await add(1, 2)
                        assert x == 3
                """,
            ),
            Example.unchanged(
                "the runner chooses the kind of loop",
                """
                    import asyncio

                    from app import add, make_loop

                    def test_add():
                        with asyncio.Runner(loop_factory=make_loop) as runner:
                            assert runner.run(add(1, 2)) == 3
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Turn each drive into an await, and take the runner away."""
        for drive in work.drives("AW103"):
            yield from work.awaited(drive, "Runner.run() becomes await")
        for function in work.colouring.coloured:
            use = work.loops(function)
            for block, index in use.runners:
                op = "unwrap" if len(block.items) == 1 else "drop-item"
                arguments = {} if op == "unwrap" else {"index": index}
                item = block.items[index]
                yield Decision(function.module, block, op, arguments, (item,))
        yield from self._fetched(work)

    def _fetched(self, work: Work) -> Iterator[Decision]:
        """``runner.get_loop()``: the loop that runs the test."""
        for function in work.colouring.coloured:
            for call in () if function.is_async else function.scope.calls:
                if not isinstance(call.func, ast.Attribute):
                    continue
                owner = work.index.value(call.func.value, function.module)
                if call.func.attr == "get_loop" and owner == {_RUNNER}:
                    yield work.renamed(
                        function.module, call, "asyncio.get_running_loop"
                    )


_RUNNER = Instance(External("asyncio.Runner"))
