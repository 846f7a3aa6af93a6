"""AW404 returned-coroutine."""

from collections.abc import Iterator

from awaitify_codemods.mocks.facts import DROPPED, RETURNED_BY_CODE, Node, Use
from awaitify_codemods.mocks.swapping import Stuck, Swap, swapped
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class ReturnedCoroutine(Rule):
    """A test does not drop the coroutine that sync code returns to it.

    Code that is sync calls what it was given and returns the result. The test gives
    it an AsyncMock and drops the result: `coroutine was never awaited`. Where that is
    all that happens to the mock it becomes a MagicMock with `--unsafe`, for the real
    callers of the code may await what it returns: then the test is what is wrong.
    """

    META = Meta(
        code="AW404",
        name="returned-coroutine",
        summary="Make a MagicMock of what sync code calls, and the test drops.",
        safety=Safety.REVIEW,
        triggers=(b"AsyncMock",),
        examples=(
            Example(
                "with --unsafe",
                before="""
                    from unittest.mock import AsyncMock

                    class Bell:
                        def __init__(self, send):
                            self.send = send

                        def ring(self):
                            return self.send("ring")

                    def test_ring():
                        send = AsyncMock()
                        Bell(send).ring()
                        send.assert_called_once_with("ring")
                """,
                after="""
                    from unittest.mock import MagicMock


                    class Bell:
                        def __init__(self, send):
                            self.send = send

                        def ring(self):
                            return self.send("ring")

                    def test_ring():
                        send = MagicMock()
                        Bell(send).ring()
                        send.assert_called_once_with("ring")
                """,
            ),
            Example.unchanged(
                "the test calls it itself",
                """
                    from unittest.mock import AsyncMock

                    def test_calls():
                        send = AsyncMock()
                        send("a")
                        send.assert_called_once_with("a")
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Swap what only sync code calls."""
        files = {module.path for module in work.like(self.META)}
        for site in work.mocks.sites.values() if files else ():
            node = site.nodes.get(())
            if site.module.path not in files or site.form != "call" or node is None:
                continue
            if not work.mocks.is_settled(site):
                continue
            use = _dropped(node)
            if use is None or any(n.uses for n in site.nodes.values() if n is not node):
                continue
            message = f"sync code returns its coroutine, which {use.place} drops"
            try:
                yield from swapped(Swap(site, node, "MagicMock", message), work)
            except Stuck as stuck:
                text = f"{message}; {stuck.message}"
                yield Decision.left(site.module, site.node, stuck.reason, text)


def _dropped(node: Node) -> Use | None:
    """Return where tests drop what code called, if that is all they do with it."""
    if node.kinds != {"AsyncMock"} or node.real or node.doubts:
        return None
    uses = node.uses
    if any(u.kind != DROPPED or u.through != RETURNED_BY_CODE for u in uses):
        return None
    if not all(use.in_test for use in uses):
        return None  # that is for AW402
    return next((use for use in uses if use.certain), None)
