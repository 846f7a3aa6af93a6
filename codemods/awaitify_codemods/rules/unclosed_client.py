"""AW552 unclosed-client."""

from collections.abc import Iterator

from awaitify_codemods.old_syntax.unclosed import unclosed
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class UnclosedClient(Rule):
    """A client of httpx is closed when its use is over.

    A test that makes a client and never closes it leaves connections behind, of which
    Python warns when it finds them. `client = AsyncClient()` becomes
    `async with AsyncClient() as client:` around the statements that use it, where all
    of its uses are in one block, and nothing else gets to see it.

    It is for review: what the client does when it is closed, happens now. Reported
    where its use is not one block. Left where it is handed on, or where its transport
    may be used again.
    """

    META = Meta(
        code="AW552",
        name="unclosed-client",
        summary="Close the httpx clients that tests leave open.",
        safety=Safety.REVIEW,
        triggers=(b"httpx",),
        beside=(b"Client", b"="),
        examples=(
            Example(
                "a client that nothing closes",
                before="""
                    import pytest
                    from httpx import AsyncClient

                    @pytest.mark.asyncio
                    async def test_home():
                        client = AsyncClient(base_url="http://test")
                        response = await client.get("/")
                        assert response.status_code == 200
                """,
                after="""
                    import pytest
                    from httpx import AsyncClient

                    @pytest.mark.asyncio
                    async def test_home():
                        async with AsyncClient(base_url="http://test") as client:
                            response = await client.get("/")
                        assert response.status_code == 200
                """,
            ),
            Example.unchanged(
                "it is handed on",
                """
                    import httpx

                    from app import Api

                    def test_home():
                        client = httpx.Client()
                        assert Api(client).home() == "home"
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Enter each client that is certainly left open."""
        for module in work.like(self.META):
            for call in module.calls:
                found = unclosed(call, module, work)
                if found is None:
                    continue
                if not found.count:
                    message = "nothing closes this client, whose use is not one block"
                    yield Decision(module, call, "", message=message, status=REPORT)
                    continue
                yield Decision(
                    module,
                    found.statement,
                    "enter-below",
                    {"count": found.count, "async": found.is_async},
                    message="nothing closes this client: it is entered",
                )
