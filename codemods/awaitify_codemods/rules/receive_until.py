"""AW561 receive-until."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from awaitify_codemods.facts.module import Module, dotted
from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.messages.loops import Form, Skipping, skipping_in
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.tasks.asking import can_ask
from awaitify_codemods.work import Work
from awaitify_codemods.written.asked import asked
from awaitify_codemods.written.helpers import Helper, receive_until


class ReceiveUntil(Rule):
    """A loop that skips messages up to one of a type has a name, and an end.

    Tests of web sockets wait for a message by a loop that receives, compares and goes
    on, and waits for ever if the message does not come. `receive_until(ws, type)` does
    the same within `timeout` seconds, those of `--timeout` or 60: a fixture, written
    once into the nearest conftest, or into the only file that needs it.

    It takes `--unsafe`, because there is a limit then. Loops that do anything else, or
    have a limit, are not looked at. Where loops of a suite receive in several ways, the
    fixture is for the most common one.
    """

    META = Meta(
        code="AW561",
        name="receive-until",
        summary="Wait for a message of a type by a helper, with a time-out.",
        safety=Safety.REVIEW,
        triggers=(b".receive", b".recv"),
        examples=(
            Example(
                "a loop that skips messages",
                before="""
                    import pytest

                    from app import connect

                    @pytest.mark.asyncio
                    async def test_result():
                        async with connect() as ws:
                            while True:
                                message = await ws.receive_json()
                                if message["type"] == "result":
                                    break
                            assert message["value"] == 3
                """,
                after='''
                    import asyncio

                    import pytest

                    from app import connect

                    @pytest.fixture
                    def receive_until():
                        """Give a function that receives messages up to the first one of a type."""

                        async def receive(ws, type, timeout=60):
                            async def skip():
                                while True:
                                    message = await ws.receive_json()
                                    if message["type"] == type:
                                        return message

                            return await asyncio.wait_for(skip(), timeout)

                        return receive

                    @pytest.mark.asyncio
                    async def test_result(receive_until):
                        async with connect() as ws:
                            message = await receive_until(ws, "result")
                            assert message["value"] == 3
                ''',
            ),
            Example.unchanged(
                "a loop that looks at what it skips",
                """
                    import pytest

                    from app import connect

                    @pytest.mark.asyncio
                    async def test_result():
                        async with connect() as ws:
                            while True:
                                message = await ws.receive_json()
                                if message["type"] == "result":
                                    break
                                assert message["type"] == "progress"
                """,
            ),
        ),
        beside=(b"while",),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Put the fixture in the place of loops that only skip messages."""
        found = [
            loop for module in work.like(self.META) for loop in _loops(module, work)
        ]
        able = [each for each in found if can_ask(each.function, _NAME, work)]
        for each in found:
            if each not in able:
                message = f"its test cannot ask for {_NAME}"
                yield _left(each, Refusal("helper-escapes", message))
        if able:
            yield from _replaced(able, work)


_NAME = "receive_until"
_CODE = ReceiveUntil.META.code


def _loops(module: Module, work: Work) -> Iterator[Skipping]:
    for node in module.functions if module.path in work.tests else ():
        test = Function(module, node)
        if is_test(test) and work.is_coroutine(test):
            for loop in skipping_in(test, work):
                if work.is_free(_CODE, module, loop.loop):
                    yield loop


def _replaced(loops: Sequence[Skipping], work: Work) -> Iterator[Decision]:
    form = _form(loops, work)
    fitting = [each for each in loops if each.form == form]
    tests = list(dict.fromkeys(each.function for each in fitting))
    found = asked(_helper(form), tests, _CODE, work)
    for each in loops:
        if isinstance(found, Refusal):
            yield _left(each, found)
        elif each not in fitting:
            message = f"{_NAME} is for messages that are received in another way"
            yield _left(each, Refusal("name-taken", message))
    if not isinstance(found, Refusal):
        yield from found.joined(edit for each in fitting for edit in _edits(each, work))


def _form(loops: Sequence[Skipping], work: Work) -> Form:
    """Return the form that the suite has already, or else the most common one."""
    forms = Counter(each.form for each in loops)
    for loop in loops:
        known = work.fixtures.visible(_NAME, loop.function)
        for form in forms if known else ():
            assert known is not None
            if _helper(form).is_same(known.node, known.module, work):
                return form
    return forms.most_common(1)[0][0]


def _helper(form: Form) -> Helper:
    return receive_until(form.read, form.type)


def _edits(found: Skipping, work: Work) -> Iterator[Decision]:
    """Yield what takes the place of a loop."""
    module, scope = found.function.module, found.function.scope
    text = text_of(module.source)
    wanted = ast.get_source_segment(text, found.type) or ast.unparse(found.type)
    bound = work.bound(module.path)
    limit = f", timeout={bound.text}" if bound else ""
    code = f"{found.name} = await {_NAME}({found.socket}, {wanted}{limit})"
    said = (found.socket.partition(".")[0], dotted(found.type).partition(".")[0])
    uses = tuple((owner, name) for name in said if name and (owner := scope.find(name)))
    message = "the wait for a message has a limit"
    # Drives in it are edited, too: they say themselves what goes with them.
    driven = found.function in work.coloured
    for node in filter(None, (found.first, found.loop)):
        if node is found.loop:
            arguments = {"code": code}
            yield Decision(
                module, node, "insert-before", arguments, uses=uses, message=message
            )
        yield Decision(module, node, "remove", removes=() if driven else (node,))


def _left(found: Skipping, refusal: Refusal) -> Decision:
    message = f"the loop may wait for ever; {refusal.message}"
    return Decision.left(found.function.module, found.loop, refusal.reason, message)
