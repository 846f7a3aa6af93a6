"""AW413 coroutine-mock."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.mocks.awaitables import Awaitables
from awaitify_codemods.mocks.spelling import spell_mock
from awaitify_codemods.mocks.wrapped import (
    EFFECT,
    MOCK,
    RESULT,
    WITHIN,
    Kept,
    Reader,
    Wrapped,
    shims,
)
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class CoroutineMock(Rule):
    """`asyncio.coroutine` is gone since Python 3.11; an AsyncMock is awaited itself.

    `asyncio.coroutine(Mock(...))` becomes `AsyncMock(...)`,
    `asyncio.coroutine(lambda: value)` one that returns the value, and
    `Mock(side_effect=asyncio.coroutine(f))` becomes `AsyncMock(side_effect=f)`.

    Left: generators, functions that may return something to await, those that are
    called with `self`, and files that look at all calls below a mock, for those of
    an AsyncMock would be among them. A line that puts `asyncio.coroutine` back, for
    an old library, stays and is reported; then nothing else changes.
    """

    META = Meta(
        code="AW413",
        name="coroutine-mock",
        summary="Make an AsyncMock of what asyncio.coroutine() is given.",
        safety=Safety.SAFE,
        triggers=(b"coroutine",),
        beside=(b"asyncio",),
        glance=lambda source: b"coroutine(" in source or b"coroutine =" in source,
        examples=(
            Example(
                "mocks and lambdas",
                before="""
                    import asyncio
                    from unittest import mock

                    import pytest

                    from app import run_job

                    @pytest.mark.asyncio
                    async def test_run_job():
                        job = mock.Mock()
                        job.prepare = mock.Mock(side_effect=asyncio.coroutine(print))
                        job.execute = asyncio.coroutine(lambda: 5)
                        job.end = asyncio.coroutine(mock.Mock(return_value=None))
                        assert await run_job(job) == 5
                """,
                after="""
                    import asyncio
                    from unittest import mock

                    import pytest

                    from app import run_job

                    @pytest.mark.asyncio
                    async def test_run_job():
                        job = mock.Mock()
                        job.prepare = mock.Mock(side_effect=asyncio.coroutine(print))
                        job.execute = mock.AsyncMock(return_value=5)
                        job.end = mock.AsyncMock(return_value=None)
                        assert await run_job(job) == 5
                """,
            ),
            Example.unchanged(
                "a conftest puts it back",
                """
                    import asyncio
                    import types

                    asyncio.coroutine = types.coroutine

                    def test_sleep():
                        sleep = asyncio.coroutine(lambda: 5)
                        assert sleep
                """,
                path="conftest.py",
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Replace what can be, unless the project has the function itself."""
        found = [
            (module, node)
            for module in work.like(self.META)
            for node in shims(module, work.index)
        ]
        for module, node in found:
            message = "asyncio.coroutine is put back for what still needs it"
            yield Decision(module, node, "", message=message, status=REPORT)
        if found:
            return
        reader = Reader(work.index, Awaitables(work.index, work.fixtures))
        for module in work.like(self.META):
            for each in reader.read(module):
                if isinstance(each, Kept):
                    yield Decision.left(module, each.node, each.reason, each.message)
                elif each.outer and reader.is_async(each.outer, module):
                    yield _unwrapped(each)
                else:
                    yield from _replaced(each, work)


_MESSAGE = "an AsyncMock is awaited, without asyncio.coroutine()"


def _unwrapped(wrapped: Wrapped) -> Decision:
    call = wrapped.call
    gone = (call.func,)
    return Decision(wrapped.module, call, "to-argument", removes=gone, message=_MESSAGE)


def _replaced(wrapped: Wrapped, work: Work) -> Iterator[Decision]:
    module, call, inner = wrapped.module, wrapped.call, wrapped.inner
    made = wrapped.outer or (inner if wrapped.form == MOCK else None)
    near = made.func if isinstance(made, ast.Call) else None
    spelling = spell_mock(work, module, module.at[call], "AsyncMock", near)
    if spelling is None:
        message = "AsyncMock means something else there"
        yield Decision.left(module, call, "name-taken", message)
        return
    rename = {"to": spelling.text}
    first: dict[str, tuple[ast.AST, str, dict[str, str]]] = {
        WITHIN: (made or call, "rename", rename),
        MOCK: (inner, "rename", rename),
        EFFECT: (call, "rename", rename),
        RESULT: (call, "replace-node", {"code": _result(wrapped, spelling.text)}),
    }
    node, op, arguments = first[wrapped.form]
    gone: tuple[ast.AST, ...] = (call.func,)
    if isinstance(made, ast.Call):
        gone = (*gone, made.func)
    yield Decision(
        module,
        node,
        op,
        arguments,
        gone,
        spelling.uses,
        spelling.imports,
        _MESSAGE,
        group=call,
    )
    if wrapped.form in (WITHIN, MOCK):
        yield Decision(module, call, "to-argument", group=call)
    elif wrapped.form == EFFECT:
        yield Decision(
            module,
            call,
            "name-argument",
            {"index": 0, "name": "side_effect"},
            group=call,
        )


def _result(wrapped: Wrapped, name: str) -> str:
    body = wrapped.inner.body if isinstance(wrapped.inner, ast.Lambda) else None
    if body is None:
        return ""
    source = text_of(wrapped.module.source)
    value = ast.get_source_segment(source, body) or ast.unparse(body)
    return f"{name}(return_value={value})"
