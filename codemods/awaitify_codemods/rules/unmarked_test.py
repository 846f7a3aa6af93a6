"""AW316 unmarked-test."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.glances import has_unmarked_test
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.old_plugin import old_plugin
from awaitify_codemods.plan import NEWLY_RUNNING
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.strict import elsewhere
from awaitify_codemods.strict.collected import is_collected, is_marked, is_plain
from awaitify_codemods.strict.marks import added
from awaitify_codemods.strict.repairs import needed_scope
from awaitify_codemods.work import Work


class UnmarkedTest(Rule):
    """In strict mode nothing runs an async test that is not marked.

    Older versions of pytest skip it, newer ones fail it: *async def functions are not
    natively supported*. It gets the marker, with the loop scope of the fixtures that
    it uses, and is reported as *newly running*: it may fail for the first time.

    Nothing is said where something else may run it: anyio, trio or another plugin, by
    marks, fixtures or configuration; a hook of a conftest; a base or a decorator that
    is not known; code that calls it. A generator is left.
    """

    META = Meta(
        code="AW316",
        name="unmarked-test",
        summary="Mark async tests that nothing runs.",
        safety=Safety.SAFE,
        triggers=(b"async def test",),
        examples=(
            Example(
                "a test that was skipped",
                before="""
                    from app import add

                    async def test_add():
                        assert await add(1, 2) == 3
                """,
                after="""
                    import pytest

                    from app import add

                    @pytest.mark.asyncio
                    async def test_add():
                        assert await add(1, 2) == 3
                """,
            ),
            Example.unchanged(
                "the module has the marker",
                """
                    import pytest

                    from app import add

                    pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

                    async def test_add():
                        assert await add(1, 2) == 3
                """,
            ),
        ),
        stands_apart=True,
        glance=has_unmarked_test,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Mark each test that nothing runs."""
        for module in work.like(self.META):
            tests = list(_unmarked(module, work))
            if not work.sources.has_plugin or not tests or elsewhere.of_project(work):
                continue
            if not elsewhere.of_module(module, work):
                yield from (_decided(test, work) for test in tests)


def _unmarked(module: Module, work: Work) -> Iterator[Function]:
    name = module.path.rpartition("/")[2]
    if module.path not in work.tests or name == "conftest.py":
        return
    if work.mode(module.path) != "strict":
        return
    for node in module.functions:
        test = Function(module, node)
        if not isinstance(node, ast.AsyncFunctionDef) or not is_test(test):
            continue
        if test in work.coloured or work.cases.running(test):
            continue
        if test.owner and not is_collected(test, work):
            continue
        if node in work.sites.left_by_frame:
            # It starts a loop inside of one: run, it fails.
            continue
        if is_marked(test, work) or _is_run(test, work):
            continue
        yield test


def _is_run(test: Function, work: Work) -> bool:
    """Whether something that is not pytest-asyncio may run a test."""
    return (
        any(site.node is test.node for site in work.sites.decorated)
        or bool(elsewhere.of_test(test, work) or work.decorated(test))
        or bool(test.owner and not is_plain(Class(test.module, test.owner), work))
        or bool(work.references.to(test))
    )


def _decided(test: Function, work: Work) -> Decision:
    module, node = test.module, test.node
    if ast.Yield in module.kinds(node):
        message = "a generator is no test: nothing runs it"
        return Decision.left(module, node, "generator-test", message)
    taken = module.at[node].find("pytest")
    if taken and work.index.bound(taken, "pytest", module) != _PYTEST:
        message = "pytest means something else there"
        return Decision.left(module, node, "name-taken", message)
    if isinstance(refusal := work.colouring.behind(), Refusal):
        return Decision.left(module, node, refusal.reason, refusal.message)
    scope = needed_scope(test, work)
    if scope != "function" and work.sources.lacks("loop_scope", module.path):
        refusal = old_plugin(node.name)
        return Decision.left(module, node, refusal.reason, refusal.message)
    _, default = work.default_scopes(module.path)
    said = "" if scope == (default or "function") else scope
    found = added(test, said, "nothing ran it: it is marked now", work)
    return Decision(
        found.module,
        found.node,
        found.op,
        found.arguments,
        uses=found.uses,
        imports=found.imports,
        message=found.message,
        status=NEWLY_RUNNING,
    )


_PYTEST = frozenset({External("pytest")})
