"""AW108 async-helper."""

from collections.abc import Iterator

from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AsyncHelper(Rule):
    """What awaits is a coroutine function, and so is whoever calls it.

    A helper that drives a loop, or calls one that does, becomes `async def`, and
    its callers await it, in every module of the test code, overrides included. A
    caller that has to stay sync drives it: `asyncio.run(helper())`, if each call
    had a loop of its own before; else the helper stays, with all its callers.

    Left are properties, callbacks, generators and special methods, which something
    else calls.
    """

    META = Meta(
        code="AW108",
        name="async-helper",
        summary="Make helpers that drive loops async, and await them.",
        safety=Safety.SAFE,
        triggers=(b"run",),
        examples=(
            Example(
                "called by a test",
                before="""
                    import asyncio

                    from app import create

                    def make_user(name):
                        return asyncio.run(create(name))

                    def test_user():
                        assert make_user("ada")["name"] == "ada"
                """,
                after="""
                    import pytest

                    from app import create

                    async def make_user(name):
                        return await create(name)

                    @pytest.mark.asyncio
                    async def test_user():
                        assert (await make_user("ada"))["name"] == "ada"
                """,
            ),
            Example.unchanged(
                "handed on",
                """
                    import asyncio

                    from app import create, register

                    def make_user(name):
                        return asyncio.run(create(name))

                    def test_user():
                        assert register(make_user)
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make helpers async, await their calls, and drive them where that stays."""
        for function in work.colouring.coloured:
            if work.is_fixture(function) or work.plain_set_ups.is_one(function):
                continue
            if not is_test(function) and not function.is_async:
                message = f"{function.node.name} becomes async"
                yield Decision(
                    function.module, function.node, "make-async", message=message
                )
        for reference in work.colouring.awaits:
            if reference.call is not None:
                yield Decision(reference.module, reference.call, "await-call")
                yield from work.listed(reference.module, reference.call)
        for reference in work.colouring.bridges:
            assert reference.call is not None
            module = reference.module
            run = work.spell(module, reference.scope, "asyncio.run")
            yield Decision(
                module,
                reference.call,
                "drive",
                {"runner": run.text},
                uses=run.uses,
                imports=run.imports,
            )
