"""AW402 sync-mock."""

import ast
from collections.abc import Iterator

from awaitify_codemods.mocks.facts import (
    AWAITED,
    BRANCH,
    CONTEXT,
    DROPPED,
    ESCAPED,
    HANDED_ON,
    ITERATED,
    LOOKED_AT,
    RESULT,
    USED,
    Node,
    Path,
    Site,
    Use,
)
from awaitify_codemods.mocks.merging import merged
from awaitify_codemods.mocks.swapping import Stuck, Swap, swapped
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work

_FORMS = frozenset({"call", "new_callable", "stub"})
_FAILING = (
    ast.Attribute,
    ast.Subscript,
    ast.For,
    ast.AsyncFor,
    ast.With,
    ast.AsyncWith,
    ast.comprehension,
)
"""What raises a TypeError or an AttributeError where it gets a coroutine."""
_MISUSED = (USED, DROPPED, CONTEXT, ITERATED)


class SyncMock(Rule):
    """What is called without `await` is no AsyncMock.

    A call of an AsyncMock gives a coroutine. Code that uses the result as it is fails,
    or sees an object that is always true; code that drops it leaves a `coroutine was
    never awaited`. Where the code under test does so on a path that the test certainly
    takes, and nothing awaits it, the smallest mock that is sync becomes a MagicMock:
    the attribute, or the object of which no attribute is awaited.

    Left where what it stands for is a coroutine function.
    """

    META = Meta(
        code="AW402",
        name="sync-mock",
        summary="Make a MagicMock of what is called without `await`.",
        safety=Safety.SAFE,
        triggers=(b"AsyncMock",),
        examples=(
            Example(
                "a response whose methods are sync",
                before="""
                    from unittest.mock import AsyncMock

                    import pytest

                    async def load(client):
                        response = await client.get("/")
                        response.raise_for_status()
                        return response.json()["id"]

                    @pytest.mark.asyncio
                    async def test_load():
                        client = AsyncMock()
                        client.get.return_value.json.return_value = {"id": 3}
                        assert await load(client) == 3
                """,
                after="""
                    from unittest.mock import AsyncMock, MagicMock

                    import pytest

                    async def load(client):
                        response = await client.get("/")
                        response.raise_for_status()
                        return response.json()["id"]

                    @pytest.mark.asyncio
                    async def test_load():
                        client = AsyncMock()
                        client.get.return_value = MagicMock()
                        client.get.return_value.json.return_value = {"id": 3}
                        assert await load(client) == 3
                """,
            ),
            Example.unchanged(
                "the test itself only counts calls",
                """
                    from unittest.mock import AsyncMock

                    def test_calls():
                        send = AsyncMock()
                        send("a").close()
                        assert send.call_count == 1
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Swap what is called without ``await``, mock by mock."""
        files = {module.path for module in work.like(self.META)}
        if not files:
            return
        found: list[Decision] = []
        for site in work.mocks.sites.values():
            if site.module.path in files and work.mocks.is_settled(site):
                found += _of_site(site, work)
        yield from merged(found)


def _of_site(site: Site, work: Work) -> Iterator[Decision]:
    done: set[Path] = set()
    for node in sorted(site.nodes.values(), key=lambda each: each.path):
        use = misuse(node)
        if (
            use is None
            or _is_handed_on(site, node)
            or any(node.path[: len(each)] == each for each in done)
        ):
            continue
        message = f"{_SAID[use.kind]} at {use.place}, and never awaited"
        smallest = _smallest(site, node)
        if not smallest.path and site.form not in _FORMS:
            continue
        done.add(smallest.path)
        if awaited := _awaited_below(site, smallest):
            text = f"{message}, but what it gives is awaited at {awaited.place}"
            yield Decision.left(site.module, site.node, "mixed-use", text)
            continue
        try:
            yield from swapped(Swap(site, smallest, "MagicMock", message), work)
        except Stuck as stuck:
            text = f"{message}; {stuck.message}"
            yield Decision.left(site.module, site.node, stuck.reason, text)


def _is_handed_on(site: Site, node: Node) -> bool:
    """Whether code that is not read may await it."""
    return any(
        HANDED_ON in each.doubts
        for each in site.nodes.values()
        if node.path[: len(each.path)] == each.path
    )


_SAID = {
    USED: "its result is used",
    DROPPED: "its result is dropped",
    CONTEXT: "its result is entered",
    ITERATED: "its result is iterated",
}


def misuse(node: Node) -> Use | None:
    """Return where code certainly takes the result of a call for a plain value."""
    if node.kinds != {"AsyncMock"} or node.real - {"sync"}:
        return None
    if node.doubts:
        return None
    kinds = {each.kind for each in node.configured}
    if "side_effect" in kinds:
        return None  # dropped, it never had its effect
    if "return_value" in kinds and any(node.used(LOOKED_AT)):
        return None  # a coroutine is always true
    if any(node.used(AWAITED, BRANCH, ESCAPED)):
        return None
    if any(each.kind == "" for each in node.configured):
        return None
    misused = list(node.used(*_MISUSED))
    if not misused or any(use.in_test for use in misused):
        return None
    if not all(_makes_no_difference(use, node) for use in misused):
        return None
    # Where a handler hides the misuse, the test may pass because of it.
    return next((use for use in misused if use.certain and not use.hidden), None)


def _makes_no_difference(use: Use, node: Node) -> bool:
    """Whether a test cannot pass because the result is a coroutine.

    With most uses it fails. A coroutine is true, and equals nothing, as a mock does:
    not so a value that the test gives. What a `side_effect` does begins to be done.
    """
    if use.kind != DROPPED and isinstance(use.node, _FAILING):
        return True
    configured = {each.kind for each in node.configured}
    if configured - {"return_value"}:
        return False
    return use.kind == DROPPED or not configured


def _awaited_below(site: Site, node: Node) -> Use | None:
    """Return where a mock is awaited that would be sync with the one above it."""
    for each in site.nodes.values():
        if each.path[: len(node.path)] == node.path and each is not node:
            if "AsyncMock" in each.kinds and not each.real & {"async"}:
                if use := next(each.used(AWAITED), None):
                    return use
    return None


def _smallest(site: Site, node: Node) -> Node:
    """Return the mock of which all that is called is sync, else the one itself."""
    if not node.path:
        return node
    above = site.nodes.get(node.path[:-1]) or Node(node.path[:-1], {"AsyncMock"})
    if above.uses or above.doubts or above.kinds != {"AsyncMock"}:
        return node
    if above.path and above.path[-1] != RESULT:
        return node
    if above.doubts or any(each.kind == "" for each in above.configured):
        return node
    for each in site.nodes.values():
        if each.path[: len(above.path)] != above.path or each is above:
            continue
        if each.uses and misuse(each) is None:
            return node
    return above
