"""AW334 shared-state."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.glances import may_remember_loop
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.shared_state import State, passed_on, states
from awaitify_codemods.facts.values import Class, File, Function
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.strict.sharing import Sharing
from awaitify_codemods.work import Spelling, Work


class SharedState(Rule):
    """Tests that run on loops of their own do not share what remembers one.

    A singleton that keeps the loop on which it was made (`self.loop =
    asyncio.get_running_loop()`, a task, an `aiohttp.ClientSession`), in a class
    attribute or a global, works for the first test that uses it; the next one has
    another loop. It is reported with the tests that share it. With `--unsafe` their
    module gets a fixture that every test uses: it asserts that the state is clean,
    and restores it afterwards.

    What one test keeps on its class and another one uses is reported, too.

    Nothing is said where any code sets it back, where tests share a loop, and where
    it is not certain that at least two tests reach it.
    """

    META = Meta(
        code="AW334",
        name="shared-state",
        summary="Report what remembers a loop and is shared by tests.",
        safety=Safety.REVIEW,
        triggers=(
            b"get_running_loop",
            b"get_event_loop",
            b"_task(",
            b"ensure_future",
            b"ClientSession",
        ),
        examples=(
            Example(
                "with --unsafe",
                before="""
                    import asyncio

                    import pytest

                    class Hub:
                        _instance = None

                        def __init__(self):
                            self.loop = asyncio.get_running_loop()

                        @classmethod
                        async def get(cls):
                            if cls._instance is None:
                                cls._instance = cls()
                            return cls._instance

                    @pytest.mark.asyncio
                    async def test_first():
                        assert await Hub.get()

                    @pytest.mark.asyncio
                    async def test_second():
                        assert await Hub.get()
                """,
                after="""
                    import asyncio

                    import pytest

                    class Hub:
                        _instance = None

                        def __init__(self):
                            self.loop = asyncio.get_running_loop()

                        @classmethod
                        async def get(cls):
                            if cls._instance is None:
                                cls._instance = cls()
                            return cls._instance

                    @pytest.fixture(autouse=True)
                    def _clean_instance(monkeypatch):
                        \"\"\"Let no test find the Hub._instance of another one.\"\"\"
                        assert Hub._instance is None, "an earlier test has left it"
                        monkeypatch.setattr(Hub, "_instance", None)

                    @pytest.mark.asyncio
                    async def test_first():
                        assert await Hub.get()

                    @pytest.mark.asyncio
                    async def test_second():
                        assert await Hub.get()
                """,
            ),
            Example.unchanged(
                "a fixture sets it back",
                """
                    import asyncio

                    import pytest

                    class Hub:
                        _instance = None

                        def __init__(self):
                            self.loop = asyncio.get_running_loop()

                        @classmethod
                        async def get(cls):
                            if cls._instance is None:
                                cls._instance = cls()
                            return cls._instance

                    @pytest.fixture(autouse=True)
                    def fresh():
                        yield
                        Hub._instance = None

                    @pytest.mark.asyncio
                    async def test_first():
                        assert await Hub.get()

                    @pytest.mark.asyncio
                    async def test_second():
                        assert await Hub.get()
                """,
            ),
        ),
        beside=(b" None",),
        stands_apart=True,
        glance=may_remember_loop,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Report each state with the tests that share it, and let them restore it."""
        paths = work.index.words.files_like(*self.META.search)
        sharing = Sharing(work)
        for state in states(work.index, paths):
            tests = sharing.tests(state)
            if len(tests) < 2:
                continue
            early = sharing.made_before(state, tests)
            for module in dict.fromkeys(each.module for each in tests):
                here = [each for each in tests if each.module is module]
                yield from _of_module(state, module, here, tests, early, work)
        for module in work.like(self.META):
            for node in module.classes:
                yield from _of_class(Class(module, node), sharing, work)


