"""AW311 fixture-decorator."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.asyncio_marks import asyncio_marks
from awaitify_codemods.facts.fixture_decorators import FIXTURES, fixture_decorator
from awaitify_codemods.facts.glances import has_async_fixture
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.plan import NEWLY_RUNNING, REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.strict.marks import scoped
from awaitify_codemods.strict.repairs import Repairs, repairs
from awaitify_codemods.work import Work


class FixtureDecorator(Rule):
    """In strict mode pytest-asyncio sets up the async fixtures that are its own.

    One of pytest hands out a coroutine that nothing awaits, and is an error from
    pytest 9 on: it becomes a `@pytest_asyncio.fixture` with its arguments. Its tests
    are reported as *newly running*, for they may fail for the first time. A fixture
    that outlives the test says its `loop_scope`, and so do the markers of the tests
    that use it.

    Nothing is said in auto mode, and beside anyio, trio and hooks that may run it.
    Left where a test awaits what the fixture gives, under other decorators, and
    where those that use it run on several loops. `name = pytest.fixture(f)` is
    reported.
    """

    META = Meta(
        code="AW311",
        name="fixture-decorator",
        summary="Make async fixtures those of pytest-asyncio, on the loop of the tests.",
        safety=Safety.SAFE,
        triggers=(b"fixture",),
        examples=(
            Example(
                "a coroutine, and a generator for the module",
                before="""
                    import pytest

                    from app import connect

                    @pytest.fixture
                    async def key():
                        return "k"

                    @pytest.fixture(scope="module")
                    async def client():
                        client = await connect()
                        yield client
                        await client.close()

                    @pytest.mark.asyncio
                    async def test_get(client, key):
                        assert await client.get(key) == "k"
                """,
                after="""
                    import pytest
                    import pytest_asyncio

                    from app import connect

                    @pytest_asyncio.fixture(loop_scope="module")
                    async def key():
                        return "k"

                    @pytest_asyncio.fixture(scope="module", loop_scope="module")
                    async def client():
                        client = await connect()
                        yield client
                        await client.close()

                    @pytest.mark.asyncio(loop_scope="module")
                    async def test_get(client, key):
                        assert await client.get(key) == "k"
                """,
            ),
            Example.unchanged(
                "a test that awaits what it gives",
                """
                    import pytest

                    from app import connect

                    @pytest.fixture
                    async def client():
                        return await connect()

                    @pytest.mark.asyncio
                    async def test_get(client):
                        client = await client
                        assert await client.get("k") == "k"
                """,
            ),
        ),
        beside=(b"async def", b"pytest"),
        stands_apart=True,
        glance=has_async_fixture,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Swap decorators, and say loop scopes on them and on markers."""
        modules = list(work.like(self.META))
        found = repairs(work, modules)
        for fixture in dict.fromkeys((*found.plain, *found.scopes)):
            yield _declared(fixture, found, work)
        for fixture, refusal in found.refused.items():
            if refusal.reason not in _RUN_ELSEWHERE:
                yield Decision.left(
                    fixture.module, fixture.node, refusal.reason, refusal.message
                )
        yield from scoped(found.marks, work)
        yield from _revealed(found, work)
        for module in modules:
            yield from _made_by_call(module, work)


# By another plugin, or by a hook: nothing is wrong with it.
_RUN_ELSEWHERE = frozenset({"anyio-or-trio", "unresolved"})


def _declared(fixture: Function, found: Repairs, work: Work) -> Decision:
    module, node = fixture.module, fixture.node
    decorator = fixture_decorator(fixture, work.index)
    assert decorator is not None
    plain = fixture in found.plain
    scope = found.scopes.get(fixture, "")
    spelling = work.spell(
        module, module.at[node], "pytest_asyncio.fixture", decorator.lineno
    )
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    return Decision(
        module,
        node,
        "fixture-decorator",
        {
            "index": node.decorator_list.index(decorator),
            "to": spelling.text if plain else "",
            "keywords": [["loop_scope", f'"{scope}"']] if scope else [],
        },
        (callee,) if plain else (),
        spelling.uses if plain else (),
        spelling.imports if plain else (),
        "pytest-asyncio sets it up" if plain else "it says which loop it runs on",
    )


def _revealed(found: Repairs, work: Work) -> Iterator[Decision]:
    """Report the tests that nothing could run before, or that did without."""
    tests: dict[Function, str] = {}
    for fixture in found.plain:
        for test in work.users.tests(fixture):
            # One that is not marked could not run anyway.
            if not test.is_async or next(asyncio_marks(test, work.index), None):
                tests.setdefault(test, fixture.node.name)
    for test, name in tests.items():
        message = f"its fixture {name!r} was never awaited, and is now"
        yield Decision(
            test.module, test.node, "", message=message, status=NEWLY_RUNNING
        )


def _made_by_call(module: Module, work: Work) -> Iterator[Decision]:
    """``client = pytest.fixture(make_client)``: nothing to put a decorator on."""
    for call in module.calls:
        if len(call.args) != 1:
            continue
        made = call.func.func if isinstance(call.func, ast.Call) else call.func
        values = work.index.value(made, module)
        if not any(isinstance(v, External) and v.name in _PLAIN for v in values):
            continue
        given = work.index.value(call.args[0], module)
        if any(isinstance(each, Function) and each.is_async for each in given):
            if work.mode(module.path) != "auto":
                message = "nothing sets up the async fixture that it makes"
                yield Decision(module, call, "", message=message, status=REPORT)


_PLAIN = FIXTURES - {"pytest_asyncio.fixture"}
