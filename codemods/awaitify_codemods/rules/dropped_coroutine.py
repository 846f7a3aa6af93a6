"""AW432 dropped-coroutine."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.glances import may_patch_runners
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.mocks.dropped import Dropped, Handed, dropped, handed
from awaitify_codemods.mocks.spelling import MOCKERS, spell_mock
from awaitify_codemods.plan import REPORT, Argument
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Spelling, Work


class DroppedCoroutine(Rule):
    """No coroutine is made for a mock that drops it.

    A test that patches `asyncio.run`, or what else drives a loop, still calls the
    coroutine function: its coroutine is given to a mock, which nobody awaits ("was
    never awaited"). The coroutine function is replaced for this test, too, by a
    MagicMock: `patch` alone would make an AsyncMock of it, whose coroutine is dropped
    the same way. Where a test has such an AsyncMock, and can see neither the coroutine
    nor whether it was awaited, it becomes a MagicMock. The test stays as it is
    otherwise.

    It is reported where the mock belongs to several tests, where the test looks at
    what the mock is given, and where the function has no name to patch it by.
    """

    META = Meta(
        code="AW432",
        name="dropped-coroutine",
        summary="Replace coroutine functions whose coroutines are given to mocks.",
        safety=Safety.SAFE,
        triggers=(b"patch",),
        examples=(
            Example(
                "a patched runner",
                before="""
                    import asyncio
                    from unittest.mock import patch

                    class Command:
                        async def work(self):
                            return 1

                        def main(self):
                            return asyncio.run(self.work())

                    @patch("asyncio.run")
                    def test_main(run):
                        run.return_value = 3
                        assert Command().main() == 3
                """,
                after="""
                    import asyncio
                    from unittest.mock import MagicMock, patch

                    class Command:
                        async def work(self):
                            return 1

                        def main(self):
                            return asyncio.run(self.work())

                    @patch.object(Command, "work", new=MagicMock())
                    @patch("asyncio.run")
                    def test_main(run):
                        run.return_value = 3
                        assert Command().main() == 3
                """,
            ),
            Example.unchanged(
                "a patched runner that closes it",
                """
                    import asyncio
                    from unittest.mock import patch

                    async def work():
                        return 1

                    def main():
                        return asyncio.run(work())

                    @patch("asyncio.run", side_effect=lambda coro: coro.close())
                    def test_main(run):
                        assert main() is None
                """,
            ),
        ),
        stands_apart=True,
        glance=may_patch_runners,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Replace the functions whose coroutines the mocks of a test are given."""
        if not any(True for _ in work.like(self.META)):
            return
        for each in dropped(work):
            yield from _decided(each, work)
        for mock in handed(work.mocks):
            yield from _plain(mock, work)


def _decided(found: Dropped, work: Work) -> Iterator[Decision]:
    function, test = found.lost.function, found.test
    module = work.mocks.sites[found.site].module
    message = (
        f"a mock is given the coroutine of {function.node.name} "
        f"({found.lost.place}), which nothing awaits"
    )
    made = _replaced(found, module, work) if found.target else None
    if made is None:
        why = found.why or "it has no name here to replace it by"
        message = f"{message}; {why}"
        yield Decision(module, found.site, "", message=message, status=REPORT)
        return
    node, op, arguments, spellings = made
    yield Decision(
        module,
        node,
        op,
        arguments,
        uses=tuple(use for each in spellings for use in each.uses),
        imports=tuple(name for each in spellings for name in each.imports),
        message=f"{message}: it is replaced, too",
        group=test.node,
    )


_Edit = tuple[ast.AST, str, dict[str, Argument], tuple[Spelling, ...]]


def _replaced(found: Dropped, module: Module, work: Work) -> _Edit | None:
    """Return what replaces a function for a test, as it replaces the runner."""
    test, callee = found.test, found.site.func
    statement = module.statement(found.site)
    form = "" if found.target.startswith('"') else ".object"
    scope = module.at[test.node]
    mocker, _, rest = spelled(callee).partition(".")
    if mocker in MOCKERS and rest.startswith("patch"):
        if not isinstance(statement, ast.Expr | ast.Assign):
            return None
        made = spell_mock(work, module, module.at[callee], "MagicMock", callee)
        if made is None:
            return None
        code = f"{mocker}.patch{form}({found.target}, new={made.text}())"
        return statement, "insert-before", {"code": code}, (made,)
    near = callee if found.site in test.node.decorator_list else None
    made = spell_mock(work, module, scope, "MagicMock", near)
    patch = spell_mock(work, module, scope, "patch", near)
    if made is None or patch is None:
        return None
    code = f"@{patch.text}{form}({found.target}, new={made.text}())"
    arguments: dict[str, Argument] = {"code": code, "first": True}
    return test.node, "add-decorator", arguments, (made, patch)


def _plain(found: Handed, work: Work) -> Iterator[Decision]:
    """Yield what makes a mock of a coroutine function a plain one."""
    module, call = found.site.module, found.site.node
    given = {each.arg for each in call.keywords}
    made = spell_mock(work, module, module.at[call], "MagicMock", call.func)
    if made is None or None in given or given & _SHAPING:
        return
    message = (
        f"a mock is given its coroutine ({found.use.place}), which nothing awaits: a "
        "MagicMock makes none"
    )
    arguments: dict[str, Argument] = {"to": made.text}
    op, gone = "rename", [call.func]
    if found.site.form in ("patch", "new_callable") and len(call.args) < 3:
        arguments = {"name": "new_callable", "code": made.text}
        gone = [each.value for each in call.keywords if each.arg == "new_callable"]
        op = "set-keyword"
    elif found.site.form != "call" or call.args:
        return
    yield Decision(
        module,
        call,
        op,
        arguments,
        tuple(gone),
        made.uses,
        made.imports,
        message,
    )


_SHAPING = frozenset("autospec create new side_effect spec spec_set wraps".split())
