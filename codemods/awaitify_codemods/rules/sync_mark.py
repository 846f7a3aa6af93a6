"""AW315 sync-mark."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.asyncio_marks import given
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.fixtures import assigned_marks
from awaitify_codemods.facts.glances import has_idle_mark
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.strict import mixed
from awaitify_codemods.work import Work


class SyncMark(Rule):
    """The asyncio marker is for coroutine tests.

    On a sync test it is a warning, and an error where warnings are; on a helper it
    says nothing. It goes, unless the test becomes async. So does a marker that only
    repeats, with the same arguments, what the class or the module has.
    One of a class or a module with sync tests among others goes as well, and each
    async test gets a marker of its own.

    Left under decorators that are not known: what they return may be a coroutine
    function. One for many is reported where a test may come from elsewhere, or be
    collected elsewhere, and in auto mode.
    """

    META = Meta(
        code="AW315",
        name="sync-mark",
        summary="Drop asyncio markers that say nothing.",
        safety=Safety.SAFE,
        triggers=(b"mark",),
        examples=(
            Example(
                "a sync test, and a marker twice",
                before="""
                    import pytest

                    from app import add, key

                    @pytest.mark.asyncio
                    def test_key():
                        assert key() == "k"

                    @pytest.mark.asyncio
                    class TestAdd:
                        @pytest.mark.asyncio
                        async def test_add(self):
                            assert await add(1, 2) == 3
                """,
                after="""
                    import pytest

                    from app import add, key

                    def test_key():
                        assert key() == "k"

                    @pytest.mark.asyncio
                    class TestAdd:
                        async def test_add(self):
                            assert await add(1, 2) == 3
                """,
            ),
            Example(
                "a module with both",
                before="""
                    import pytest

                    from app import add, key

                    pytestmark = pytest.mark.asyncio

                    async def test_add():
                        assert await add(1, 2) == 3

                    def test_key():
                        assert key() == "k"
                """,
                after="""
                    import pytest

                    from app import add, key

                    @pytest.mark.asyncio
                    async def test_add():
                        assert await add(1, 2) == 3

                    def test_key():
                        assert key() == "k"
                """,
            ),
            Example.unchanged(
                "a decorator that may make it async",
                """
                    import pytest

                    from app import asynchronous, key

                    @pytest.mark.asyncio
                    @asynchronous
                    def test_key():
                        assert key() == "k"
                """,
            ),
        ),
        beside=(b"asyncio", b"pytest"),
        stands_apart=True,
        glance=has_idle_mark,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Go through the markers of functions, and of what is around them."""
        for module in work.like(self.META):
            going = set()
            for shared in mixed.shared(module, work):
                message = f"it holds for sync tests, too ({shared.sync[0].node.name})"
                if mixed.may_go(shared, work):
                    going.add(shared.mark)
                    message += ": each async test has its own"
                    yield from mixed.moved(shared, message, work)
                else:
                    mark = shared.mark
                    yield Decision(module, mark, "", message=message, status=REPORT)
            for node in module.functions:
                if node.decorator_list:
                    yield from _decided(Function(module, node), going, work)


def _is_marker(node: ast.expr, module: Module, work: Work) -> bool:
    values = work.index.value(node, module)
    return bool(values) and values <= _MARKS


_MARKS = frozenset({External("pytest.mark.asyncio"), External("pytest.mark.asyncio()")})


def _decided(
    function: Function, going: set[ast.expr], work: Work
) -> Iterator[Decision]:
    module, node = function.module, function.node
    own = [
        (number, each)
        for number, each in enumerate(node.decorator_list)
        if _is_marker(each, module, work)
    ]
    if not own or fixture_decorator(function, work.index):
        return
    if not is_test(function) or not work.is_coroutine(function):
        if _says_nothing(function, work):
            kind = "a sync test" if is_test(function) else "what is no test"
            for number, _ in own:
                yield _dropped(function, number, f"it says nothing of {kind}")
        return
    # Another module collects a subclass without this one's marks.
    if function.owner and work.references.subclasses(Class(module, function.owner)):
        return
    # The nearest holds: those above it say nothing if they are alike.
    above = [each for each in _around(function, work) if each not in going]
    for number, each in own:
        _, default = work.default_scopes(module.path)
        own_words = given(each, default)
        if above and own_words is not None and own_words == given(above[0], default):
            yield _dropped(function, number, "its class or module has the marker")
            return


def _says_nothing(function: Function, work: Work) -> bool:
    """Whether what a marker stands on is certainly no coroutine test."""
    module, node = function.module, function.node
    if work.decorated(function):
        return False
    if is_test(function):
        # pytest-asyncio 0.21 awaited what a sync test returned.
        return not any(each.value for each in module.returns.get(node, ()))
    # Configuration may collect it, but for what code calls.
    return module.at[node].kind == "function" or bool(work.references.to(function))


def _dropped(function: Function, number: int, message: str) -> Decision:
    node = function.node
    return Decision(
        function.module,
        node,
        "drop-decorator",
        {"index": number},
        (node.decorator_list[number],),
        message=message,
    )


def _around(function: Function, work: Work) -> list[ast.expr]:
    """Return the markers of the class and of the module, the nearest first."""
    module = function.module
    found: list[ast.expr] = []
    if function.owner:
        found += function.owner.decorator_list
        found += assigned_marks(module.scopes[function.owner])
    found += assigned_marks(module.scope)
    return [each for each in found if _is_marker(each, module, work)]
