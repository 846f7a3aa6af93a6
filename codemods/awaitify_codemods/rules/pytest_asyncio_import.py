"""AW312 pytest-asyncio-import."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.glances import may_lack_import
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class PytestAsyncioImport(Rule):
    """`pytest_asyncio` is imported where it is used.

    A module that says `@pytest_asyncio.fixture` and does not import it cannot be
    collected, unless something puts the name in its way. `awaitify check` finds each
    such module of the test code; the import goes beside `import pytest`. Lines that
    put the module into `builtins`, or into `sys.modules` once more, go.

    Left where the name is bound in some other way, or may come from a star import.
    """

    META = Meta(
        code="AW312",
        name="pytest-asyncio-import",
        summary="Import `pytest_asyncio` where it is used.",
        safety=Safety.SAFE,
        triggers=(b"pytest_asyncio",),
        examples=(
            Example(
                "a missing import",
                before="""
                    import pytest

                    from app import connect

                    @pytest_asyncio.fixture
                    async def client():
                        return await connect()

                    @pytest.mark.asyncio
                    async def test_get(client):
                        assert await client.get("k") == "k"
                """,
                after="""
                    import pytest
                    import pytest_asyncio

                    from app import connect

                    @pytest_asyncio.fixture
                    async def client():
                        return await connect()

                    @pytest.mark.asyncio
                    async def test_get(client):
                        assert await client.get("k") == "k"
                """,
            ),
            Example.unchanged(
                "a star import may give the name",
                """
                    from helpers import *

                    @pytest_asyncio.fixture
                    async def client():
                        return await connect()
                """,
            ),
        ),
        stands_apart=True,
        glance=may_lack_import,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Add imports, and take away what stood in for them."""
        for module in work.like(self.META):
            use = next(_unbound(module), None)
            if use and work.is_free(self.META.code, module, use):
                yield _imported(module, use)
            for statement in module.tree.body:
                again = _puts_again(statement, module, work)
                if again or (
                    _makes_builtin(statement, module, work)
                    and not _is_needed(work, self.META.code)
                ):
                    message = "who uses pytest_asyncio imports it"
                    gone = (statement,)
                    yield Decision(
                        module, statement, "remove", removes=gone, message=message
                    )


_NAME = "pytest_asyncio"
_LIBRARY = frozenset({External(_NAME)})


def _unbound(module: Module) -> Iterator[ast.Name]:
    """Yield where a file says the name, and nothing gives it a meaning."""
    if module.stars:
        return
    for use in module.uses.get(_NAME, ()):
        if isinstance(use, ast.Name) and module.at[use].find(_NAME) is None:
            yield use


def _imported(module: Module, use: ast.Name) -> Decision:
    message = "pytest_asyncio is not imported there"
    needed = (f"import {_NAME}",)
    return Decision(module, use, "", imports=needed, message=message)


def _is_needed(work: Work, code: str) -> bool:
    """Whether a file goes on to find the name among the builtins."""
    for path in work.index.words.files_with(_NAME):
        module = work.index.module(path)
        if module is None:
            return True
        for use in _unbound(module):
            if not work.is_free(code, module, use):
                return True
    return False


def _puts_again(node: ast.stmt, module: Module, work: Work) -> bool:
    """``sys.modules["pytest_asyncio"] = pytest_asyncio``, of what is imported."""
    match node:
        case ast.Assign(
            targets=[
                ast.Subscript(value=place, slice=ast.Constant(value="pytest_asyncio"))
            ],
            value=value,
        ):
            return _is(place, "sys.modules", module, work) and _is_library(
                value, module, work
            )
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=place, attr="setdefault"),
                args=[ast.Constant(value="pytest_asyncio"), value],
            )
        ):
            return _is(place, "sys.modules", module, work) and _is_library(
                value, module, work
            )
    return False


def _makes_builtin(node: ast.stmt, module: Module, work: Work) -> bool:
    """``builtins.pytest_asyncio = pytest_asyncio``: a name for all modules."""
    match node:
        case ast.Assign(
            targets=[ast.Attribute(value=place, attr="pytest_asyncio")], value=value
        ):
            return _is(place, "builtins", module, work) and _is_library(
                value, module, work
            )
    return False


def _is(node: ast.expr, name: str, module: Module, work: Work) -> bool:
    return work.index.value(node, module) == {External(name)}


def _is_library(node: ast.expr, module: Module, work: Work) -> bool:
    return work.index.value(node, module) == _LIBRARY
