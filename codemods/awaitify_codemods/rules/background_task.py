"""AW521 background-task."""

import ast
from collections.abc import Iterator, Sequence

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.tasks.doubts import doubt, torn_down_later
from awaitify_codemods.tasks.endings import awaiting, ends_at_once
from awaitify_codemods.tasks.made import Made, is_left_alone, made_in
from awaitify_codemods.tasks.named import Named, names
from awaitify_codemods.tasks.served import no_fixture, served_by_fixture
from awaitify_codemods.work import Work


class BackgroundTask(Rule):
    """The task that a test leaves running is cancelled and awaited.

    pytest-asyncio ends what is left on a loop when the loop ends: at the end of the
    test, or of a module or session whose tests share one, where it makes other tests
    flaky. A task of which nothing keeps a reference may vanish before that.

    The only one of a suite gets a `try` with a `finally`. Where there are more, the
    tests ask for the fixture `background_tasks`, which is written into the nearest
    conftest once: what it is given it cancels and awaits, and what went wrong in a
    task is told to the loop's exception handler, as asyncio does. unittest classes get
    `addAsyncCleanup`.

    It takes `--unsafe`, because the task ends a little earlier than it did. Where it is
    not seen that it ends at once when it is cancelled, the wait has a limit. Left where
    an async fixture ends after the test and may need the task for that, where the task
    goes on when it is cancelled, and where tests replace functions of asyncio.
    """

    META = Meta(
        code="AW521",
        name="background-task",
        summary="Cancel and await the tasks that tests leave running.",
        safety=Safety.REVIEW,
        triggers=(b"create_task", b"ensure_future"),
        examples=(
            Example(
                "the only one",
                before="""
                    import asyncio

                    import pytest

                    async def beat(beats):
                        while True:
                            beats.append(1)
                            await asyncio.sleep(0)

                    @pytest.mark.asyncio
                    async def test_beats():
                        beats = []
                        asyncio.create_task(beat(beats))
                        await asyncio.sleep(0.01)
                        assert beats
                """,
                after="""
                    import asyncio

                    import pytest

                    async def beat(beats):
                        while True:
                            beats.append(1)
                            await asyncio.sleep(0)

                    @pytest.mark.asyncio
                    async def test_beats():
                        beats = []
                        task = asyncio.create_task(beat(beats))
                        try:
                            await asyncio.sleep(0.01)
                            assert beats
                        finally:
                            task.cancel()
                            await asyncio.gather(task, return_exceptions=True)
                """,
            ),
            Example(
                "a unittest class",
                before="""
                    import asyncio
                    import unittest

                    from app import Heart

                    class HeartTest(unittest.IsolatedAsyncioTestCase):
                        async def test_beats(self):
                            heart = Heart()
                            asyncio.create_task(heart.run())
                            await asyncio.sleep(0.01)
                            self.assertGreater(heart.beats, 0)
                """,
                after="""
                    import asyncio
                    import unittest

                    from app import Heart

                    class HeartTest(unittest.IsolatedAsyncioTestCase):
                        async def test_beats(self):
                            heart = Heart()
                            task = asyncio.create_task(heart.run())
                            self.addAsyncCleanup(asyncio.wait, [task], timeout=1)
                            self.addCleanup(task.cancel)
                            await asyncio.sleep(0.01)
                            self.assertGreater(heart.beats, 0)
                """,
            ),
            Example.unchanged(
                "a task that the test awaits",
                """
                    import asyncio

                    import pytest

                    from app import work

                    @pytest.mark.asyncio
                    async def test_work():
                        task = asyncio.create_task(work())
                        await asyncio.sleep(0)
                        assert not task.done()
                        assert await task == "done"
                """,
            ),
        ),
        beside=(b"test",),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """End each task that nothing awaits, cancels, stores or hands on."""
        found: list[Made] = []
        for module in work.like(self.META):
            for made in _left_running(module, work):
                kept = _kept(made, work)
                refusal = doubt(made, work) or _objection(made, work)
                if kept or refusal is None:
                    yield from filter(None, (kept,))
                    found += () if kept else (made,)
                else:
                    yield _left(made, refusal)
        tasks = [Named(each, name) for each, name in names(found).items()]
        for each in tasks:
            if work.cases.running(each.made.function):
                yield from _cleaned_up(each, work)
        yield from _ended(
            [each for each in tasks if not work.cases.running(each.made.function)], work
        )


_CODE = BackgroundTask.META.code


def _left_running(module: Module, work: Work) -> Iterator[Made]:
    for node in module.functions if module.path in work.tests else ():
        test = Function(module, node)
        if is_test(test) and work.is_coroutine(test):
            if not module.kinds(node) & {ast.Yield, ast.YieldFrom}:
                yield from filter(is_left_alone, made_in(test, work))


def _kept(made: Made, work: Work) -> Decision | None:
    """Return what a comment refuses, to be told."""
    module = made.function.module
    for node in (made.statement, made.function.node):
        if not work.is_free(_CODE, module, node):
            return Decision(module, node, "try-finally", message=_ENDS)
    return None


_ENDS = "the task ends with the test: it is cancelled and awaited"


def _objection(made: Made, work: Work) -> Refusal | None:
    test = made.function
    running = work.cases.running(test)
    if not running:
        return torn_down_later(test, work)
    if test in work.coloured or all(map(work.cases.is_isolated, running)):
        return None
    return Refusal("foreign-base", "a class without addAsyncCleanup may run the test")


def _left(made: Made, refusal: Refusal) -> Decision:
    message = f"nothing awaits or cancels this task; {refusal.message}"
    module = made.function.module
    return Decision.left(module, made.call, refusal.reason, message)


def _cleaned_up(task: Named, work: Work) -> Iterator[Decision]:
    """Yield what gives a task of a unittest class to its clean-ups."""
    test = task.made.function
    first = test.node.args.args[:1]
    if not first or not task.name:
        yield _left(task.made, Refusal("name-taken", "no name is free for it"))
        return
    own, name = first[0].arg, task.name
    wait = work.spell(test.module, test.scope, "asyncio.wait")
    limit = "" if ends_at_once(task.made, work) else ", timeout=1"
    # They run backwards, after all other steps of the test.
    code = f"{own}.addAsyncCleanup({wait.text}, [{name}]{limit})\n"
    code += f"{own}.addCleanup({name}.cancel)\n"
    yield from task.assigned()
    yield task.edit("insert-after", {"code": code}, wait, message=_ENDS)


def _ended(tasks: Sequence[Named], work: Work) -> Iterator[Decision]:
    """Yield what ends the tasks of pytest's tests: by a fixture, if there are more."""
    served, edits = served_by_fixture(tasks, _CODE, _ENDS, work)
    yield from edits
    for task in tasks:
        if task in served:
            continue
        if task.fits_try:
            yield from _tried(task, work)
        else:
            yield _left(task.made, no_fixture(task, _CODE, work))


def _tried(task: Named, work: Work) -> Iterator[Decision]:
    """Yield what puts all that follows under a ``try``."""
    wait = awaiting([task.made], [task.name], work)
    code = f"{task.name}.cancel()\n{wait.text}\n"
    yield from task.assigned()
    yield task.edit("try-finally", {"code": code}, wait, message=_ENDS)
