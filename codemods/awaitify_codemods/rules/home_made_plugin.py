"""AW331 home-made-plugin."""

from collections.abc import Iterator

from awaitify_codemods.facts.glances import has_homemade_plugin
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.plan import NEWLY_RUNNING
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.strict import homemade
from awaitify_codemods.strict.marks import added
from awaitify_codemods.work import Work


class HomeMadePlugin(Rule):
    """pytest-asyncio runs the tests that a hook of a conftest ran.

    `pytest_pyfunc_call` with an `asyncio.run(pyfuncitem.obj(...))` in it, or a
    `pytest_collection_modifyitems` that wraps `item.obj`, is a plugin made at home.
    It goes when nothing needs it: each async test below its folder gets the marker
    (in auto mode none), on one loop for all if the hook ran them on one; all of them
    or none. The rest of the conftest stays.

    It stays where it does anything else, where a test of its region cannot be marked
    or is not written out as a function, where async fixtures gave their coroutines to
    tests, and where a fixture has a loop of its own; also where pytest-asyncio is not
    installed and nothing declares what the tests require.
    """

    META = Meta(
        code="AW331",
        name="home-made-plugin",
        summary="Replace the hook of a conftest that runs coroutine tests.",
        safety=Safety.SAFE,
        triggers=(b"pytest_pyfunc_call", b"pytest_collection_modifyitems"),
        examples=(
            Example(
                "the conftest; the tests get the marker",
                before="""
                    import asyncio
                    import inspect

                    import pytest

                    def pytest_configure(config):
                        config.addinivalue_line("markers", "slow: a slow test")

                    @pytest.hookimpl(tryfirst=True)
                    def pytest_pyfunc_call(pyfuncitem):
                        if inspect.iscoroutinefunction(pyfuncitem.obj):
                            asyncio.run(pyfuncitem.obj(**pyfuncitem.funcargs))
                            return True
                """,
                after="""
                    def pytest_configure(config):
                        config.addinivalue_line("markers", "slow: a slow test")
                """,
                path="conftest.py",
            ),
            Example.unchanged(
                "a hook that does more",
                """
                    import asyncio
                    import inspect

                    def pytest_pyfunc_call(pyfuncitem):
                        if inspect.iscoroutinefunction(pyfuncitem.obj):
                            prepare(pyfuncitem)
                            asyncio.run(pyfuncitem.obj(**pyfuncitem.funcargs))
                            return True
                """,
                "conftest.py",
            ),
        ),
        stands_apart=True,
        glance=has_homemade_plugin,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Replace each home-made plugin that nothing needs."""
        known = list(homemade.hooks(work, work.like(self.META)))
        for hook in known:
            function = hook.function
            found = homemade.judged(hook, known, work)
            if isinstance(found, Refusal):
                yield Decision.left(
                    function.module, function.node, found.reason, found.message
                )
            else:
                yield from _replaced(found, work)


def _replaced(retired: homemade.Retired, work: Work) -> Iterator[Decision]:
    hook = retired.hook
    for test, scope in retired.unmarked.items():
        is_new = test in retired.idle
        message = (
            "nothing ran it: it is marked now"
            if is_new
            else f"{hook.function.node.name} ran it: it is marked now"
        )
        found = added(test, scope, message, work)
        yield found if not is_new else _newly_running(found)
    message = "pytest-asyncio runs what it ran"
    yield Decision(
        hook.function.module, hook.gone, "remove", removes=(hook.gone,), message=message
    )


def _newly_running(found: Decision) -> Decision:
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
