"""AW304 event-loop-fixture."""

import ast
from collections.abc import Iterator, Mapping

from awaitify_codemods.facts.asyncio_marks import asyncio_marks
from awaitify_codemods.facts.fixture_decorators import (
    decorator_name,
    fixture_decorator,
    is_autouse,
    requested_parameters,
    scope_of,
)
from awaitify_codemods.facts.fixtures import gotten
from awaitify_codemods.facts.loop_overrides import (
    CONFIGURED,
    CONFIGURING,
    HOOKED,
    Override,
)
from awaitify_codemods.facts.module import Module, every_argument
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.rules.asyncio_mark import module_mark
from awaitify_codemods.rules.loop_fixture import dropped
from awaitify_codemods.strict import elsewhere
from awaitify_codemods.strict.marks import added, scoped
from awaitify_codemods.work import Work


class EventLoopFixture(Rule):
    """pytest-asyncio has no `event_loop` fixture any more, and ignores overrides.

    Since 1.0 async tests run on loops of its own, whose scopes they say. Overrides
    go, and their effect stays: of one in a conftest file that all async tests see,
    by `asyncio_default_fixture_loop_scope` and `asyncio_default_test_loop_scope`
    where they may be set, of others by `loop_scope=` on the markers of the tests and
    on the async fixtures. What asked for the fixture asks for the loop that runs:
    `event_loop = asyncio.get_running_loop()`, if it has a use for it; sync tests and
    fixtures become async for that. What an override tells its loop, such as an
    exception handler, is told the one that runs, by an async fixture.

    Left are overrides that do more, those that give another kind of loop, those that
    something else still asks for, and those whose tests no loop scope fits.
    """

    META = Meta(
        code="AW304",
        name="event-loop-fixture",
        summary="Drop the `event_loop` fixture, and keep the scope of its loop.",
        safety=Safety.SAFE,
        triggers=(b"event_loop",),
        examples=(
            Example(
                "one loop for a module",
                before="""
                    import asyncio

                    import pytest
                    import pytest_asyncio

                    from app import connect

                    @pytest.fixture(scope="module")
                    def event_loop():
                        loop = asyncio.new_event_loop()
                        yield loop
                        loop.close()

                    @pytest_asyncio.fixture(scope="module")
                    async def client():
                        return await connect()

                    @pytest.mark.asyncio
                    async def test_get(client):
                        assert await client.get("k") == "k"

                    @pytest.mark.asyncio
                    async def test_task(client, event_loop):
                        task = event_loop.create_task(client.get("k"))
                        assert await task == "k"
                """,
                after="""
                    import asyncio

                    import pytest
                    import pytest_asyncio

                    from app import connect

                    @pytest_asyncio.fixture(scope="module", loop_scope="module")
                    async def client():
                        return await connect()

                    @pytest.mark.asyncio(loop_scope="module")
                    async def test_get(client):
                        assert await client.get("k") == "k"

                    @pytest.mark.asyncio(loop_scope="module")
                    async def test_task(client):
                        event_loop = asyncio.get_running_loop()
                        task = event_loop.create_task(client.get("k"))
                        assert await task == "k"
                """,
            ),
            Example(
                "without an override",
                before="""
                    from app import add

                    def test_add(event_loop):
                        assert event_loop.run_until_complete(add(1, 2)) == 3
                """,
                after="""
                    import pytest

                    from app import add

                    @pytest.mark.asyncio
                    async def test_add():
                        assert await add(1, 2) == 3
                """,
            ),
            Example.unchanged(
                "another kind of loop",
                """
                    import pytest
                    import uvloop

                    from app import add

                    @pytest.fixture
                    def event_loop():
                        loop = uvloop.new_event_loop()
                        yield loop
                        loop.close()

                    @pytest.mark.asyncio
                    async def test_add():
                        assert await add(1, 2) == 3
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Drop overrides and requests; say the loop scopes that they had meant."""
        effects = work.colouring.event_loops
        for override in effects.overrides:
            module, node = override.fixture.module, override.fixture.node
            if override in effects.going:
                yield from _gone(override, work)
            elif work.may_change(module.path):
                refusal = work.colouring.left[override.fixture]
                yield Decision.left(module, node, refusal.reason, refusal.message)
        for function in work.colouring.coloured:
            if work.is_served(function) and work.loop_fixtures.is_event_loop(function):
                names = set(work.loop_fixtures.dropped(function))
                fetched = work.loops(function).fetched
                yield from dropped(function, names, filter(None, [fetched]), work)
        for function in effects.dropping:
            yield from _asked(function, work)
        yield from _scoped(work)


def _gone(override: Override, work: Work) -> Iterator[Decision]:
    module, node = override.fixture.module, override.fixture.node
    message = "pytest-asyncio has no event_loop fixture any more"
    if override.kind == HOOKED:
        # AW305 makes the hook of it.
        yield Decision(module, node, "", settings=work.wishes)
    elif override.kind == CONFIGURED:
        yield Decision(
            module, node, "make-async", message=message, settings=work.wishes
        )
        yield from _configuring(override, work)
    else:
        yield Decision(
            module, node, "remove", {}, (node,), message=message, settings=work.wishes
        )


def _configuring(override: Override, work: Work) -> Iterator[Decision]:
    """Tell the loop that runs what an override told its own."""
    fixture = override.fixture
    module, node = fixture.module, fixture.node
    yield Decision(module, node, "rename-function", {"to": CONFIGURING})
    yield _automatic(override, work)
    if gone := [each.arg for each in every_argument(node.args) if each.arg != "self"]:
        yield Decision(module, node, "drop-parameters", {"names": gone})
    if node.returns is not None:
        returns = (node.returns,)
        yield Decision(module, node, "set-returns", {"code": "None"}, returns)
    for statement in node.body:
        if statement not in override.kept and not work.is_docstring(statement):
            yield Decision(module, statement, "remove", removes=(statement,))
    getter = work.spell(module, fixture.scope, "asyncio.get_running_loop")
    yield Decision(
        module,
        override.kept[0],
        "insert-before",
        {"code": f"{override.loop} = {getter.text}()"},
        uses=getter.uses,
        imports=getter.imports,
    )


def _automatic(override: Override, work: Work) -> Decision:
    """Let all tests use a fixture that runs on their loop."""
    module, node = override.fixture.module, override.fixture.node
    decorator = node.decorator_list[0]
    of_fixtures, _ = work.default_scopes(module.path)
    keywords = [["loop_scope", f'"{override.scope}"']]
    if override.scope == (of_fixtures or "function"):
        keywords = []
    if not is_autouse(override.fixture, work.index):
        keywords.append(["autouse", "True"])
    line = decorator.lineno
    spelling = work.spell(module, module.at[node], "pytest_asyncio.fixture", line)
    own = decorator_name(decorator, override.fixture, work.index)
    stays = own == "pytest_asyncio.fixture"
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    return Decision(
        module,
        node,
        "fixture-decorator",
        {"index": 0, "to": "" if stays else spelling.text, "keywords": keywords},
        () if stays else (callee,),
        () if stays else spelling.uses,
        () if stays else spelling.imports,
    )


def _asked(function: Function, work: Work) -> Iterator[Decision]:
    """Let a coroutine function fetch the loop that runs it, if it needs one."""
    module = function.module
    names = work.loop_fixtures.dropped(function).keys()
    used = [
        name
        for name in requested_parameters(function)
        if name in names and _is_needed(function, name, work)
    ]
    message = f"{function.node.name} need not ask for a loop"
    yield from dropped(function, set(names), used, work, message)
    for call, name in gotten(function):
        if name in names:
            yield work.renamed(module, call, "asyncio.get_running_loop")
            yield Decision(
                module, call, "drop-arguments", {"indexes": [0]}, tuple(call.args)
            )


def _is_needed(function: Function, name: str, work: Work) -> bool:
    """Whether a loop has a use beside what is given it in vain, which goes: AW321."""
    module, goes = function.module, work.loop_arguments.goes
    return any(
        not (goes(use, module) and work.is_free("AW321", module, use))
        for use in module.references(function.scope, name)
    )


def _scoped(work: Work) -> Iterator[Decision]:
    """Yield what says the loop scopes of async tests and fixtures."""
    marks: dict[Function, str] = {}
    for function, scope in work.colouring.event_loops.scopes.items():
        of_fixtures, of_tests = work.default_scopes(function.module.path)
        if is_test(function):
            marked = next(asyncio_marks(function, work.index), None) is not None
            auto = work.mode(function.module.path) == "auto"
            marked = marked or auto or any(elsewhere.hooks(function.module, work))
            if scope != (of_tests or "function") and marked:
                marks[function] = scope
        elif scope != of_fixtures:
            yield from _fixture(function, scope, work)
    yield from scoped(marks, work)
    yield from _unmarked(marks, work)


def _unmarked(marks: Mapping[Function, str], work: Work) -> Iterator[Decision]:
    """Mark tests that run by the mode alone: their module, if it has no others."""
    modules: dict[Module, list[Function]] = {}
    for test in marks:
        if next(asyncio_marks(test, work.index), None) is None:
            modules.setdefault(test.module, []).append(test)
    for module, tests in modules.items():
        every = [Function(module, node) for node in module.functions]
        scopes = {marks[test] for test in tests}
        whole = {each for each in every if is_test(each)} == set(tests)
        if whole and len(scopes) == 1 and "pytestmark" not in module.scope.names:
            yield module_mark(module, scopes.pop(), work)
            continue
        for test in tests:
            message = f"it stays on the loop of its {marks[test]}"
            yield added(test, marks[test], message, work)


def _fixture(fixture: Function, scope: str, work: Work) -> Iterator[Decision]:
    module, node = fixture.module, fixture.node
    decorator = fixture_decorator(fixture, work.index)
    assert decorator is not None
    made = decorator_name(decorator, fixture, work.index)
    own = made == "pytest_asyncio.fixture"
    if not own:
        of_fixtures, _ = work.default_scopes(module.path)
        if work.mode(module.path) != "auto":
            return  # nothing sets it up so far
        if not of_fixtures and scope == scope_of(fixture, work.index):
            return
    line = decorator.lineno
    spelling = work.spell(module, module.at[node], "pytest_asyncio.fixture", line)
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    yield Decision(
        module,
        node,
        "fixture-decorator",
        {
            "index": node.decorator_list.index(decorator),
            "to": "" if own else spelling.text,
            "keywords": [["loop_scope", f'"{scope}"']],
        },
        () if own else (callee,),
        () if own else spelling.uses,
        () if own else spelling.imports,
        message=f"the fixture {node.name} stays on the loop of its {scope}",
    )
