"""AW351 unittest-case."""

import ast
from collections.abc import Iterable, Iterator

from awaitify_codemods.facts.foreign_cases import (
    UNITTEST,
    Mention,
    mentions,
)
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.foreign_cases import Changes
from awaitify_codemods.foreign_cases.changes import LoopUse, SetUp
from awaitify_codemods.plan import NEWLY_RUNNING
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.rules.isolated_case import swapped
from awaitify_codemods.work import Work


class UnittestCase(Rule):
    """unittest awaits coroutine tests itself; asynctest and aiounittest are dead.

    asynctest fails to import from Python 3.11 on. Its `TestCase`, and
    `aiounittest.AsyncTestCase`, become `unittest.IsolatedAsyncioTestCase`, with all
    classes that share a base or a mixin, or none of them. What asynctest awaited is
    called as unittest awaits it (`asyncSetUp`, `asyncTearDown`, `addAsyncCleanup`),
    `self.loop` is the running loop, and what asynctest handed on from unittest comes
    from there. `@fail_on` and its like go: they ask for checks of the loop that
    nothing makes any more. aiounittest never awaited an `async def setUp`: it stays,
    and is reported (AW205).

    Left, by name, where there is no counterpart: `ClockedTestCase`,
    `exhaust_callbacks`, selectors and their mocks, `assertAsyncRaises`; a loop that
    is driven, ended or kept; set-ups of which unittest would change the order. What
    becomes of asynctest's mocks is decided apart (AW421).
    """

    META = Meta(
        code="AW351",
        name="unittest-case",
        summary="Derive classes of asynctest and aiounittest from unittest's own.",
        safety=Safety.SAFE,
        triggers=(b"asynctest", b"aiounittest"),
        examples=(
            Example(
                "asynctest",
                before="""
                    import asynctest

                    from app import connect

                    class ConnTests(asynctest.TestCase):
                        forbid_get_event_loop = True

                        async def setUp(self):
                            self.conn = await connect(self.loop)
                            self.addCleanup(self.close)

                        async def close(self):
                            await self.conn.close()

                        async def test_open(self):
                            self.assertTrue(await self.conn.is_open())
                """,
                after="""
                    import asyncio
                    import unittest

                    from app import connect

                    class ConnTests(unittest.IsolatedAsyncioTestCase):
                        async def asyncSetUp(self):
                            self.conn = await connect(asyncio.get_running_loop())
                            self.addAsyncCleanup(self.close)

                        async def close(self):
                            await self.conn.close()

                        async def test_open(self):
                            self.assertTrue(await self.conn.is_open())
                """,
            ),
            Example(
                "aiounittest",
                before="""
                    from aiounittest import AsyncTestCase

                    from app import add

                    class AddTests(AsyncTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
                after="""
                    from unittest import IsolatedAsyncioTestCase

                    from app import add

                    class AddTests(IsolatedAsyncioTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
            ),
            Example.unchanged(
                "a clock of its own",
                """
                    import asynctest

                    from app import later

                    class LaterTests(asynctest.ClockedTestCase):
                        async def test_later(self):
                            done = later(10)
                            await self.advance(10)
                            self.assertTrue(done.done())
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Change the families that may change, and say why the others stay."""
        changing = []
        for verdict in work.verdicts:
            if verdict.refusal is None:
                changing.append(verdict.changes)
                yield from _changed(verdict.changes, work)
                continue
            reason, message = verdict.refusal.reason, verdict.refusal.message
            for owner, _, _ in verdict.changes.family.roots:
                yield Decision.left(owner.module, owner.node, reason, message)
        for module in work.like(self.META):
            if work.index.is_local("asynctest", module.path):
                continue
            yield from _handed_on(module, work)


def _changed(changes: Changes, work: Work) -> Iterator[Decision]:
    for owner, number, _ in changes.family.roots:
        yield swapped(owner, number, work)
    for set_up in changes.set_ups:
        yield from _renamed(set_up, work)
    yield from _running_loops(changes.loops, work)
    for module, statement in changes.switches:
        yield Decision(module, statement, "remove", removes=(statement,))
    for module, node, number in changes.checks:
        decorator = node.decorator_list[number]
        yield Decision(
            module,
            node,
            "drop-decorator",
            {"index": number},
            (decorator,),
            message=f"nothing checks the loop any more: @{ast.unparse(decorator)}",
        )
    for module, call in changes.cleanups:
        assert isinstance(call.func, ast.Attribute)
        callee = f"{ast.unparse(call.func.value)}.addAsyncCleanup"
        yield Decision(module, call, "rename", {"to": callee})
    for maker in changes.loop_makers:
        yield Decision(maker.module, maker.node, "remove", removes=(maker.node,))
    if "aiounittest" in changes.family.libraries:
        yield from _newly_running(changes)


def _renamed(set_up: SetUp, work: Work) -> Iterator[Decision]:
    function, name = set_up.function, set_up.new_name
    stays = set_up.stays_above and not work.coloured.intersection(set_up.above)
    module = function.module
    message = f"{function.node.name} becomes {name}"
    yield Decision(
        module, function.node, "rename-function", {"to": name}, message=message
    )
    for call in set_up.supers:
        if stays:
            statement = module.statement(call)
            yield Decision(module, statement, "remove", removes=(statement,))
            continue
        yield _called(module, call, name)
        sync = any(each is None or not each.is_async for each in set_up.above)
        if sync and not isinstance(module.parents[call], ast.Await):
            yield Decision(module, call, "await-call")
    for reference in set_up.others:
        if reference.call:
            yield _called(reference.module, reference.call, name)


def _called(module: Module, call: ast.Call, name: str) -> Decision:
    assert isinstance(call.func, ast.Attribute)
    callee = f"{ast.unparse(call.func.value)}.{name}"
    return Decision(module, call, "rename", {"to": callee})


def _running_loops(uses: Iterable[LoopUse], work: Work) -> Iterator[Decision]:
    """Yield what asks for the running loop, or in sync methods for the current one."""
    seen: set[ast.AST] = set()
    awaited = {drive.node.func for drive in work.colouring.forms}
    for use in uses:
        module, frame = use.method.module, use.frame
        if module.parents[use.node] in awaited:
            continue
        if frame in seen or not isinstance(frame, FUNCTIONS):
            continue
        seen.add(frame)
        runs = work.is_coroutine(Function(module, frame))
        name = "asyncio.get_running_loop" if runs else "asyncio.get_event_loop"
        spelling = work.spell(module, module.scopes[frame], name)
        yield Decision(
            module,
            frame,
            "replace-attribute",
            {"owner": use.owner, "name": "loop", "code": f"{spelling.text}()"},
            uses=spelling.uses,
            imports=spelling.imports,
            message="the loop is the one that runs the test",
        )


def _newly_running(changes: Changes) -> Iterator[Decision]:
    """Yield the async tests that aiounittest did not take for tests."""
    for test in changes.family.entries():
        name = test.node.name
        if name.startswith("test") and not name.startswith("test_") and test.is_async:
            yield Decision(
                test.module,
                test.node,
                "",
                message="aiounittest passed it without running, and it is awaited now",
                status=NEWLY_RUNNING,
            )


def _handed_on(module: Module, work: Work) -> Iterator[Decision]:
    """Yield what takes from unittest what asynctest only hands on."""
    for mention in mentions(module, work.index):
        if mention.name in UNITTEST and isinstance(mention.node, ast.Name):
            yield from _imported(mention, work)
        elif mention.name in UNITTEST:
            yield from _spelled(mention, work)


def _imported(mention: Mention, work: Work) -> Iterator[Decision]:
    """``from asynctest import skip``"""
    module, node = mention.module, mention.node
    assert isinstance(node, ast.Name)
    scope = module.at[node].find(node.id)
    bindings = scope.names[node.id] if scope else []
    if scope is not module.scope or len(bindings) != 1:
        return
    if not isinstance(bindings[0].node, ast.ImportFrom):
        return
    name = mention.name.rpartition(".")[2]
    alias = "" if name == node.id else f" as {node.id}"
    yield Decision(
        module,
        module.statement(node),
        "",
        removes=(node,),
        imports=(f"from unittest import {name}{alias}",),
        message=f"{name} comes from unittest",
    )


def _spelled(mention: Mention, work: Work) -> Iterator[Decision]:
    """``asynctest.skip("why")``"""
    module, node = mention.module, mention.node
    name = f"unittest.{mention.name.rpartition('.')[2]}"
    outer = module.parents[node]
    spelling = work.spell(module, module.at[node], name, node.lineno)
    message = f"{name} in place of {mention.name}"
    if isinstance(outer, ast.Call) and outer.func is node:
        yield Decision(
            module,
            outer,
            "rename",
            {"to": spelling.text},
            (node,),
            spelling.uses,
            spelling.imports,
            message,
        )
    elif isinstance(outer, FUNCTIONS) and node in outer.decorator_list:
        number = outer.decorator_list.index(node)
        yield Decision(
            module,
            outer,
            "fixture-decorator",
            {"index": number, "to": spelling.text, "keywords": []},
            (node,),
            spelling.uses,
            spelling.imports,
            message,
        )
