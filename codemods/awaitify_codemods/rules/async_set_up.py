"""AW202 async-set-up."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.cases import SET_UPS
from awaitify_codemods.facts.class_loops import is_left_empty, is_super_call
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.set_ups import super_calls
from awaitify_codemods.facts.values import Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AsyncSetUp(Rule):
    """unittest awaits `asyncSetUp` and `asyncTearDown`, never `setUp`.

    A `setUp` or `tearDown` that drives a loop, or calls what does, becomes its
    awaited counterpart, with the overrides below it and its `super()` call. unittest
    calls `setUp`, `asyncSetUp`, the test, `asyncTearDown`, `tearDown`: where the
    base's own stays sync it runs by itself, and the call of it goes.

    Left where a base's set-up would run at another time (`super-order`), and in
    `setUpClass`, which nothing awaits.
    """

    META = Meta(
        code="AW202",
        name="async-set-up",
        summary="Turn set-ups that drive loops into `asyncSetUp` and `asyncTearDown`.",
        safety=Safety.SAFE,
        triggers=(b"setUp", b"tearDown"),
        examples=(
            Example(
                "set-up and tear-down",
                before="""
                    import asyncio
                    import unittest

                    from app import connect

                    class ConnTests(unittest.TestCase):
                        def setUp(self):
                            self.conn = asyncio.run(connect())

                        def tearDown(self):
                            asyncio.run(self.conn.close())

                        def test_open(self):
                            self.assertTrue(self.conn.opened)
                """,
                after="""
                    import unittest

                    from app import connect

                    class ConnTests(unittest.IsolatedAsyncioTestCase):
                        async def asyncSetUp(self):
                            self.conn = await connect()

                        async def asyncTearDown(self):
                            await self.conn.close()

                        def test_open(self):
                            self.assertTrue(self.conn.opened)
                """,
            ),
            Example.unchanged(
                "the base's tear-down would run later",
                """
                    import asyncio
                    import unittest

                    from app import connect

                    class Base(unittest.TestCase):
                        def tearDown(self):
                            self.conn = None

                    class ConnTests(Base):
                        def tearDown(self):
                            super().tearDown()
                            asyncio.run(connect())

                        def test_open(self):
                            self.assertTrue(connect)
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Rename set-ups, and what calls them."""
        gone = work.gone_with_loops
        for function in work.colouring.coloured:
            if not work.cases.is_set_up(function) or is_left_empty(function, gone):
                continue
            module, name = function.module, SET_UPS[function.node.name]
            message = f"{function.node.name} becomes {name}"
            yield Decision(
                module, function.node, "rename-function", {"to": name}, message=message
            )
            yield from _calls_of_super(function, work)
            for reference in work.references.to(function):
                if reference.call and not _is_super(reference.call):
                    yield _renamed(reference.module, reference.call, name)


def _calls_of_super(function: Function, work: Work) -> Iterator[Decision]:
    module, stays = function.module, _staying_above(function, work)
    awaited = {reference.call for reference in work.colouring.awaits}
    for call in super_calls(function):
        statement = module.statement(call)
        if stays and is_super_call(statement, function.node.name):
            yield Decision(module, statement, "remove", removes=(statement,))
            continue
        yield _renamed(module, call, SET_UPS[function.node.name])
        if call not in awaited:
            yield Decision(module, call, "await-call")


def _renamed(module: Module, call: ast.Call, name: str) -> Decision:
    assert isinstance(call.func, ast.Attribute)
    callee = f"{ast.unparse(call.func.value)}.{name}"
    return Decision(module, call, "rename", {"to": callee})


def _is_super(call: ast.Call) -> bool:
    func = call.func
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call)


def _staying_above(function: Function, work: Work) -> bool:
    """Whether a base's set-up stays sync, and does something."""
    return any(
        above not in work.coloured and not is_left_empty(above, work.gone_with_loops)
        for above in work.set_ups.above(function)
    )
