"""AW205 vacuous-test."""

from collections.abc import Iterator

from awaitify_codemods.plan import NEWLY_RUNNING, REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class VacuousTest(Rule):
    """In a plain `TestCase`, an `async def test_x` passes without running.

    unittest calls it, gets a coroutine and drops it; a marker changes nothing. The
    class becomes an `IsolatedAsyncioTestCase`, and the test is reported as *newly
    running*: it may fail for the first time, and then it had something to say.

    An `async def setUp` or `tearDown` is never awaited in any class of unittest. It
    is reported and stays: to await it (`asyncSetUp`) may change every test there.

    Left where something else may await the tests: a base that is not known or runs
    its tests itself, a framework's, a decorator.
    """

    META = Meta(
        code="AW205",
        name="vacuous-test",
        summary="Run async tests that a plain `TestCase` passes without running.",
        safety=Safety.SAFE,
        triggers=(b"TestCase",),
        examples=(
            Example(
                "a test that never ran",
                before="""
                    import unittest

                    from app import add

                    class AddTests(unittest.TestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
                after="""
                    import unittest

                    from app import add

                    class AddTests(unittest.IsolatedAsyncioTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
            ),
            Example.unchanged(
                "a base that may await it",
                """
                    from app import add
                    from elsewhere import AsyncTestCase

                    class AddTests(AsyncTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Report what runs now, and the set-ups that still do not."""
        for function in work.colouring.coloured:
            if function in work.vacuous.tests:
                yield Decision(
                    function.module,
                    function.node,
                    "",
                    message="it passed without running, and is awaited now",
                    status=NEWLY_RUNNING,
                )
        awaited = set(work.coloured) | work.replaced_set_ups
        for function in work.vacuous.set_ups:
            if function not in awaited:
                name = function.node.name
                yield Decision(
                    function.module,
                    function.node,
                    "",
                    message=f"unittest never awaits {name}",
                    status=REPORT,
                )
