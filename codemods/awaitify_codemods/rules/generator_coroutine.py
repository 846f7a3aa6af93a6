"""AW531 generator-coroutine."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module, own_nodes
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.old_syntax.converting import may_have_generators
from awaitify_codemods.old_syntax.view import Converted
from awaitify_codemods.plan import MIGRATE, NEWLY_RUNNING, Argument
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class GeneratorCoroutine(Rule):
    """Generators that asyncio drove are coroutine functions, and await.

    `asyncio.coroutine` is gone since Python 3.11. A function that it decorates
    becomes `async def`, and `yield from` in its own frame becomes `await`; a bare
    `yield`, which gave the loop a turn, becomes `await asyncio.sleep(0)`, and
    `with (yield from lock):` becomes `async with lock:`. So do functions under
    `types.coroutine` that only await, and plain generators if all that is done with
    them is to drive them. What drives them is migrated with them.

    Left where a generator is needed: where it is iterated over, yields values, or a
    plain generator yields from it; where another decorator may do something else with
    a coroutine function; and where it is not known whether `asyncio.coroutine`
    awaits what a function returns that yields nothing.
    """

    META = Meta(
        code="AW531",
        name="generator-coroutine",
        summary="Make coroutine functions of generators that asyncio drives.",
        safety=Safety.SAFE,
        triggers=(b"coroutine", b"yield from"),
        glance=may_have_generators,
        examples=(
            Example(
                "a generator coroutine, and the test that drives it",
                before="""
                    import asyncio

                    from app import load

                    def test_load():
                        @asyncio.coroutine
                        def go():
                            first = yield from load(1)
                            yield
                            return [first, (yield from load(2)).value]

                        loop = asyncio.new_event_loop()
                        assert len(loop.run_until_complete(go())) == 2
                        loop.close()
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import load

                    @pytest.mark.asyncio
                    async def test_load():
                        async def go():
                            first = await load(1)
                            await asyncio.sleep(0)
                            return [first, (await load(2)).value]

                        assert len(await go()) == 2
                """,
            ),
            Example.unchanged(
                "used as a generator",
                """
                    import asyncio

                    from app import load

                    @asyncio.coroutine
                    def loading():
                        yield from load()

                    def test_load():
                        assert next(loading()) is None
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Yield the edits that lead to what the facts show already."""
        if work.generators is None:
            return
        nodes: dict[Module, dict[ast.AST, ast.AST]] = {}
        for function, converted in work.generators.converted.items():
            module = work.index.module(function.module.path)
            assert module is not None
            if module not in nodes:
                nodes[module] = {old: new for new, old in module.originals.items()}
            yield from _decided(converted, module, nodes[module], work)
        for function, refusal in work.generators.refused.items():
            module = work.index.module(function.module.path)
            assert module is not None
            inverse = {old: new for new, old in module.originals.items()}
            node = inverse.get(function.node, function.node)
            yield Decision.left(module, node, refusal.reason, refusal.message)


def _decided(
    converted: Converted, module: Module, nodes: dict[ast.AST, ast.AST], work: Work
) -> Iterator[Decision]:
    node = nodes[converted.node]
    assert isinstance(node, ast.AsyncFunctionDef)
    function = Function(module, node)
    was_async = isinstance(converted.node, ast.AsyncFunctionDef)
    running = not was_async and _did_not_run(function, work)
    if not was_async:
        yield Decision(
            module,
            node,
            "make-async",
            message="a generator that asyncio drives is a coroutine function",
            status=NEWLY_RUNNING if running else MIGRATE,
        )
    for number in converted.decorators:
        yield Decision(
            module,
            node,
            "drop-decorator",
            {"index": number},
            (node.decorator_list[number],),
            message="it is a coroutine function without it" if was_async else "",
        )
    if was_async:
        return
    for each in own_nodes(node):
        original = module.originals.get(each)
        if isinstance(original, (ast.Yield, ast.YieldFrom)):
            yield _awaited(each, original, function, work)
        elif isinstance(original, ast.With) and isinstance(each, ast.AsyncWith):
            yield Decision(module, each, "async-with")
    for value in converted.awaited:
        yield Decision(module, nodes[value], "await-call")


def _did_not_run(test: Function, work: Work) -> bool:
    """Whether pytest makes nothing of a generator, and nothing else drove it."""
    if not is_test(test) or (test.owner and test.owner.bases):
        return False
    return all(each.node is not test.node for each in work.sites.decorated)


def _awaited(
    node: ast.AST, original: ast.expr, function: Function, work: Work
) -> Decision:
    """Return what a ``yield`` becomes."""
    module = function.module
    if isinstance(original, ast.YieldFrom):
        bare: dict[str, Argument] = {"bare": _needs_no_brackets(node, module)}
        return Decision(module, node, "await-yield", bare)
    sleep = work.spell(module, function.scope, "asyncio.sleep")
    code: dict[str, Argument] = {"code": f"{sleep.text}(0)", "bare": True}
    return Decision(module, node, "await-yield", code, (), sleep.uses, sleep.imports)


def _needs_no_brackets(node: ast.AST, module: Module) -> bool:
    """Whether an `await` may stand there as it is, where a `yield` may not."""
    match module.parents[node]:
        case ast.Call(func=func):
            return func is not node
        case ast.Subscript(value=value):
            return value is not node
        case ast.Attribute() | ast.Await() | ast.BinOp() | ast.UnaryOp():
            return False
        case ast.Starred() | ast.Yield() | ast.FormattedValue() | ast.GeneratorExp():
            return False
    return True
