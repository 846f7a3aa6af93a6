"""AW353 aiohttp-case."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.aiohttp_set_ups import Renaming, family_of, renamed
from awaitify_codemods.facts.attributes import direct_bases
from awaitify_codemods.facts.frameworks import AIOHTTP_CASE
from awaitify_codemods.facts.module import FUNCTIONS, Module, spelled
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class AiohttpCase(Rule):
    """`AioHTTPTestCase` is an `IsolatedAsyncioTestCase` since aiohttp 3.8.

    unittest awaits its tests: `unittest_run_loop` does nothing but warn, and goes.
    `setUpAsync` and `tearDownAsync`, which ran with the client made, become
    `asyncSetUp` and `asyncTearDown`, and call aiohttp's own, which makes it.

    Left with an older aiohttp, where other code calls a set-up, and where a class
    makes its own client or has no use of one.
    """

    META = Meta(
        code="AW353",
        name="aiohttp-case",
        summary="Let unittest await the tests and set-ups of `AioHTTPTestCase`.",
        safety=Safety.SAFE,
        triggers=(b"unittest_run_loop", b"setUpAsync", b"tearDownAsync"),
        examples=(
            Example(
                "a test and its set-up",
                before="""
                    from aiohttp.test_utils import AioHTTPTestCase, unittest_run_loop

                    from app import make_app

                    class AppTests(AioHTTPTestCase):
                        async def get_application(self):
                            return make_app()

                        async def setUpAsync(self):
                            self.expected = "hello"

                        @unittest_run_loop
                        async def test_get(self):
                            resp = await self.client.get("/")
                            self.assertEqual(await resp.text(), self.expected)
                """,
                after="""
                    from aiohttp.test_utils import AioHTTPTestCase

                    from app import make_app

                    class AppTests(AioHTTPTestCase):
                        async def get_application(self):
                            return make_app()

                        async def asyncSetUp(self):
                            await super().asyncSetUp()
                            self.expected = "hello"

                        async def test_get(self):
                            resp = await self.client.get("/")
                            self.assertEqual(await resp.text(), self.expected)
                """,
            ),
            Example.unchanged(
                "a client of its own",
                """
                    from aiohttp.test_utils import AioHTTPTestCase

                    from app import connect

                    class AppTests(AioHTTPTestCase):
                        async def setUpAsync(self):
                            self.client = await connect()

                        async def test_get(self):
                            resp = await self.client.get("/")
                            self.assertEqual(resp.status, 200)
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Drop the decorator, and rename set-ups."""
        for module in work.like(self.META):
            if not _is_tested(module, work):
                for node in module.functions:
                    yield from _undecorated(Function(module, node), work)
        yield from _renamed(work)


def _is_tested(module: Module, work: Work) -> bool:
    """Whether the tests are those of aiohttp itself."""
    return work.index.locate("aiohttp.test_utils", module.path) is not None


_DECORATOR = frozenset({External("aiohttp.test_utils.unittest_run_loop")})


def _undecorated(function: Function, work: Work) -> Iterator[Decision]:
    module, node = function.module, function.node
    for number, decorator in enumerate(node.decorator_list):
        if work.index.value(decorator, module) != _DECORATOR:
            continue
        running = work.cases.running(function)
        name = spelled(decorator)
        if not function.is_async:
            message = f"@{name} may drive what the function returns"
            yield Decision.left(module, decorator, "unresolved", message)
        elif not running or not all(map(work.cases.is_isolated, running)):
            message = f"@{name} may run it: not every class that has it awaits it"
            yield Decision.left(module, decorator, "foreign-base", message)
        else:
            gone, message = {"index": number}, f"@{name} does nothing"
            yield Decision(
                module, node, "drop-decorator", gone, (decorator,), message=message
            )


def _renamed(work: Work) -> Iterator[Decision]:
    owners = dict.fromkeys(
        Class(module, node)
        for module in work.mentioning("AioHTTPTestCase")
        if not _is_tested(module, work)
        for node in module.classes
        if AIOHTTP_CASE in direct_bases(Class(module, node), work.index)
    )
    for owner in owners:
        family = family_of(owner, work.references)
        if not family or not work.cases.is_recent:
            continue
        found = renamed(owner, family, work.index, work.references)
        if not isinstance(found, Refusal):
            found = next(filter(None, (_kept(each, work) for each in found)), found)
        if isinstance(found, Refusal):
            first = family[0]
            yield Decision.left(first.module, first.node, found.reason, found.message)
            continue
        for renaming in found:
            yield from _set_up(renaming)


def _kept(renaming: Renaming, work: Work) -> Refusal | None:
    function = renaming.function
    for node in (function.node, *renaming.calls):
        if not work.is_free("AW353", function.module, node):
            message = f"{function.name} stays ({function.module.path})"
            return Refusal("outside-selection", message)
    return None


def _set_up(renaming: Renaming) -> Iterator[Decision]:
    module, node, name = renaming.function.module, renaming.function.node, renaming.name
    message = f"{node.name} becomes {name}"
    yield Decision(module, node, "rename-function", {"to": name}, message=message)
    for call in renaming.calls:
        assert isinstance(call.func, ast.Attribute)
        callee = f"{ast.unparse(call.func.value)}.{name}"
        yield Decision(module, call, "rename", {"to": callee})
    if not renaming.calls:
        yield _inserted(node, name, module)


def _inserted(node: ast.stmt, name: str, module: Module) -> Decision:
    """``await super().asyncSetUp()``: first of all, or last."""
    assert isinstance(node, FUNCTIONS)
    body = [each for each in node.body if not _is_docstring(each)]
    first = name == "asyncSetUp"
    if not body:
        body, first = node.body, False
    return Decision(
        module,
        body[0] if first else body[-1],
        "insert-before" if first else "insert-after",
        {"code": f"await super().{name}()"},
    )


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
