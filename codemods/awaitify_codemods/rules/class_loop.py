"""AW203 class-loop."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.class_loops import ClassLoop, is_left_empty, method_of
from awaitify_codemods.facts.loops import LoopUse
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class ClassLoopRule(Rule):
    """unittest makes and closes the loop of a test; the class need not keep one.

    What makes, installs and closes `self.loop` goes, with a set-up of which nothing
    else is left. Where the loop is used for more than driving, it is the one that
    runs: `self.loop = asyncio.get_running_loop()` in `asyncSetUp`.

    Left where one of its users has to stay, and where a loop that all tests of the
    class share is used for more than driving (`setUpClass-drive`).
    """

    META = Meta(
        code="AW203",
        name="class-loop",
        summary="Drop the loop that a unittest class kept for its tests.",
        safety=Safety.SAFE,
        triggers=(b"loop",),
        examples=(
            Example(
                "nothing else uses it",
                before="""
                    import asyncio
                    import unittest

                    from app import add

                    class AddTests(unittest.TestCase):
                        def setUp(self):
                            self.loop = asyncio.new_event_loop()
                            asyncio.set_event_loop(None)

                        def tearDown(self):
                            self.loop.close()

                        def test_add(self):
                            self.assertEqual(self.loop.run_until_complete(add(1, 2)), 3)
                """,
                after="""
                    import unittest

                    from app import add

                    class AddTests(unittest.IsolatedAsyncioTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
            ),
            Example(
                "it is handed on",
                before="""
                    import asyncio
                    import unittest

                    from app import Client

                    class ClientTests(unittest.TestCase):
                        def setUp(self):
                            self.loop = asyncio.new_event_loop()
                            self.addCleanup(self.loop.close)
                            self.client = Client(loop=self.loop)

                        def test_get(self):
                            self.loop.run_until_complete(self.client.get())
                """,
                after="""
                    import asyncio
                    import unittest

                    from app import Client

                    class ClientTests(unittest.IsolatedAsyncioTestCase):
                        async def asyncSetUp(self):
                            self.loop = asyncio.get_running_loop()
                            self.client = Client(loop=self.loop)

                        async def test_get(self):
                            await self.client.get()
                """,
            ),
            Example.unchanged(
                "all tests share it",
                """
                    import asyncio
                    import unittest

                    from app import Client

                    class ClientTests(unittest.TestCase):
                        @classmethod
                        def setUpClass(cls):
                            cls.loop = asyncio.new_event_loop()
                            cls.client = Client(loop=cls.loop)

                        def test_get(self):
                            self.loop.run_until_complete(self.client.get())
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Remove what concerns only the loop, or make it the one that runs."""
        gone = work.gone_with_loops
        emptied: dict[Function, None] = {}
        for kept in work.kept_loops:
            for module, statement in kept.gone:
                method = method_of(module, statement)
                use = work.loops(method) if method in work.coloured else LoopUse()
                if method and is_left_empty(method, gone | set(use.removed)):
                    emptied[method] = None
                elif statement not in use.removed:
                    yield Decision(module, statement, "remove", removes=(statement,))
            yield from _running(kept, work)
        for method in emptied:
            yield Decision(method.module, method.node, "remove", removes=(method.node,))


def _running(kept: ClassLoop, work: Work) -> Iterator[Decision]:
    for module, statement in kept.making if kept.others else ():
        call = statement.value
        assert isinstance(call, ast.Call)
        yield work.renamed(module, call, "asyncio.get_running_loop")
