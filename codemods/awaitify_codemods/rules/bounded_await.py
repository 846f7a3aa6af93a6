"""AW501 bounded-await."""

import ast
from collections.abc import Iterator

from awaitify_codemods.bounds.judging import Judge, Unbounded
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.plan import Argument
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.sources import TIMEOUT, Bound
from awaitify_codemods.work import Spelling, Work

_BOUND = Bound(5.0)


class BoundedAwait(Rule):
    """A test that waits for what never comes fails, in place of the whole run.

    Only where `--timeout SECONDS` asks for it, or `timeout` in the configuration: an
    await of a test that may block for ever gets a time-out. Those are queues, events,
    conditions, locks, futures and tasks, streams, processes and websockets, the
    coroutine functions of the project that wait for one of them, and the calls that
    `timeout-calls` names; with `--timeout-all` every await of a test. A task that is
    used again is shielded: it is not cancelled. With `--timeout-style timeout` the
    whole body gets one, if the project needs Python 3.11.

    What has a time-out keeps it. An await is left where a time-out or a cancellation
    is expected or caught, where the test's time is not the clock's, and in the heads
    of `async with` and `async for`. Before Python 3.12 `wait_for` runs a coroutine in
    a task of its own, a turn later: there it is left, too, where that could be
    noticed. Fixtures are left alone.
    """

    META = Meta(
        code="AW501",
        name="bounded-await",
        summary="Give awaits that may block for ever a time-out, with `--timeout`.",
        safety=Safety.SAFE,
        triggers=(b"async def test",),
        wanted=lambda settings: settings.is_bounded,
        examples=(
            Example(
                "a queue that may stay empty, with `--timeout 5`",
                before="""
                    import asyncio

                    import pytest

                    @pytest.mark.asyncio
                    async def test_get():
                        queue = asyncio.Queue()
                        await queue.put({"a": 1})
                        assert (await queue.get())["a"] == 1
                """,
                after="""
                    import asyncio

                    import pytest

                    @pytest.mark.asyncio
                    async def test_get():
                        queue = asyncio.Queue()
                        await queue.put({"a": 1})
                        assert (await asyncio.wait_for(queue.get(), timeout=5))["a"] == 1
                """,
                bound=_BOUND,
            ),
            Example.unchanged(
                "an await that is to run into a time-out",
                """
                    import asyncio

                    import pytest

                    @pytest.mark.asyncio
                    async def test_get():
                        with pytest.raises(asyncio.TimeoutError):
                            await asyncio.wait_for(asyncio.Queue().get(), 0.01)
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Bound the awaits of tests, those that other rules write among them."""
        judge = Judge(work)
        written = [each for each in judge.awaits.homes if work.may_change(each.path)]
        for module in dict.fromkeys([*work.like(self.META), *written]):
            bound = work.bound(module.path)
            if bound is None:
                continue
            for node in module.functions:
                test = Function(module, node)
                if _is_awaited(test, judge, work):
                    yield from _decided(test, judge.unbounded(test, bound), bound, work)


def _is_awaited(test: Function, judge: Judge, work: Work) -> bool:
    is_async = is_test(test) and judge.awaits.is_async(test)
    return is_async and not work.is_fixture(test)


def _decided(
    test: Function, found: list[Unbounded], bound: Bound, work: Work
) -> Iterator[Decision]:
    module = test.module
    note = ""
    if bound.style == TIMEOUT and found:
        if work.sources.runs_from((3, 11), module.path):
            yield from _around_body(test, found, bound, work)
            return
        note = "; asyncio.timeout would need Python 3.11"
    for each in found:
        node = _place(each)
        if each.refusal:
            message = f"may wait for ever ({each.why}): {each.refusal.message}"
            yield Decision.left(module, node, each.refusal.reason, message)
            continue
        waiting = _spell(work, test, "asyncio.wait_for")
        spellings = [waiting]
        wraps: list[list[str | None]] = [[waiting.text, f"timeout={bound.text}"]]
        if each.shields:
            shield = _spell(work, test, "asyncio.shield")
            spellings.append(shield)
            wraps.insert(0, [shield.text, None])
        if _is_taken(spellings, test, work):
            message = f"may wait for ever ({each.why}): asyncio means something else"
            yield Decision.left(module, node, "name-taken", message)
            continue
        message = f"may wait for ever ({each.why}): it gets {bound.text} s{note}"
        arguments: dict[str, Argument] = {"wraps": wraps}
        op = each.awaited.op
        yield _edited(module, each.awaited.node, op, arguments, spellings, message)


def _around_body(
    test: Function, found: list[Unbounded], bound: Bound, work: Work
) -> Iterator[Decision]:
    module = test.module
    refused = [each for each in found if each.refusal and not _is_of_wait_for(each)]
    spelling = _spell(work, test, "asyncio.timeout")
    for each in refused:
        assert each.refusal
        message = f"may wait for ever ({each.why}): {each.refusal.message}"
        yield Decision.left(module, _place(each), each.refusal.reason, message)
    if refused:
        return
    if _is_taken([spelling], test, work):
        message = f"may wait for ever ({found[0].why}): asyncio means something else"
        yield Decision.left(module, test.node, "name-taken", message)
        return
    why = ", ".join(dict.fromkeys(each.why for each in found))
    message = f"may wait for ever ({why}): its body gets {bound.text} s"
    arguments: dict[str, Argument] = {"code": f"{spelling.text}({bound.text})"}
    yield _edited(module, test.node, "bound-body", arguments, [spelling], message)


def _is_of_wait_for(each: Unbounded) -> bool:
    """Whether only `wait_for`, and its tasks and turns, stand against a time-out."""
    reason = each.refusal.reason if each.refusal else ""
    return reason in ("task-context", "contended", "turn-counted", "unknown-value")


def _edited(
    module: Module,
    node: ast.AST,
    op: str,
    arguments: dict[str, Argument],
    spellings: list[Spelling],
    message: str,
) -> Decision:
    return Decision(
        module,
        node,
        op,
        arguments,
        uses=tuple(use for each in spellings for use in each.uses),
        imports=tuple(name for each in spellings for name in each.imports),
        message=message,
    )


def _place(each: Unbounded) -> ast.AST:
    return each.awaited.node


def _spell(work: Work, test: Function, name: str) -> Spelling:
    return work.spell(test.module, test.scope, name)


def _is_taken(spellings: list[Spelling], test: Function, work: Work) -> bool:
    """Whether a name that has to be imported means something else in a test."""
    scope = test.scope.find("asyncio")
    if scope is None or not any(each.imports for each in spellings):
        return False
    values = work.index.bound(scope, "asyncio", test.module)
    return values != {External("asyncio")}