def _of_class(owner: Class, sharing: Sharing, work: Work) -> Iterator[Decision]:
    """Report what a test keeps on its class, where another one uses it."""
    module = owner.module
    for test, statement, memory in passed_on(owner, work.index):
        (target,) = statement.targets
        assert isinstance(target, ast.Attribute)
        name = target.attr
        if len(module.stores.get(name, ())) != 1 or not sharing.has_own_loop(test):
            continue
        for use in module.uses.get(name, ()):
            user = next(
                (n for n in module.enclosing(use) if n in owner.node.body), None
            )
            if not isinstance(user, FUNCTIONS) or user is test.node:
                continue
            if user.name.startswith("test") and sharing.has_own_loop(
                Function(module, user)
            ):
                message = (
                    f"{owner.node.name}.{name} keeps {memory} of {test.node.name}, "
                    f"and {user.name} uses it on a loop of its own"
                )
                yield Decision(module, statement, "", message=message, status=REPORT)
                break


_BODY = '''@{fixture}(autouse=True)
def {name}(monkeypatch):
    """Let no test find the {what} of another one."""
    assert {state} is None, "an earlier test has left it"
    monkeypatch.setattr({owner}, "{attribute}", None)
'''


def _of_module(
    state: State,
    module: Module,
    here: list[Function],
    tests: list[Function],
    early: bool,
    work: Work,
) -> Iterator[Decision]:
    where = f"{state.module.path}:{state.statement.lineno}"
    names = [each.name for each in here[:4]]
    more = len(tests) - len(names)
    if more:
        names.append(f"{more} more")
    message = (
        f"{state.text} keeps {state.memory} of the first test that needs it "
        f"({where}), and is shared by {', '.join(names[:-1])} and {names[-1]}"
    )
    owner = _spelled(state, module, work)
    name = f"_clean_{state.name.strip('_').lower()}"
    first = _first_test(here)
    if early or owner is None or work.index.words.files_with(name) or first is None:
        yield Decision(module, here[0].node, "", message=message, status=REPORT)
        return
    fixture = work.spell(module, module.scope, "pytest.fixture", first.lineno)
    code = _BODY.format(
        fixture=fixture.text,
        name=name,
        what=state.text,
        state=f"{owner.text}.{state.name}",
        owner=owner.text,
        attribute=state.name,
    )
    yield Decision(
        module,
        first,
        "insert-before",
        {"code": code},
        uses=(*fixture.uses, *owner.uses),
        imports=(*fixture.imports, *owner.imports),
        message=message,
    )


def _first_test(tests: list[Function]) -> ast.stmt | None:
    """Return the definition at the top of the file that holds the first test."""
    test = min(tests, key=lambda each: each.node.lineno)
    for each in (test.node, *test.module.enclosing(test.node)):
        if each in test.module.tree.body and isinstance(
            each, (*FUNCTIONS, ast.ClassDef)
        ):
            return each
    return None


def _spelled(state: State, module: Module, work: Work) -> Spelling | None:
    """Return how a file names what has the state: its class, or its module."""
    meant: Class | File = (
        Class(state.module, state.owner) if state.owner else File(state.module)
    )
    for name, bindings in module.scope.names.items():
        if len(bindings) == 1 and bindings[0].kind in ("import", "class"):
            if module.parents.get(bindings[0].node) is not module.tree:
                continue
            values = work.index.bound(module.scope, name, module)
            if values == {meant}:
                return Spelling(name, ((module.scope, name),))
            if state.owner and values == {File(state.module)}:
                return Spelling(f"{name}.{state.owner.name}", ((module.scope, name),))
    return _imported(state, module, work)


def _imported(state: State, module: Module, work: Work) -> Spelling | None:
    """Return how a file could name it that imports something from where it is."""
    for statement in module.imports:
        if not isinstance(statement, ast.ImportFrom) or statement.level:
            continue
        dotted = statement.module or ""
        if work.index.source_of(statement, module) != state.module.path:
            continue
        if module.scope.find(dotted.partition(".")[0]) is None:
            text = f"{dotted}.{state.owner.name}" if state.owner else dotted
            return Spelling(text, (), (f"import {dotted}",))
    return None
