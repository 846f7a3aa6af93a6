"""AW105 await-helper."""

from collections.abc import Iterator

from awaitify_codemods.facts.module import spelled
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AwaitHelper(Rule):
    """A helper that only drives its argument is `await` under another name.

    Helpers are recognised by body, in any module of the test code: those that take
    a coroutine, a function and its arguments, or a factory; that put a time limit
    around it, which stays; that are lambdas, aliases or partials. Where the last
    call of a helper goes, the helper goes too.

    Left are helpers of the code under test, which are what is tested, and helpers
    that are handed on or named in strings.
    """

    META = Meta(
        code="AW105",
        name="await-helper",
        summary="Await what a runner helper drove.",
        safety=Safety.SAFE,
        triggers=(b"run",),
        examples=(
            Example(
                "with a loop of its own",
                before="""
                    import asyncio

                    from app import create

                    def _run(coro):
                        loop = asyncio.new_event_loop()
                        try:
                            return loop.run_until_complete(coro)
                        finally:
                            loop.close()

                    def test_create():
                        assert _run(create("bo")) == {"name": "bo"}
                """,
                after="""
                    import pytest

                    from app import create

                    @pytest.mark.asyncio
                    async def test_create():
                        assert await create("bo") == {"name": "bo"}
                """,
            ),
            Example(
                "with a time limit",
                before="""
                    import asyncio

                    from app import create

                    def run(coro, timeout=5):
                        return asyncio.run(asyncio.wait_for(coro, timeout))

                    def test_create():
                        assert run(create("bo"), timeout=1) == {"name": "bo"}
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import create

                    @pytest.mark.asyncio
                    async def test_create():
                        assert await asyncio.wait_for(create("bo"), timeout=1) == {"name": "bo"}
                """,
            ),
            Example.unchanged(
                "handed to other code",
                """
                    import asyncio

                    from app import Shell

                    def run(coro):
                        return asyncio.run(coro)

                    def test_shell():
                        assert Shell(run).call("x") == "x"
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Turn each call of a helper into an await."""
        for drive in work.drives("AW105"):
            helper = drive.runner.definition
            named = work.references.name(helper) if helper else ""
            raises = drive.shape == "raises"
            callee = drive.node.args[drive.keep] if raises else drive.node.func
            name = named or spelled(callee)
            yield from work.awaited(drive, f"{name}() becomes await")
