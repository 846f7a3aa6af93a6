"""AW306 current-loop."""

from collections.abc import Iterator

from awaitify_codemods.colour.behind import KEEPER, LOOP
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class CurrentLoopFixture(Rule):
    """Sync tests keep a current event loop.

    After an async test there is none: `asyncio.get_event_loop()` raises in the sync
    tests, fixtures and set-ups that run later, in whatever file, and in the code that
    they call (pytest-asyncio 1.4 and later; unittest always). A test that can become
    async does. For what stays, one fixture makes a loop the current one before each
    test, as there was one before: the same for all of them.

    It is written into the file that needs it, or into the nearest conftest of all that
    do. Where it would come too late, for `setup_module` or a fixture of a module, or
    could not stand for the loop that a module keeps, the other tests stay sync.
    """

    META = Meta(
        code="AW306",
        name="current-loop",
        summary="Give sync tests that stay a current event loop.",
        safety=Safety.SAFE,
        triggers=(b"get_event_loop",),
        examples=(
            Example(
                "code under test runs the loop itself",
                before="""
                    import asyncio

                    from app import add, main

                    def test_add():
                        loop = asyncio.get_event_loop()
                        assert loop.run_until_complete(add(1, 2)) == 3

                    def test_main():
                        loop = asyncio.get_event_loop()
                        main(lambda: loop.run_until_complete(add(1, 2)))
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import add, main

                    @pytest.fixture(scope="session")
                    def _sync_loop():
                        loop = asyncio.new_event_loop()
                        yield loop
                        loop.close()

                    @pytest.fixture(autouse=True)
                    def _current_loop(_sync_loop):
                        # Async tests leave no current event loop; sync tests need one.
                        asyncio.set_event_loop(_sync_loop)

                    @pytest.mark.asyncio
                    async def test_add():
                        assert await add(1, 2) == 3

                    def test_main():
                        loop = asyncio.get_event_loop()
                        main(lambda: loop.run_until_complete(add(1, 2)))
                """,
            ),
            Example.unchanged(
                "a fixture would come too late",
                """
                    import asyncio

                    from app import Client, add

                    def setup_module():
                        Client.loop = asyncio.get_event_loop()

                    def test_add():
                        loop = asyncio.get_event_loop()
                        assert loop.run_until_complete(add(1, 2)) == 3
                """,
            ),
        ),
        comes_last=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Write the fixture into the file that gets one."""
        taking = any(d.op and code in _RUNNING for code, d in work.apart)
        found = work.colouring.behind() if work.colouring.takes_loop or taking else ()
        if not isinstance(found, Refusal):
            yield from (_written(module, work) for module in found)


def _written(module: Module, work: Work) -> Decision:
    first = min((each.lineno for each in module.functions), default=0)
    names = ("pytest.fixture", "asyncio.new_event_loop", "asyncio.set_event_loop")
    fixture, new, install = (
        work.spell(module, module.scope, name, first) for name in names
    )
    spellings = (fixture, new, install)
    return Decision(
        module,
        module.tree,
        "insert-after-imports",
        {"code": _CODE.format(fixture.text, new.text, install.text)},
        uses=tuple(use for each in spellings for use in each.uses),
        imports=tuple(name for each in spellings for name in each.imports),
        message="what stays sync here gets a current event loop from a fixture",
    )


# Tests run with them that did not: they take the loop away, too.
_RUNNING = ("AW311", "AW312", "AW313", "AW314", "AW316", "AW331")
_CODE = f"""\
@{{0}}(scope="session")
def {LOOP}():
    loop = {{1}}()
    yield loop
    loop.close()

@{{0}}(autouse=True)
def {KEEPER}({LOOP}):
    # Async tests leave no current event loop; sync tests need one.
    {{2}}({LOOP})
"""
