"""ACME101 sleep-zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from awaitify_codemods import Argument, Decision, Example, Meta, Rule, Safety, Work

if TYPE_CHECKING:
    import libcst as cst


def call_sleep(node: cst.Call, arguments: Mapping[str, Argument]) -> cst.Call:
    """Make any call one of ``asyncio.sleep(0)``, as the file spells that."""
    # Slow to import, and needed only where something changes.
    import libcst as cst

    callee = cst.parse_expression(arguments["callee"])
    return node.with_changes(func=callee, args=[cst.Arg(cst.Integer("0"))])


class SleepZero(Rule):
    """Everybody knows what `asyncio.sleep(0)` does; `spin()` one has to look up.

    Left where `spin` is called with a number of turns: that is a loop of its own.
    """

    META = Meta(
        code="ACME101",
        name="sleep-zero",
        summary="Sleep for no time instead of calling acme.testing.spin().",
        safety=Safety.SAFE,
        triggers=(b"spin",),
        examples=(
            Example(
                "one turn of the loop",
                before="""
                    import pytest

                    from acme.testing import spin

                    @pytest.mark.asyncio
                    async def test_turn():
                        await spin()
                """,
                after="""
                    import asyncio

                    import pytest

                    @pytest.mark.asyncio
                    async def test_turn():
                        await asyncio.sleep(0)
                """,
            ),
            Example.unchanged(
                "several turns",
                """
                    import pytest

                    from acme.testing import spin

                    @pytest.mark.asyncio
                    async def test_turns():
                        await spin(3)
                """,
            ),
        ),
    )
    OPERATIONS = {"call-sleep": call_sleep}

    def decide(self, work: Work) -> Iterator[Decision]:
        """Replace each call without arguments; say why the others stay."""
        for module in work.mentioning("spin"):
            for call in module.calls:
                if not work.means(call.func, module, "acme.testing.spin"):
                    continue
                if call.args or call.keywords:
                    reason = "it waits for several turns"
                    yield Decision.left(module, call, "unknown-value", reason)
                    continue
                sleep = work.spell(module, module.at[call], "asyncio.sleep")
                yield Decision(
                    module,
                    call,
                    "call-sleep",
                    {"callee": sleep.text},
                    # What is gone, and what is needed: imports follow from these.
                    removes=(call.func,),
                    uses=sleep.uses,
                    imports=sleep.imports,
                    message="spin() becomes asyncio.sleep(0)",
                )
