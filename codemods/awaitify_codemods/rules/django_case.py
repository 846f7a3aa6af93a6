"""AW356 django-case."""

from collections.abc import Iterator

from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class DjangoCase(Rule):
    """Django awaits the coroutine tests of its own test cases since version 3.1.

    A test that drives a loop becomes `async def`, and nothing else: the base class
    stays, which keeps transactions and settings, and no marker is wanted.

    Left where a test talks to the database or to the test client itself, which fails
    where a loop runs; where objects of the database may be about, in a class that
    has one; and in set-ups, in whose place Django calls nothing that is awaited.
    """

    META = Meta(
        code="AW356",
        name="django-case",
        summary="Make tests of Django's test cases async, which it awaits itself.",
        safety=Safety.SAFE,
        triggers=(b"django", b"rest_framework"),
        examples=(
            Example(
                "a test without a database",
                before="""
                    import asyncio

                    from django.test import SimpleTestCase

                    from app import add

                    class AddTests(SimpleTestCase):
                        def test_add(self):
                            self.assertEqual(asyncio.run(add(1, 2)), 3)
                """,
                after="""
                    from django.test import SimpleTestCase

                    from app import add

                    class AddTests(SimpleTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
            ),
            Example.unchanged(
                "a test that asks the database",
                """
                    import asyncio

                    from django.test import TestCase

                    from app import User, register

                    class RegisterTests(TestCase):
                        def test_register(self):
                            asyncio.run(register("me"))
                            self.assertTrue(User.objects.exists())
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make tests async."""
        for function in work.colouring.coloured:
            if is_test(function) and work.cases.is_of_django(function):
                if not function.is_async:
                    message = "Django awaits it"
                    yield Decision(
                        function.module, function.node, "make-async", message=message
                    )
