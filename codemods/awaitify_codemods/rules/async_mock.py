"""AW401 async-mock."""

from collections.abc import Iterator

from awaitify_codemods.mocks.facts import (
    AWAITED,
    BRANCH,
    HANDED_ON,
    RESULT,
    Node,
    Site,
)
from awaitify_codemods.mocks.merging import merged
from awaitify_codemods.mocks.swapping import Stuck, Swap, swapped
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work

_SYNC = frozenset({"MagicMock", "Mock"})
_FORMS = frozenset({"call", "new_callable", "patch", "stub"})


class AsyncMock(Rule):
    """What is awaited is an AsyncMock.

    A MagicMock cannot be awaited: the test fails with `object MagicMock can't be used
    in 'await' expression`. Each test is executed abstractly, with its fixtures, its
    set-ups and its patches, into the code under test. An attribute whose call is
    awaited there becomes an AsyncMock, and only that attribute: the children of an
    AsyncMock are async, too.

    A mock that the test makes is changed if it is awaited somewhere and never used
    otherwise; a child that nobody made only if the test certainly reaches the `await`,
    or was seen to fail there (`--evidence`).
    Where a handler of the code hides that the mock cannot be awaited, tests may pass
    for that reason: it is reported. Left where the result is also used without `await`, where the code asks whether
    it is a coroutine function, and where a `side_effect` is not known or raises.
    """

    META = Meta(
        code="AW401",
        name="async-mock",
        summary="Make an AsyncMock of the attribute that is awaited.",
        safety=Safety.SAFE,
        triggers=(b"Mock", b"patch", b"mocker"),
        examples=(
            Example(
                "a client that a test gives to a service",
                before="""
                    from unittest.mock import MagicMock

                    import pytest

                    class Service:
                        def __init__(self, client):
                            self.client = client

                        async def title(self):
                            response = await self.client.get("/")
                            return response.title()

                    @pytest.mark.asyncio
                    async def test_title():
                        client = MagicMock()
                        client.get.return_value = "dune"
                        assert await Service(client).title() == "Dune"
                        client.get.assert_called_once_with("/")
                """,
                after="""
                    from unittest.mock import AsyncMock, MagicMock

                    import pytest

                    class Service:
                        def __init__(self, client):
                            self.client = client

                        async def title(self):
                            response = await self.client.get("/")
                            return response.title()

                    @pytest.mark.asyncio
                    async def test_title():
                        client = MagicMock()
                        client.get = AsyncMock(return_value="dune")
                        assert await Service(client).title() == "Dune"
                        client.get.assert_called_once_with("/")
                """,
            ),
            Example.unchanged(
                "it may be either",
                """
                    import inspect
                    from unittest.mock import MagicMock

                    import pytest

                    async def call(handler):
                        result = handler()
                        if inspect.isawaitable(result):
                            result = await result
                        return result

                    @pytest.mark.asyncio
                    async def test_call():
                        handler = MagicMock(return_value=1)
                        assert await call(handler) == 1
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Swap what is awaited, mock by mock."""
        files = {module.path for module in work.like(self.META)}
        if not files:
            return
        found: list[Decision] = []
        for site in work.mocks.sites.values():
            if site.module.path not in files or site.form not in _FORMS:
                continue
            if work.mocks.is_settled(site):
                found += _of_site(site, work)
        yield from merged(found)


def _of_site(site: Site, work: Work) -> Iterator[Decision]:
    nodes = sorted(site.nodes.values(), key=lambda each: each.path)
    for node in nodes:
        awaited = [use for use in node.used(AWAITED) if not use.expected]
        if not awaited or not node.kinds <= _SYNC:
            continue
        if any(use.through for use in awaited):
            continue  # it gives what can be awaited
        sites = work.mocks.sites.values()
        certain = any(use.certain for use in awaited)
        seen = not certain and work.seen_mocks.was_awaited(site, node, sites)
        certain = certain or seen
        if (node.path and not certain) or _is_replaced(node):
            continue
        if _may_be_async(site, node):
            continue
        if refused := _refused(site, node):
            if certain:
                yield _left(site, *refused)
            continue
        shown = (u for u in awaited if seen or u.certain == certain)
        place = min(shown, key=_order).place
        message = f"awaited at {place}"
        if all(use.hidden for use in awaited):
            message += ", where a handler hides that it cannot be awaited"
            yield Decision(site.module, site.node, "", message=message, status=REPORT)
            continue
        result = "MagicMock" if _has_result(site, node) else ""
        try:
            yield from swapped(Swap(site, node, "AsyncMock", message, result), work)
        except Stuck as stuck:
            yield _left(site, stuck.reason, f"{message}; {stuck.message}")


def _order(use: object) -> tuple[str, int]:
    module, node = getattr(use, "module", None), getattr(use, "node", None)
    return getattr(module, "path", ""), getattr(node, "lineno", 0)


def _refused(site: Site, node: Node) -> tuple[str, str] | None:
    """Return why a mock that is awaited stays, and a refusal code."""
    if any(node.used(BRANCH)):
        where = next(node.used(BRANCH)).place
        return "branch-on-kind", f"{where} asks whether it is a coroutine function"
    other = next((use for use in node.uses if use.kind != AWAITED), None)
    if other is not None:
        return "mixed-use", f"awaited, but its result is {other.kind} at {other.place}"
    if node.doubts - {HANDED_ON}:
        return "unknown-value", "what it returns, or raises, is not known"
    for each in site.nodes.values():
        below = each.path[: len(node.path)] == node.path and each is not node
        if below and each.path[len(node.path)] != RESULT:
            other = next((use for use in each.uses if use.kind != AWAITED), None)
            if other is not None:
                name = ".".join(each.path)
                return "mixed-use", f"{name} below it is used at {other.place}"
    return None


def _may_be_async(site: Site, node: Node) -> bool:
    """Whether `patch` or a spec may have made an AsyncMock of it already."""
    root = site.nodes.get(())
    return "unknown" in ((root.real if root else set()) | node.real)


def _is_replaced(node: Node) -> bool:
    """Whether something else was put in the place of a child."""
    return any(each.kind == "" for each in node.configured)


def _has_result(site: Site, node: Node) -> bool:
    """Whether its return value is a mock that is used, and not configured."""
    path = (*node.path, RESULT)
    return any(
        each.path[: len(path)] == path and len(each.path) > len(path) and each.uses
        for each in site.nodes.values()
    )


def _left(site: Site, reason: str, message: str) -> Decision:
    return Decision.left(site.module, site.node, reason, message)
