"""AW321 loop-argument."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.glances import gives_loop
from awaitify_codemods.facts.lifecycle import loops
from awaitify_codemods.facts.loop_arguments import LOOP, Needless
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class LoopArgument(Rule):
    """Since Python 3.10 most of asyncio takes no `loop`: it uses the one that runs.

    In coroutines `loop=` goes from calls of `asyncio.sleep`, `wait_for`, `gather`,
    `Queue`, `Lock` and the like; `Future`, `ensure_future` and streams' readers still
    take one. From calls of other functions and classes it goes where their source,
    in the project or in what is installed, has no such parameter any more.

    Left where the loop is a mock, where the call is expected to fail or its failure is
    caught, and where tests put something in the place of what is called.
    """

    META = Meta(
        code="AW321",
        name="loop-argument",
        summary="Drop `loop=` where it is not taken any more.",
        safety=Safety.SAFE,
        triggers=(b"loop=", b"loop ="),
        examples=(
            Example(
                "asyncio's own, and what takes a loop",
                before="""
                    import asyncio

                    from app import Client

                    def test_client():
                        loop = asyncio.new_event_loop()
                        client = Client(loop=loop)

                        async def go():
                            queue = asyncio.Queue(loop=loop)
                            await asyncio.wait_for(client.get(queue), 1, loop=loop)

                        loop.run_until_complete(go())
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

                        async def go():
                            queue = asyncio.Queue()
                            await asyncio.wait_for(client.get(queue), 1)

                        await go()
                """,
            ),
            Example.unchanged(
                "the test is about the parameter",
                """
                    import asyncio

                    import pytest

                    @pytest.mark.asyncio
                    async def test_no_loop(loop):
                        with pytest.raises(TypeError):
                            asyncio.Queue(loop=loop)
                """,
            ),
        ),
        stands_apart=True,
        glance=gives_loop,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Drop the argument from each call that certainly takes none."""
        for module in work.like(self.META):
            for call in module.calls:
                if found := work.loop_arguments.needless(call, module):
                    yield from _decided(call, found, module, work)


def _is_of_its_own(node: ast.expr, module: Module, work: Work) -> bool:
    """Whether a coroutine made a loop, which is not the one that runs it."""
    made = loops(work.index.value(node, module))
    return any(
        each.kind == "new"
        and each.scope.node is outer
        and Function(module, outer) not in work.coloured
        for each in made
        for outer in module.enclosing(node)
        if isinstance(outer, FUNCTIONS)
    )


def _decided(
    call: ast.Call, found: Needless, module: Module, work: Work
) -> Iterator[Decision]:
    given = found.given
    if found.in_coroutines and _is_of_its_own(given.value, module, work):
        return
    refusal = found.refusal
    if any(each in work.sites.helpers for each in module.enclosing(call)):
        return  # a runner, which goes with its last call
    if found.in_coroutines and not _in_coroutine(call, module, work):
        message = f"{found.message}, but this is no coroutine"
        refusal = refusal or Refusal("outside-coroutine", message)
    if refusal:
        yield Decision.left(module, call, refusal.reason, refusal.message)
        return
    yield Decision(
        module,
        call,
        "drop-keyword",
        {"name": LOOP, "index": call.keywords.index(given)},
        (given.value,),
        message=found.message,
    )


def _in_coroutine(call: ast.Call, module: Module, work: Work) -> bool:
    return any(
        work.is_coroutine(Function(module, each))
        for each in module.enclosing(call)
        if isinstance(each, FUNCTIONS)
    )
