"""AW204 async-clean-up."""

import ast
from collections.abc import Iterator

from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AsyncCleanUp(Rule):
    """unittest awaits what `addAsyncCleanup` is given, in the order of all clean-ups.

    `self.addCleanup(asyncio.run, x.close())` becomes
    `self.addAsyncCleanup(x.close)`, and so does a lambda that drives, if what it
    would look up later is the same at once.
    """

    META = Meta(
        code="AW204",
        name="async-clean-up",
        summary="Turn clean-ups that drive loops into `addAsyncCleanup`.",
        safety=Safety.SAFE,
        triggers=(b"addCleanup",),
        examples=(
            Example(
                "a runner, and a lambda",
                before="""
                    import asyncio
                    import unittest

                    from app import connect

                    class ConnTests(unittest.TestCase):
                        def test_close(self):
                            conn = asyncio.run(connect("db"))
                            self.addCleanup(asyncio.run, conn.close(1))
                            self.addCleanup(lambda: asyncio.run(conn.flush()))
                """,
                after="""
                    import unittest

                    from app import connect

                    class ConnTests(unittest.IsolatedAsyncioTestCase):
                        async def test_close(self):
                            conn = await connect("db")
                            self.addAsyncCleanup(conn.close, 1)
                            self.addAsyncCleanup(conn.flush)
                """,
            ),
            Example.unchanged(
                "a lambda that looks up what changes",
                """
                    import asyncio
                    import unittest

                    from app import connect

                    class ConnTests(unittest.TestCase):
                        def test_close(self):
                            conn = connect("one")
                            self.addCleanup(lambda: asyncio.run(conn.close()))
                            conn = connect("two")
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Register coroutine functions."""
        for drive in work.colouring.forms:
            if drive.shape != "clean-up":
                continue
            yield Decision(
                drive.module,
                drive.node,
                "async-cleanup",
                removes=(_runner(drive.node),),
                message="addCleanup() becomes addAsyncCleanup()",
            )


def _runner(call: ast.Call) -> ast.expr:
    """Return the mention of the runner in a clean-up."""
    first = call.args[0]
    if isinstance(first, ast.Lambda) and isinstance(first.body, ast.Call):
        return first.body.func
    return first
