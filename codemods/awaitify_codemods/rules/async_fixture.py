"""AW301 async-fixture."""

import ast
from collections.abc import Iterable, Iterator

from awaitify_codemods.facts.finalizers import finalizers
from awaitify_codemods.facts.fixture_decorators import (
    decorator_name,
    fixture_decorator,
    scope_of,
)
from awaitify_codemods.facts.generator_types import awaited_annotation
from awaitify_codemods.facts.module import Module, Scope, every_argument
from awaitify_codemods.facts.requests import awaited_requests
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AsyncFixture(Rule):
    """A fixture that awaits makes what it gives on the loop of the test.

    A sync one that drives a loop becomes a coroutine function or an async generator
    of `pytest_asyncio.fixture`, with its arguments, and with the loop scope that its
    own scope needs; in auto mode pytest's decorator does. A finalizer that drives
    moves below a `yield`. Sync tests may go on using it.

    It moves with the tests that use it: left where one of them has to stay and drives
    a loop, where unittest, Hypothesis or another framework runs one, where an
    override that stays asks for it, and where its run ends what a test would see go
    on.
    """

    META = Meta(
        code="AW301",
        name="async-fixture",
        summary="Turn fixtures that drive loops into async fixtures.",
        safety=Safety.SAFE,
        triggers=(b"fixture",),
        examples=(
            Example(
                "set-up and tear-down",
                before="""
                    import asyncio
                    from collections.abc import Iterator

                    import pytest

                    from app import Client, connect

                    @pytest.fixture
                    def client() -> Iterator[Client]:
                        client = asyncio.run(connect())
                        yield client
                        asyncio.run(client.close())

                    def test_get(client):
                        assert asyncio.run(client.get("k")) == "k"
                """,
                after="""
                    from collections.abc import AsyncIterator

                    import pytest
                    import pytest_asyncio

                    from app import Client, connect

                    @pytest_asyncio.fixture
                    async def client() -> AsyncIterator[Client]:
                        client = await connect()
                        yield client
                        await client.close()

                    @pytest.mark.asyncio
                    async def test_get(client):
                        assert await client.get("k") == "k"
                """,
            ),
            Example(
                "for a whole session",
                before="""
                    import asyncio

                    import pytest

                    from app import connect

                    @pytest.fixture(scope="session")
                    def client():
                        return asyncio.run(connect())

                    def test_get(client):
                        assert asyncio.run(client.get("k")) == "k"

                    def test_alive(client):
                        assert client.alive
                """,
                after="""
                    import pytest
                    import pytest_asyncio

                    from app import connect

                    @pytest_asyncio.fixture(scope="session", loop_scope="session")
                    async def client():
                        return await connect()

                    @pytest.mark.asyncio(loop_scope="session")
                    async def test_get(client):
                        assert await client.get("k") == "k"

                    def test_alive(client):
                        assert client.alive
                """,
            ),
            Example.unchanged(
                "a test that stays drives a loop, too",
                """
                    import asyncio

                    import pytest

                    from app import connect

                    @pytest.fixture
                    def client():
                        loop = asyncio.get_event_loop()
                        return loop.run_until_complete(connect())

                    def test_loop(client):
                        loop = asyncio.get_event_loop()
                        loop.run_until_complete(client.get())
                        assert not loop.is_running()
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make fixtures async, and what ends them; ask for others by parameter."""
        for function in work.colouring.coloured:
            if work.is_fixture(function):
                yield from _declared(function, work)
                yield from _annotated(function, work)
                yield from _ended(function, work)
        for function in work.colouring.coloured:
            yield from _asked(function, work)


def _declared(function: Function, work: Work) -> Iterator[Decision]:
    module, node = function.module, function.node
    decorator = fixture_decorator(function, work.index)
    assert decorator is not None
    message = f"the fixture {node.name} becomes async"
    yield Decision(module, node, "make-async", message=message)
    keywords = _loop_scope(function, work)
    made = decorator_name(decorator, function, work.index)
    auto = work.mode(module.path) == "auto" and not keywords
    stays = made == "pytest_asyncio.fixture" or auto
    if stays and not keywords:
        return
    name, line = "pytest_asyncio.fixture", decorator.lineno
    spelling = work.spell(module, module.at[node], name, line)
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    yield Decision(
        module,
        node,
        "fixture-decorator",
        {
            "index": node.decorator_list.index(decorator),
            "to": "" if stays else spelling.text,
            "keywords": keywords,
        },
        () if stays else (callee,),
        () if stays else spelling.uses,
        () if stays else spelling.imports,
    )


def _loop_scope(function: Function, work: Work) -> list[list[str]]:
    """Return what a fixture has to say of its loop, if that outlives the test."""
    scope = work.colouring.scopes.get(function, "function")
    of_fixtures, _ = work.default_scopes(function.module.path)
    lives = scope_of(function, work.index)
    auto = work.mode(function.module.path) == "auto"
    if scope == (of_fixtures or "function") or (
        auto and not of_fixtures and scope == lives
    ):
        return []
    return [["loop_scope", f'"{scope}"']]


def _annotated(function: Function, work: Work) -> Iterator[Decision]:
    found = awaited_annotation(function, work.index)
    if found is None or found.node is None:
        return
    module = function.module
    yield Decision(
        module,
        function.node,
        "set-returns",
        {"code": found.text},
        (found.node,),
        ((module.scope, found.name),) if found.name else (),
        found.imports,
    )


def _ended(function: Function, work: Work) -> Iterator[Decision]:
    """Move finalizers that drive below a ``yield``, the last of them first."""
    module = function.module
    registered = finalizers(function)
    if not any(_is_awaited(each, function, work) for each in registered):
        return
    lines = []
    uses: list[tuple[Scope, str]] = []
    for statement in registered:
        lines.append(_line(statement, function, work))
        uses += _names(statement, module)
        yield Decision(module, statement, "remove", removes=(statement,))
    last = function.node.body[-1]
    code = "\n".join(reversed(lines))
    if isinstance(last, ast.Return):
        yield Decision(module, last, "to-yield")
    else:
        code = f"yield\n{code}"
    yield Decision(module, last, "insert-after", {"code": code}, uses=tuple(uses))
    yield from _without_request(function, registered)


def _is_awaited(statement: ast.Expr, function: Function, work: Work) -> bool:
    call = statement.value
    assert isinstance(call, ast.Call)
    drives = {each.node for each in work.colouring.forms}
    given = work.index.value(call.args[0], function.module)
    return call in drives or bool(given & work.coloured)


def _line(statement: ast.Expr, function: Function, work: Work) -> str:
    """Return a finalizer as the statement that does what it did."""
    call = statement.value
    assert isinstance(call, ast.Call)
    given = call.args[0]
    for drive in work.colouring.forms:
        if drive.node is call and drive.given is not None:
            return f"await {_source(drive.given, function.module)}"
    if isinstance(given, ast.Lambda):
        return _source(given.body, function.module)
    wait = "await " if _is_awaited(statement, function, work) else ""
    return f"{wait}{_source(given, function.module)}()"


def _source(node: ast.expr, module: Module) -> str:
    text = ast.get_source_segment(module.source.decode("utf-8", "replace"), node)
    return text if text and "\n" not in text else ast.unparse(node)


def _names(statement: ast.Expr, module: Module) -> Iterator[tuple[Scope, str]]:
    """Yield the names that the new statement still says."""
    call = statement.value
    assert isinstance(call, ast.Call)
    given = call.args[0]
    node: ast.expr = given
    if isinstance(given, ast.Lambda):
        body = given.body
        assert isinstance(body, ast.Call)
        node = body.args[0] if body.args else body
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and (owner := module.at[each].find(each.id)):
            yield owner, each.id


def _without_request(
    function: Function, registered: Iterable[ast.AST]
) -> Iterator[Decision]:
    """Drop the parameter that was there for finalizers, or to ask for others."""
    module = function.module
    gone = {id(node) for each in registered for node in ast.walk(each)}
    for argument in every_argument(function.node.args):
        uses = module.references(function.scope, argument.arg)
        if argument.arg == "request" and all(id(use) in gone for use in uses):
            yield Decision(
                module, function.node, "drop-parameters", {"names": [argument.arg]}
            )


def _asked(function: Function, work: Work) -> Iterator[Decision]:
    """``request.getfixturevalue("name")``: pytest-asyncio could not run it there."""
    module = function.module
    names: dict[str, None] = {}
    gone: list[ast.AST] = []
    for statement, call, name in awaited_requests(
        function, work.fixtures, work.coloured, work.starts
    ):
        names[name] = None
        gone.append(call)
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
                yield Decision(module, statement, "remove", removes=(statement,))
            case _:
                yield Decision(module, call, "to-name", {"to": name}, (call.func,))
    if names:
        arguments = {"names": [*names]}
        yield Decision(module, function.node, "add-parameters", arguments)
        yield from _without_request(function, gone)
