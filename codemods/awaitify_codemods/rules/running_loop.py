"""AW317 running-loop."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.assertions import is_asserted
from awaitify_codemods.facts.asyncio_patches import (
    is_collected,
    loop_getters_replaced,
)
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class RunningLoop(Rule):
    """In a coroutine, `asyncio.get_event_loop()` gives the loop that runs it.

    `get_running_loop()` says so, and is an error where there is none; elsewhere,
    `get_event_loop()` is one from Python 3.14 on. `get_event_loop().create_task(c)`
    becomes `asyncio.create_task(c)`.

    Left in sync functions, also in those inside coroutines: they may be called in a
    thread, or after the loop is done. Left in assertions, where tests replace
    `get_event_loop`, and beside trio.
    """

    META = Meta(
        code="AW317",
        name="running-loop",
        summary="Ask for the running loop in coroutines.",
        safety=Safety.SAFE,
        triggers=(b"get_event_loop",),
        examples=(
            Example(
                "a loop, and a task",
                before="""
                    import asyncio

                    import pytest

                    from app import read, work

                    @pytest.mark.asyncio
                    async def test_read():
                        loop = asyncio.get_event_loop()
                        assert await loop.run_in_executor(None, read) == "read"

                    @pytest.mark.asyncio
                    async def test_work():
                        task = asyncio.get_event_loop().create_task(work())
                        assert await task == "done"
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import read, work

                    @pytest.mark.asyncio
                    async def test_read():
                        loop = asyncio.get_running_loop()
                        assert await loop.run_in_executor(None, read) == "read"

                    @pytest.mark.asyncio
                    async def test_work():
                        task = asyncio.create_task(work())
                        assert await task == "done"
                """,
            ),
            Example.unchanged(
                "a callback, which another thread may call",
                """
                    import asyncio

                    import pytest

                    from app import subscribe

                    @pytest.mark.asyncio
                    async def test_subscribe():
                        def callback():
                            asyncio.get_event_loop().stop()

                        await subscribe(callback)
                """,
            ),
        ),
        beside=(b"async",),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Rename the calls in the frames of coroutines."""
        replaced: list[tuple[Module, ast.AST]] | None = None
        for module in work.like(self.META):
            calls = list(_in_coroutines(module, work))
            if calls and replaced is None:
                code = work.references.test_code
                replaced = list(loop_getters_replaced(work.index, code))
            for call in calls:
                yield _decided(call, module, work, replaced or [])


def _in_coroutines(module: Module, work: Work) -> Iterator[ast.Call]:
    if b"trio" in module.source:
        return
    for call in module.calls:
        node = module.at[call].frame.node
        if isinstance(node, FUNCTIONS) and work.is_coroutine(Function(module, node)):
            if work.index.value(call.func, module) == _GETTER:
                if not is_asserted(call, module):
                    yield call


_GETTER = frozenset({External("asyncio.get_event_loop")})
_OF_TASKS = frozenset({"name", "context"})


def _decided(
    call: ast.Call,
    module: Module,
    work: Work,
    replaced: list[tuple[Module, ast.AST]],
) -> Decision:
    for home, node in replaced:
        if home is module or not (is_collected(module) and is_collected(home)):
            where = f"{home.path}:{getattr(node, 'lineno', 1)}"
            message = f"get_event_loop is replaced there ({where})"
            return Decision.left(module, call, "runner-patched", message)
    scope = module.at[call].find("asyncio")
    if scope and work.index.bound(scope, "asyncio", module) != {External("asyncio")}:
        message = "asyncio means something else there"
        return Decision.left(module, call, "name-taken", message)
    outer = _task_of(call, module)
    target = "asyncio.create_task" if outer else "asyncio.get_running_loop"
    node = outer or call
    spelling = work.spell(module, module.at[node], target)
    return Decision(
        module,
        node,
        "rename",
        {"to": spelling.text},
        (node.func,),
        spelling.uses,
        spelling.imports,
        message=f"{target}() says which loop it is",
    )


def _task_of(call: ast.Call, module: Module) -> ast.Call | None:
    """Return ``get_event_loop().create_task(c)`` around a call."""
    attribute = module.parents[call]
    if not isinstance(attribute, ast.Attribute) or attribute.attr != "create_task":
        return None
    match module.parents[attribute]:
        case ast.Call(func=func, args=[given]) as outer if func is attribute:
            named = {each.arg for each in outer.keywords}
            if named <= _OF_TASKS and not isinstance(given, ast.Starred):
                return outer
    return None
