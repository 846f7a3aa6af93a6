"""AW313 fixture-marks."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.fixture_decorators import decorator_name
from awaitify_codemods.facts.glances import has_marked_fixture
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class FixtureMarks(Rule):
    """A mark on a fixture does nothing, and ends the collection in pytest 9.

    The asyncio marker goes: what makes a fixture async is its decorator. Other marks
    are reported, for somebody meant something by them. `@pytest.yield_fixture`, which
    pytest 10 drops, is `@pytest.fixture`.
    """

    META = Meta(
        code="AW313",
        name="fixture-marks",
        summary="Drop asyncio markers from fixtures, and `yield_fixture`.",
        safety=Safety.SAFE,
        triggers=(b"fixture",),
        examples=(
            Example(
                "a marker, and an old name",
                before="""
                    import pytest
                    import pytest_asyncio

                    from app import connect

                    @pytest.mark.asyncio
                    @pytest_asyncio.fixture
                    async def client():
                        return await connect()

                    @pytest.yield_fixture
                    def key():
                        yield "k"
                """,
                after="""
                    import pytest
                    import pytest_asyncio

                    from app import connect

                    @pytest_asyncio.fixture
                    async def client():
                        return await connect()

                    @pytest.fixture
                    def key():
                        yield "k"
                """,
            ),
            Example.unchanged(
                "a mark that somebody meant",
                """
                    import pytest

                    @pytest.mark.usefixtures("database")
                    @pytest.fixture
                    def key():
                        return "k"
                """,
            ),
        ),
        beside=(b"pytest",),
        stands_apart=True,
        glance=has_marked_fixture,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Go through what decorates each fixture."""
        for module in work.like(self.META):
            for node in module.functions:
                function = Function(module, node)
                names = [
                    decorator_name(each, function, work.index)
                    for each in node.decorator_list
                ]
                if any(names):
                    yield from _decided(function, names, work)


def _decided(function: Function, names: list[str], work: Work) -> Iterator[Decision]:
    module, node = function.module, function.node
    for index, decorator in enumerate(node.decorator_list):
        mark = _mark(decorator, module, work)
        if mark == "asyncio":
            message = "a fixture takes no marker"
            yield Decision(
                module,
                node,
                "drop-decorator",
                {"index": index},
                (decorator,),
                message=message,
            )
        elif mark:
            message = f"pytest 9 takes no marks on fixtures ({mark})"
            yield Decision(module, decorator, "", message=message, status=REPORT)
        elif names[index] == "pytest.yield_fixture":
            if not isinstance(decorator, ast.Call) or not decorator.args:
                yield _renamed(function, index, work)


def _mark(node: ast.expr, module: Module, work: Work) -> str:
    """Return the name of a mark of pytest; "" if it is none."""
    for value in work.index.value(node, module):
        if isinstance(value, External) and value.name.startswith("pytest.mark."):
            return value.name.removeprefix("pytest.mark.").removesuffix("()")
    return ""


def _renamed(function: Function, index: int, work: Work) -> Decision:
    module, node = function.module, function.node
    decorator = node.decorator_list[index]
    spelling = work.spell(module, module.at[node], "pytest.fixture", decorator.lineno)
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    return Decision(
        module,
        node,
        "fixture-decorator",
        {"index": index, "to": spelling.text, "keywords": []},
        (callee,),
        spelling.uses,
        spelling.imports,
        "yield_fixture is fixture",
    )
