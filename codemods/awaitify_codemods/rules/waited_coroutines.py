"""AW533 waited-coroutines."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.assertions import is_in_decorator
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External
from awaitify_codemods.old_syntax.awaitables import makes_coroutine, runs_in_loop
from awaitify_codemods.old_syntax.versions import for_some_versions
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class WaitedCoroutines(Rule):
    """Since Python 3.11 `asyncio.wait` takes tasks and futures, and no coroutines.

    It made a task of each coroutine itself: `asyncio.wait([f(), g()])` becomes
    `asyncio.wait([asyncio.create_task(f()), asyncio.create_task(g())])`, where the
    calls are written out, there or in the list that it is given, and certainly make
    coroutines.

    Left where no loop runs, where the call is expected to fail, and where it is there
    for old versions of Python only.
    """

    META = Meta(
        code="AW533",
        name="waited-coroutines",
        summary="Give `asyncio.wait` tasks in place of coroutines.",
        safety=Safety.SAFE,
        triggers=(b"wait(", b"wait ("),
        beside=(b"asyncio",),
        examples=(
            Example(
                "coroutines that are waited for",
                before="""
                    import asyncio

                    async def load(n):
                        await asyncio.sleep(n)

                    def test_load():
                        loop = asyncio.new_event_loop()
                        loop.run_until_complete(asyncio.wait([load(0), load(1)]))
                        loop.close()
                """,
                after="""
                    import asyncio

                    import pytest


                    async def load(n):
                        await asyncio.sleep(n)

                    @pytest.mark.asyncio
                    async def test_load():
                        await asyncio.wait([asyncio.create_task(load(0)), asyncio.create_task(load(1))])
                """,
            ),
            Example.unchanged(
                "what may be tasks",
                """
                    import asyncio

                    import pytest

                    from app import start

                    @pytest.mark.asyncio
                    async def test_start():
                        await asyncio.wait([start(0), start(1)])
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Wrap the calls in what `asyncio.wait` is given."""
        for module in work.like(self.META):
            for call in module.calls:
                if work.index.value(call.func, module) == _WAIT and call.args:
                    yield from _decided(call, module, work)


_WAIT = frozenset({External("asyncio.wait")})
_ELEMENTS = (ast.List, ast.Tuple, ast.Set)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


def _decided(call: ast.Call, module: Module, work: Work) -> Iterator[Decision]:
    made = [
        each
        for each in _given(call.args[0], call, module)
        if makes_coroutine(each, module, work)
    ]
    if not made or is_in_decorator(call, module):
        return
    if message := for_some_versions(call, module, work.index):
        yield Decision.left(module, call, "unknown-value", message)
        return
    if not all(runs_in_loop(each, module, work) for each in (call, *made)):
        message = "asyncio.wait takes no coroutines, but no loop runs here"
        yield Decision.left(module, call, "outside-coroutine", message)
        return
    for each in made:
        spelling = work.spell(module, module.at[each], "asyncio.create_task")
        yield Decision(
            module,
            each,
            "drive",
            {"runner": spelling.text},
            uses=spelling.uses,
            imports=spelling.imports,
            message="asyncio.wait takes tasks",
            group=call,
        )


def _given(node: ast.expr, call: ast.Call, module: Module) -> Iterator[ast.Call]:
    """Yield the calls that make what is waited for."""
    if isinstance(node, ast.Name):
        kept = _kept(node, call, module)
        if kept is not None:
            yield from _given(kept, call, module)
    elif isinstance(node, _ELEMENTS):
        yield from (each for each in node.elts if isinstance(each, ast.Call))
    elif isinstance(node, _COMPREHENSIONS) and isinstance(node.elt, ast.Call):
        yield node.elt


def _kept(node: ast.Name, call: ast.Call, module: Module) -> ast.expr | None:
    """Return the list in a variable that is made right above, and used once."""
    scope = module.at[node].find(node.id)
    bindings = scope.names[node.id] if scope else []
    if scope is None or len(bindings) != 1 or bindings[0].kind != "assign":
        return None
    if module.references(scope, node.id) != [node]:
        return None
    statement, value = bindings[0].node, bindings[0].value
    below = module.statement(call)
    block = getattr(module.parents[statement], "body", [])
    if statement not in block or below not in block:
        return None
    between = block[block.index(statement) + 1 : block.index(below)]
    # A task starts at the next turn of the loop: there must be none before.
    if any(isinstance(each, _TURNS) for one in between for each in ast.walk(one)):
        return None
    return value if isinstance(value, (*_ELEMENTS, ast.ListComp)) else None


_TURNS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.YieldFrom, ast.Yield, ast.Call)
