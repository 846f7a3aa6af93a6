"""AW303 loop-fixture."""

import ast
from collections.abc import Iterable, Iterator

from awaitify_codemods.facts.fixture_decorators import (
    fixture_name,
    requested_parameters,
)
from awaitify_codemods.facts.module import every_argument
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class LoopFixture(Rule):
    """A test has a loop, and need not ask for one.

    Tests and fixtures no longer ask for a fixture that only gives a loop, or what
    runs on it; where the loop has other uses, it is the one that runs:
    `loop = asyncio.get_running_loop()`. The fixture goes with its last use. What is
    made on the loop of a session stays on one: `loop_scope="session"`.

    An autouse fixture that only makes a loop the current one goes when no sync code
    needs it: tests that shared that loop share one of its scope, too.

    Left are fixtures that do more, and those that share a loop with what stays.
    """

    META = Meta(
        code="AW303",
        name="loop-fixture",
        summary="Drop fixtures that only give a loop, or a runner.",
        safety=Safety.SAFE,
        triggers=(b"fixture",),
        examples=(
            Example(
                "a loop, and a runner",
                before="""
                    import asyncio

                    import pytest

                    from app import Client, add

                    @pytest.fixture
                    def loop():
                        loop = asyncio.new_event_loop()
                        yield loop
                        loop.close()

                    @pytest.fixture
                    def run(loop):
                        return loop.run_until_complete

                    def test_add(run):
                        assert run(add(1, 2)) == 3

                    def test_client(loop):
                        client = Client(loop=loop)
                        assert loop.run_until_complete(client.get("k")) == "k"
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import Client, add

                    @pytest.mark.asyncio
                    async def test_add():
                        assert await add(1, 2) == 3

                    @pytest.mark.asyncio
                    async def test_client():
                        loop = asyncio.get_running_loop()
                        client = Client(loop=loop)
                        assert await client.get("k") == "k"
                """,
            ),
            Example.unchanged(
                "the test asks about its loop",
                """
                    import asyncio

                    import pytest

                    from app import add

                    @pytest.fixture
                    def loop():
                        loop = asyncio.new_event_loop()
                        yield loop
                        loop.close()

                    def test_add(loop):
                        assert loop.run_until_complete(add(1, 2)) == 3
                        assert not loop.is_closed()
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Drop what asks for such fixtures, then those that nothing asks for."""
        dropping: dict[Function, set[str]] = {}
        for function in work.colouring.coloured:
            if work.is_served(function):
                names = dropping[function] = set(work.loop_fixtures.dropped(function))
                if not work.loop_fixtures.is_event_loop(function):
                    fetched = work.loops(function).fetched
                    yield from dropped(function, names, filter(None, [fetched]), work)
        for function in work.colouring.event_loops.dropping:
            dropping[function] = set(work.loop_fixtures.dropped(function))
        for fixture in [*_unused(dropping, work), *_installers(work)]:
            message = f"nothing needs the fixture {fixture.node.name} any more"
            module, node = fixture.module, fixture.node
            yield Decision(module, node, "remove", {}, (node,), message=message)


def dropped(
    function: Function,
    names: set[str],
    fetched: Iterable[str],
    work: Work,
    message: str = "",
) -> Iterator[Decision]:
    """Yield what makes a function not ask for loops, but fetch the running one.

    Args:
        function: a test or fixture that is a coroutine function in the end.
        names: what it asks for.
        fetched: those of them that it has a use for.
        work: the colouring.
        message: what to report.

    """
    module, node = function.module, function.node
    asked = set(requested_parameters(function)) & names
    if asked:
        gone = [each for each in every_argument(node.args) if each.arg in asked]
        arguments = {"names": [each.arg for each in gone]}
        yield Decision(
            module, node, "drop-parameters", arguments, tuple(gone), message=message
        )
    for number, decorator, given in work.loop_fixtures.marks(function):
        indexes = [n for n, name in enumerate(given) if name in names]
        if len(indexes) == len(decorator.args):
            yield Decision(
                module, node, "drop-decorator", {"index": number}, (decorator,)
            )
        elif indexes:
            yield Decision(module, decorator, "drop-arguments", {"indexes": indexes})
    for name in fetched:
        yield from _fetched(function, name, work)


def _fetched(function: Function, name: str, work: Work) -> Iterator[Decision]:
    """Fetch the loop where its variable has uses besides driving."""
    first = next(each for each in function.node.body if not work.is_docstring(each))
    spelling = work.spell(function.module, function.scope, "asyncio.get_running_loop")
    yield Decision(
        function.module,
        first,
        "insert-before",
        {"code": f"{name} = {spelling.text}()"},
        uses=spelling.uses,
        imports=spelling.imports,
    )


def _unused(dropping: dict[Function, set[str]], work: Work) -> list[Function]:
    """Return the fixtures that only those ask for that drop them."""
    known = work.loop_fixtures
    found: dict[Function, None] = {}
    pending = [each for f in dropping for each in known.asked(f).values()]
    while pending:
        fixture = pending.pop()
        if work.loop_fixtures.overrides.of(fixture):
            continue
        name = fixture_name(fixture, work.index)
        asking = work.users.asking(fixture)
        if fixture in found or not work.may_change(fixture.module.path):
            continue
        if not all(name in dropping.get(f, ()) or f in found for f in asking):
            continue
        if _is_named(fixture, name, work):
            continue
        found[fixture] = None
        pending += known.asked(fixture).values()
    return list(found)


def _installers(work: Work) -> list[Function]:
    """Return the fixtures that made a loop current for what is async now."""
    around = [
        each
        for function in work.colouring.coloured
        if is_test(function)
        for each in work.fixtures.automatic(function)
    ]
    return [
        fixture
        for fixture in dict.fromkeys(around)
        if work.loop_fixtures.installs(fixture)
        and work.may_change(fixture.module.path)
        and not work.users.asking(fixture)
        and not _is_named(fixture, fixture_name(fixture, work.index), work)
        and not any(
            fixture in work.fixtures.automatic(each)
            for each in work.colouring.staying()
        )
    ]


def _is_named(fixture: Function, name: str, work: Work) -> bool:
    """Whether a string, an import or an alias may still mean a fixture."""
    if work.references.to(fixture):
        return True
    for path in work.index.words.files_with(name):
        module = work.index.module(path)
        if module is None:
            return True
        for statement in module.imports:
            if any(alias.name == name for alias in statement.names):
                return True
        for constant in module.strings_naming(name):
            own = fixture.node in module.enclosing(constant)
            if constant.value != name or own:
                continue
            call = module.parents[constant]
            marks = isinstance(call, ast.Call) and any(
                call in function.node.decorator_list
                for function in work.colouring.coloured
                if function.module is module
            )
            if not marks and path in work.references.test_code:
                return True
    return False
