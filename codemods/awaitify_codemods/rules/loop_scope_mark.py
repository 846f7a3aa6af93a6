"""AW314 loop-scope-mark."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.glances import has_old_keyword
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External
from awaitify_codemods.old_plugin import old_plugin
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class LoopScopeMark(Rule):
    """The asyncio marker says its loop's scope with `loop_scope`.

    `scope=` was its name in pytest-asyncio 0.23; it is deprecated, and gone in 2.0.
    `forbid_global_loop` and `accept_global_loop` are keywords of versions before
    0.11: today they end the collection of the module. Wherever a marker is made:
    above functions and classes, in `pytestmark`, under another name, in
    `add_marker()`.

    Left where both are given and differ, and where something is given by position.
    """

    META = Meta(
        code="AW314",
        name="loop-scope-mark",
        summary="Say `loop_scope=` in asyncio markers, and drop what is gone.",
        safety=Safety.SAFE,
        triggers=(b"scope", b"_global_loop"),
        examples=(
            Example(
                "wherever it stands",
                before="""
                    import pytest

                    from app import read

                    pytestmark = [pytest.mark.asyncio(scope="module")]

                    async def test_read():
                        assert await read() == 1

                    @pytest.mark.asyncio(scope="function", forbid_global_loop=True)
                    async def test_read_more():
                        assert await read(2) == 2
                """,
                after="""
                    import pytest

                    from app import read

                    pytestmark = [pytest.mark.asyncio(loop_scope="module")]

                    async def test_read():
                        assert await read() == 1

                    @pytest.mark.asyncio()
                    async def test_read_more():
                        assert await read(2) == 2
                """,
            ),
            Example.unchanged(
                "two scopes",
                """
                    import pytest

                    from app import read

                    @pytest.mark.asyncio(scope="module", loop_scope="session")
                    async def test_read():
                        assert await read() == 1
                """,
            ),
        ),
        beside=(b"asyncio", b"mark"),
        stands_apart=True,
        glance=has_old_keyword,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Rename and drop the keywords of markers."""
        for module in work.like(self.META):
            for call in module.calls:
                if work.index.value(call.func, module) == _MARK:
                    yield from _decided(call, module, work)


_MARK = frozenset({External("pytest.mark.asyncio")})
_GONE = ("forbid_global_loop", "accept_global_loop")


def _decided(call: ast.Call, module: Module, work: Work) -> Iterator[Decision]:
    given = {each.arg: each.value for each in call.keywords}
    gone = [name for name in _GONE if name in given]
    if "scope" not in given and not gone:
        return
    if call.args or None in given:
        message = "what the marker is given is not written out"
        yield Decision.left(module, call, "unknown-value", message)
        return
    for name in gone:
        message = f"{name} is no keyword of the marker any more"
        yield _dropped(call, module, name, message)
    if "scope" not in given:
        return
    said = given["scope"]
    if "loop_scope" in given:
        if ast.dump(said) != ast.dump(given["loop_scope"]):
            message = "scope and loop_scope differ"
            yield Decision.left(module, call, "unknown-value", message)
            return
        yield _dropped(call, module, "scope", "loop_scope says it already")
        return
    _, of_tests = work.default_scopes(module.path)
    if isinstance(said, ast.Constant) and said.value == "function" and not of_tests:
        yield _dropped(call, module, "scope", 'scope="function" is the default')
        return
    if work.sources.lacks("loop_scope", module.path):
        refusal = old_plugin("the marker")
        yield Decision.left(module, call, refusal.reason, refusal.message)
        return
    arguments = {"name": "scope", "to": "loop_scope"}
    message = "scope= becomes loop_scope="
    yield Decision(module, call, "rename-keyword", arguments, message=message)


def _dropped(call: ast.Call, module: Module, name: str, message: str) -> Decision:
    keyword = next(each for each in call.keywords if each.arg == name)
    arguments = {"name": name, "index": call.keywords.index(keyword)}
    return Decision(
        module, call, "drop-keyword", arguments, (keyword.value,), message=message
    )
