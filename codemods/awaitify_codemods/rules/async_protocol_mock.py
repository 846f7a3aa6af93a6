"""AW431 async-protocol-mock."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.glances import may_mock_protocols
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.mocks.facts import Site, Use
from awaitify_codemods.mocks.protocols import (
    SyncIterator,
    ignored,
    plain_lists,
    swallowing,
    sync_iterators,
    unable,
)
from awaitify_codemods.mocks.spelling import spell_mock
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AsyncProtocolMock(Rule):
    """Mocks of async context managers and iterators do what they are told.

    Since Python 3.8 a MagicMock can be entered and iterated asynchronously, a plain
    Mock cannot: one that a test certainly enters or iterates becomes a MagicMock. What
    stands in the place of `__aiter__` has to return an async iterator, which `iter()`
    does not make, and what is returned for an `async for` cannot be a list:
    `__aiter__.return_value` takes any iterable.

    Two things are reported, as a test may pass because of them. `m.__aexit__ =
    AsyncMock()` returns a mock, which is true, so everything that is raised in the
    block is swallowed, failing assertions included: `return_value=False` says what is
    meant. And what a subclass of MagicMock or AsyncMock defines as `__aenter__`,
    `__aexit__`, `__aiter__` or `__anext__` is ignored, as each mock gets its own:
    derive from Mock, or configure the mock.

    Hand-written classes that work are left.
    """

    META = Meta(
        code="AW431",
        name="async-protocol-mock",
        summary="Make mocks of async context managers and iterators work.",
        safety=Safety.SAFE,
        triggers=(b"Mock",),
        examples=(
            Example(
                "a Mock that is entered",
                before="""
                    from unittest.mock import Mock

                    import pytest

                    async def fetch(session):
                        async with session.get("/") as response:
                            return response.status

                    @pytest.mark.asyncio
                    async def test_fetch():
                        session = Mock()
                        session.get.return_value.__aenter__.return_value.status = 200
                        assert await fetch(session) == 200
                """,
                after="""
                    from unittest.mock import MagicMock

                    import pytest

                    async def fetch(session):
                        async with session.get("/") as response:
                            return response.status

                    @pytest.mark.asyncio
                    async def test_fetch():
                        session = MagicMock()
                        session.get.return_value.__aenter__.return_value.status = 200
                        assert await fetch(session) == 200
                """,
            ),
            Example.unchanged(
                "written by hand, and working",
                """
                    from unittest.mock import Mock

                    import pytest

                    class Session(Mock):
                        async def __aenter__(self):
                            return self

                        async def __aexit__(self, *args):
                            pass

                    async def fetch(session):
                        async with session:
                            return session.get()

                    @pytest.mark.asyncio
                    async def test_fetch():
                        session = Session()
                        session.get.return_value = 200
                        assert await fetch(session) == 200
                """,
            ),
        ),
        stands_apart=True,
        glance=may_mock_protocols,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Let mocks be entered and iterated; report what is configured in vain."""
        for site, use in unable(work.mocks):
            if not _is_expected_to_fail(site, work):
                yield from _magic(site, use, work)
        for each in sync_iterators(work.mocks):
            yield from _iterable(each)
        for module, target, use in plain_lists(work.mocks):
            yield Decision(
                module,
                target,
                "replace-node",
                {"code": f"{ast.unparse(target)}.__aiter__.return_value"},
                message=f"a list is no async iterator, as is needed at {use.place}",
            )
        for module in work.like(self.META):
            yield from _reported(module, work)


def _magic(site: Site, use: Use, work: Work) -> Iterator[Decision]:
    module, call = site.module, site.node
    spelling = spell_mock(work, module, module.at[call], "MagicMock", call.func)
    message = f"a Mock cannot be entered or iterated asynchronously, as at {use.place}"
    if spelling is None:
        yield Decision.left(module, call, "name-taken", f"{message}; a MagicMock can")
        return
    yield Decision(
        module,
        call,
        "rename",
        {"to": spelling.text},
        (call.func,),
        spelling.uses,
        spelling.imports,
        f"{message}: a MagicMock can",
    )


def _is_expected_to_fail(site: Site, work: Work) -> bool:
    """Whether a test of a mock is marked so, and would be wrong if it passed."""
    for test in site.tests:
        path, _, name = test.partition("::")
        module = work.index.module(path)
        for node in module.functions if module else ():
            if node.name == name.rpartition("::")[2]:
                marks = " ".join(map(ast.unparse, node.decorator_list))
                if "xfail" in marks or "expectedFailure" in marks:
                    return True
    return False


def _iterable(found: SyncIterator) -> Iterator[Decision]:
    module, statement = found.module, found.statement
    target = statement.targets[0]
    message = "iter() makes no async iterator"
    if found.where is None:
        message = f"{message}: `async for` over this mock fails"
        yield Decision(module, statement, "", message=message, status=REPORT)
        return
    code = _text(found.items, module)
    new = f"{ast.unparse(target)}.return_value"
    message = f"{message}, as is needed at {found.where.place}"
    yield Decision(
        module,
        target,
        "replace-node",
        {"code": new},
        message=message,
        group=statement,
    )
    yield Decision(
        module,
        found.value,
        "replace-node",
        {"code": code},
        group=statement,
    )


def _text(node: ast.expr, module: Module) -> str:
    """Return an expression as it stands there, but without its indentation."""
    code = ast.get_source_segment(text_of(module.source), node) or ast.unparse(node)
    first, *others = code.splitlines()
    strings = [each for each in ast.walk(node) if isinstance(each, ast.Constant)]
    if not others or any(each.lineno != each.end_lineno for each in strings):
        return code
    last = others[-1]
    indent = last[: len(last) - len(last.lstrip())]
    return "\n".join([first, *(each.removeprefix(indent) for each in others)])


def _reported(module: Module, work: Work) -> Iterator[Decision]:
    for node in swallowing(module, work.index):
        message = (
            "this __aexit__ returns a mock, which is true: every exception in the "
            "block is swallowed, failing assertions included; give it "
            "return_value=False"
        )
        yield Decision(module, node, "", message=message, status=REPORT)
    for each in ignored(module, work.index):
        names = " and ".join(
            [", ".join(each.names[:-1]), each.names[-1]][-len(each.names) :]
        )
        message = (
            f"objects of {each.node.name} do not use its {names}: since Python 3.8 "
            f"each {each.base} gets its own; derive from Mock, or configure them"
        )
        yield Decision(module, each.node, "", message=message, status=REPORT)
