"""AW541 missing-await."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from awaitify_codemods.blocking.frames import Replacements, modules
from awaitify_codemods.blocking.unawaited import (
    Made,
    Makers,
    is_dropped,
    unused_name,
)
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work

_STATEMENT = re.compile(rb"^[ \t]+(?:\w+[ \t]*=[ \t]*)?[\w.]+\([^\n]*", re.MULTILINE)
_CALLED = re.compile(rb"\b(\w+)\(")


def drops_something(source: bytes) -> bool:
    """Whether a call may be a statement, or be all that is assigned."""
    return bool(_STATEMENT.search(source))


def _called(source: bytes) -> set[bytes]:
    lines = _STATEMENT.findall(source)
    return {name for line in lines for name in _CALLED.findall(line)}


class MissingAwait(Rule):
    """A coroutine function that is called and not awaited does nothing.

    The test goes on as if it had: what it looks at afterwards is as it was before.
    Where the callee is certainly a coroutine function, its call is awaited. That may
    reveal what the test never checked, so it takes `--unsafe`; and in a test that
    becomes async, the coroutine would run for the first time.

    A coroutine that is assigned to a name, which nothing mentions, is reported, and
    so is one that a sync test drops. Left where the function may be replaced, or may
    never return. Nothing is said where a warning about it is expected, and of what
    returns tasks.
    """

    META = Meta(
        code="AW541",
        name="missing-await",
        summary="Await coroutines that are made and dropped.",
        safety=Safety.REVIEW,
        triggers=(b"async def",),
        examples=(
            Example(
                "a method, and a sleep",
                before="""
                    import asyncio

                    import pytest

                    class Db:
                        def __init__(self):
                            self.rows = [1]

                        async def clear(self):
                            self.rows.clear()

                    @pytest.mark.asyncio
                    async def test_clear():
                        db = Db()
                        db.clear()
                        asyncio.sleep(0.1)
                        assert db.rows is not None
                """,
                after="""
                    import asyncio

                    import pytest

                    class Db:
                        def __init__(self):
                            self.rows = [1]

                        async def clear(self):
                            self.rows.clear()

                    @pytest.mark.asyncio
                    async def test_clear():
                        db = Db()
                        await db.clear()
                        await asyncio.sleep(0.1)
                        assert db.rows is not None
                """,
            ),
            Example.unchanged(
                "tasks run by themselves, and others may be sync",
                """
                    import asyncio

                    import pytest

                    from app import make_db, work

                    @pytest.mark.asyncio
                    async def test_work():
                        task = asyncio.create_task(work())
                        make_db().clear()
                        await task
                """,
            ),
        ),
        glance=drops_something,
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Await the coroutines that coroutines of the test code drop."""
        makers = Makers(work, Replacements(work))
        known = work.index.words.coroutines.keys() | _OTHERS

        def calls_one(source: bytes) -> bool:
            return not known.isdisjoint(_called(source))

        # Of other files not even the syntax tree is needed.
        for module in modules(replace(self.META, glance=calls_one), work):
            for name in sorted(_called(module.source) & known):
                for use in module.uses.get(name.decode(), ()):
                    call = module.parents[use]
                    if isinstance(call, ast.Call) and call.func is use:
                        yield from _decided(call, module, makers, work)


# What others define, whose source is asked; and asyncio's own.
_OTHERS = {b"aclose", b"close", b"gather", b"sleep", b"wait", b"wait_for"}


def _decided(
    call: ast.Call, module: Module, makers: Makers, work: Work
) -> Iterator[Decision]:
    name = unused_name(call, module)
    frame = module.at[call].frame.node
    if not isinstance(frame, FUNCTIONS) or not (name or is_dropped(call, module)):
        return
    by = Function(module, frame)
    made = makers.made(call, by)
    if made is None:
        return
    if name:
        message = f"{name} is a coroutine that is never awaited"
        yield Decision(module, call, "", message=message, status=REPORT)
    elif work.is_coroutine(by):
        yield _awaited(made, module, is_new=not by.is_async)
    elif work.is_served(by):
        message = f"the coroutine of {made.name}() is never awaited, nor can it be"
        message = f"{message}: {by.node.name} is not async"
        yield Decision(module, call, "", message=message, status=REPORT)


def _awaited(made: Made, module: Module, is_new: bool) -> Decision:
    message = f"the coroutine of {made.name}() is never awaited"
    if made.refusal:
        message = f"{message}; {made.refusal.message}"
        return Decision.left(module, made.call, made.refusal.reason, message)
    if is_new:
        message = f"{message}; it never ran, and would now"
    return Decision(module, made.call, "await-call", message=message)
