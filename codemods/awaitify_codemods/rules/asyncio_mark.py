"""AW109 asyncio-mark."""

from collections.abc import Iterator

from awaitify_codemods.boundary import PLAIN
from awaitify_codemods.facts.anyio_suites import are_marked_anyio
from awaitify_codemods.facts.asyncio_marks import asyncio_marks, marked_scope
from awaitify_codemods.facts.fixture_decorators import (
    decorator_name,
    fixture_decorator,
)
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AsyncioMark(Rule):
    """In strict mode pytest-asyncio runs the coroutine tests that are marked.

    The marker stands nearest the `def`, so that other decorators keep their place;
    none is added in auto mode or where a class or module is marked already. Tests
    that ran on a loop of the module keep one loop: `loop_scope="module"`, as one
    `pytestmark` where all tests of the module need it.

    Where async tests are marked `anyio`, and the `anyio_backend` fixture says that
    they run on asyncio alone, new ones are too.
    """

    META = Meta(
        code="AW109",
        name="asyncio-mark",
        summary="Make tests async, and mark them for pytest-asyncio.",
        safety=Safety.SAFE,
        triggers=(b"run",),
        examples=(
            Example(
                "tests that share a loop",
                before="""
                    import asyncio

                    from app import Pool

                    LOOP = asyncio.new_event_loop()
                    pool = Pool()

                    def test_open():
                        LOOP.run_until_complete(pool.open())

                    def test_use():
                        assert LOOP.run_until_complete(pool.double(21)) == 42
                """,
                after="""
                    import pytest

                    from app import Pool

                    pytestmark = pytest.mark.asyncio(loop_scope="module")

                    pool = Pool()

                    async def test_open():
                        await pool.open()

                    async def test_use():
                        assert await pool.double(21) == 42
                """,
            ),
            Example(
                "in a suite that anyio runs",
                before="""
                    import asyncio

                    import pytest

                    from app import add

                    @pytest.fixture
                    def anyio_backend():
                        return "asyncio"

                    @pytest.mark.anyio
                    async def test_small():
                        assert await add(1, 2) == 3

                    def test_large():
                        assert asyncio.run(add(100, 200)) == 300
                """,
                after="""
                    import pytest

                    from app import add

                    @pytest.fixture
                    def anyio_backend():
                        return "asyncio"

                    @pytest.mark.anyio
                    async def test_small():
                        assert await add(1, 2) == 3

                    @pytest.mark.anyio
                    async def test_large():
                        assert await add(100, 200) == 300
                """,
            ),
            Example.unchanged(
                "anyio runs the test",
                """
                    import asyncio

                    import pytest

                    from app import add

                    @pytest.mark.anyio
                    def test_add():
                        assert asyncio.run(add(1, 2)) == 3
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make tests async and mark them."""
        modules: dict[Module, list[Function]] = {}
        for function in work.colouring.coloured:
            if not is_test(function) or work.cases.is_of_django(function):
                continue
            modules.setdefault(function.module, []).append(function)
            if not function.is_async:
                yield Decision(
                    function.module,
                    function.node,
                    "make-async",
                    message=_promoted(function, work),
                )
        for module, tests in modules.items():
            scope = _common_scope(module, tests, work)
            if scope:
                yield module_mark(module, scope, work)
                continue
            for test in tests:
                if not _is_awaited_by_unittest(test, work):
                    yield from _mark(test, work)


def _promoted(test: Function, work: Work) -> str:
    """Return why a test becomes async that drives nothing; "" for any other."""
    if test in work.colouring.promoted:
        return "it needs the current loop, which async tests take away"
    if test in work.colouring.asked and test.node not in work.sites.by_frame:
        return "it failed where no loop runs"
    return ""


def _is_awaited_by_unittest(test: Function, work: Work) -> bool:
    """Whether only unittest runs a test, to which a marker says nothing."""
    running = work.cases.running(test)
    if test.owner is None or not running:
        return False
    owner = Class(test.module, test.owner)
    classes = [owner, *work.references.subclasses(owner)]
    others = [each for each in classes if each not in running]
    return not any(each.node.name.startswith("Test") for each in others)


def _common_scope(module: Module, tests: list[Function], work: Work) -> str:
    """Return the loop scope that every test of a module needs, if it is a wider one."""
    if "pytestmark" in module.scope.names:
        return ""
    every = [
        Function(module, node)
        for node in module.functions
        if isinstance(node, FUNCTIONS) and is_test(Function(module, node))
    ]
    if any(_is_inherited_elsewhere(test, work) for test in every):
        return ""
    scopes = {_loop_scope(test, work) for test in every}
    if len(scopes) == 1 and set(every) <= set(tests):
        return scopes.pop()
    return ""


def _loop_scope(test: Function, work: Work) -> str:
    """Return the loop scope that a test has to say; "" if it has it anyway."""
    scope = work.colouring.scopes.get(test, "")
    _, of_tests = work.default_scopes(test.module.path)
    said = marked_scope(test, work.index) or of_tests or "function"
    return "" if scope == said else scope


def _is_inherited_elsewhere(test: Function, work: Work) -> bool:
    """Whether another module collects a test too, without this one's marks."""
    if test.owner is None:
        return False
    below = work.references.subclasses(Class(test.module, test.owner))
    return any(each.module is not test.module for each in below)


def module_mark(module: Module, scope: str, work: Work) -> Decision:
    """Return the decision to mark all tests of a module, below its imports."""
    first = min(node.lineno for node in module.functions)
    mark = work.spell(module, module.scope, "pytest.mark.asyncio", first)
    code = f'pytestmark = {mark.text}(loop_scope="{scope}")'
    return Decision(
        module,
        module.tree,
        "insert-after-imports",
        {"code": code},
        uses=mark.uses,
        imports=mark.imports,
    )


def _mark(test: Function, work: Work) -> Iterator[Decision]:
    scope = _loop_scope(test, work)
    marks = list(asyncio_marks(test, work.index))
    if marks and not scope:
        return
    if work.mode(test.module.path) == "auto" and not scope:
        return
    module, node = test.module, test.node
    for number, decorator in enumerate(node.decorator_list):
        if decorator in marks:
            gone = {"index": number}
            yield Decision(module, node, "drop-decorator", gone, (decorator,))
    line = min(each.lineno for each in (node, *node.decorator_list))
    name = "anyio" if not scope and _is_for_anyio(test, work) else "asyncio"
    mark = work.spell(module, module.at[node], f"pytest.mark.{name}", line)
    arguments = f'(loop_scope="{scope}")' if scope else ""
    yield Decision(
        module,
        node,
        "add-decorator",
        {"code": f"@{mark.text}{arguments}"},
        uses=mark.uses,
        imports=mark.imports,
    )


def _is_for_anyio(test: Function, work: Work) -> bool:
    """Whether anyio is to run a test as it runs the others.

    It sets up plain async fixtures, not pytest-asyncio's; and an error in a task
    that outlives its run, which asyncio only logs, makes its tests fail.
    """
    return (
        are_marked_anyio(test, work.fixtures, work.index)
        and all(_is_set_up_by_anyio(each, work) for each in work.fixtures.of(test))
        and all(
            form == PLAIN and not work.boundaries.leaves_tasks(drive)
            for drive, form in work.colouring.forms.items()
        )
    )


def _is_set_up_by_anyio(fixture: Function, work: Work) -> bool:
    if not work.is_coroutine(fixture):
        return True
    decorator = fixture_decorator(fixture, work.index)
    return (
        fixture not in work.coloured
        and decorator is not None
        and decorator_name(decorator, fixture, work.index) == "pytest.fixture"
    )
