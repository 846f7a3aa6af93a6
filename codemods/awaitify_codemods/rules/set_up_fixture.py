"""AW302 set-up-fixture."""

from collections.abc import Iterator

from awaitify_codemods.facts.class_loops import is_left_empty
from awaitify_codemods.facts.plain_set_ups import FIXTURE, TEAR_DOWN, unused_parameters
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class SetUpFixture(Rule):
    """pytest calls `setup_method`, and never awaits it: an autouse fixture waits.

    `setup_method` and `teardown_method` of a plain class become the two halves of
    one async fixture, `_setup`, which serves all tests of the class, sync ones
    included. One of the two that drives nothing stays as it is.

    Left where a base or a subclass has one, too, where a fixture of the class would
    run before it, and in `setup_class` and the like.
    """

    META = Meta(
        code="AW302",
        name="set-up-fixture",
        summary="Turn `setup_method` and its twin into an async fixture.",
        safety=Safety.SAFE,
        triggers=(b"setup_method", b"teardown_method"),
        examples=(
            Example(
                "set-up and tear-down",
                before="""
                    import asyncio

                    from app import connect

                    class TestClient:
                        def setup_method(self, method):
                            self.client = asyncio.run(connect())

                        def teardown_method(self, method):
                            asyncio.run(self.client.close())

                        def test_get(self):
                            assert asyncio.run(self.client.get("k")) == "k"
                """,
                after="""
                    import pytest
                    import pytest_asyncio

                    from app import connect

                    class TestClient:
                        @pytest_asyncio.fixture(autouse=True)
                        async def _setup(self):
                            self.client = await connect()
                            yield
                            await self.client.close()

                        @pytest.mark.asyncio
                        async def test_get(self):
                            assert await self.client.get("k") == "k"
                """,
            ),
            Example.unchanged(
                "a subclass has one, too",
                """
                    import asyncio

                    from app import connect

                    class TestClient:
                        def setup_method(self):
                            self.client = asyncio.run(connect())

                        def test_get(self):
                            assert self.client.open

                    class TestOther(TestClient):
                        def setup_method(self):
                            self.client = None
                            super().setup_method()
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make one fixture of both methods, or of the one that drives."""
        gone = work.gone_with_loops
        changing = [
            each
            for each in work.colouring.coloured
            if work.plain_set_ups.is_one(each) and not is_left_empty(each, gone)
        ]
        for function in changing:
            twin = work.plain_set_ups.twin(function)
            message = f"{function.node.name} becomes an async fixture"
            if function.node.name == TEAR_DOWN and twin in changing:
                arguments = {"to": FIXTURE}
                module, node = function.module, function.node
                yield Decision(module, node, "join", arguments, message=message)
            else:
                yield from _fixture(function, work, message)


def _fixture(function: Function, work: Work, message: str) -> Iterator[Decision]:
    module, node = function.module, function.node
    yield Decision(module, node, "make-async", message=message)
    yield Decision(module, node, "rename-function", {"to": FIXTURE})
    if parameters := unused_parameters(function):
        yield Decision(module, node, "drop-parameters", {"names": parameters})
    auto = work.mode(module.path) == "auto"
    name = "pytest.fixture" if auto else "pytest_asyncio.fixture"
    spelling = work.spell(module, module.at[node], name, node.lineno)
    scope = work.colouring.scopes.get(function, "function")
    extra = "" if scope == "function" else f', loop_scope="{scope}"'
    yield Decision(
        module,
        node,
        "add-decorator",
        {"code": f"@{spelling.text}(autouse=True{extra})"},
        uses=spelling.uses,
        imports=spelling.imports,
    )
    if node.name == TEAR_DOWN:
        first = next(each for each in node.body if not work.is_docstring(each))
        yield Decision(module, first, "insert-before", {"code": "yield"})
