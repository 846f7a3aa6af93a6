"""AW514 patched-executor."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.asyncio_patches import replaced
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Instance
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work

_EXECUTOR = "ThreadPoolExecutor"
_FUTURE = Instance(External("asyncio.Future"))


class PatchedExecutor(Rule):
    """The futures of a thread pool are not those of asyncio.

    A test that patches `ThreadPoolExecutor` to hand out `asyncio.Future` objects
    tests something else: their `result()` raises where that of a thread waits, and
    `as_completed` and `wrap_future` do not take them. `concurrent.futures.Future`
    with `set_result` is what the code gets in production, and needs no loop.
    """

    META = Meta(
        code="AW514",
        name="patched-executor",
        summary="Report thread pools that are patched to hand out asyncio's futures.",
        safety=Safety.REPORT,
        triggers=(_EXECUTOR.encode(),),
        examples=(
            Example.unchanged(
                "a future that belongs to a loop",
                """
                    import asyncio
                    from unittest.mock import patch

                    import pytest

                    from app import compute

                    @pytest.mark.asyncio
                    async def test_compute():
                        future = asyncio.Future()
                        future.set_result(3)
                        with patch("app.ThreadPoolExecutor") as pool:
                            pool.return_value.submit.return_value = future
                            assert compute() == 3
                """,
            ),
        ),
        beside=(b"submit",),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Report the patches of tests that make such futures, too."""
        if not any(True for _ in work.like(self.META)):
            return
        for module, node in replaced(_EXECUTOR, work.index, work.references.test_code):
            if work.may_change(module.path) and _hands_out(node, module, work):
                message = (
                    f"{_EXECUTOR} is patched to hand out futures of asyncio, which no "
                    "thread pool does: concurrent.futures.Future needs no loop"
                )
                yield Decision(module, node, "", message=message)


def _hands_out(node: ast.AST, module: Module, work: Work) -> bool:
    """Whether the function with a patch makes a future for what is submitted."""
    around = [each for each in module.enclosing(node) if isinstance(each, FUNCTIONS)]
    if not around:
        return False
    nodes = list(walk(around[-1]))
    submits = any(
        isinstance(each, ast.Attribute) and each.attr == "submit" for each in nodes
    )
    return submits and any(
        isinstance(each, ast.Call) and _makes_future(each, module, work)
        for each in nodes
    )


def _makes_future(call: ast.Call, module: Module, work: Work) -> bool:
    if getattr(call.func, "attr", "") == "create_future":
        return True
    return call.func in module.at and _FUTURE in work.index.value(call, module)
