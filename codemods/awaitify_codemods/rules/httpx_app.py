"""AW551 httpx-app."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module
from awaitify_codemods.old_syntax.clients import (
    BELONGING,
    TRANSPORTS,
    client_of,
    refusal,
    spell_transport,
    spread_apps,
)
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class HttpxApp(Rule):
    """Clients of httpx ask an application through a transport.

    httpx 0.28 removed `app=`: `AsyncClient(app=app)` becomes
    `AsyncClient(transport=ASGITransport(app=app))`, and `Client(app=app)` gets a
    `WSGITransport`, which is what they made of it themselves. Other versions take
    that, too. Keywords that only a transport knows move there.

    A client that has a transport is left, and one of which a test expects that it
    fails. What is spread into a call is reported where it has an `app`.
    """

    META = Meta(
        code="AW551",
        name="httpx-app",
        summary="Give httpx clients a transport in place of `app=`.",
        safety=Safety.SAFE,
        triggers=(b"httpx",),
        beside=(b"Client", b"app"),
        examples=(
            Example(
                "a client in a fixture",
                before="""
                    import pytest_asyncio
                    from httpx import AsyncClient

                    from app import app

                    @pytest_asyncio.fixture
                    async def client():
                        async with AsyncClient(app=app, base_url="http://test") as client:
                            yield client
                """,
                after="""
                    import pytest_asyncio
                    from httpx import ASGITransport, AsyncClient

                    from app import app

                    @pytest_asyncio.fixture
                    async def client():
                        async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
                            yield client
                """,
            ),
            Example.unchanged(
                "what is spread may be used elsewhere",
                """
                    import httpx

                    from app import app

                    OPTIONS = {"app": app, "base_url": "http://test"}

                    def test_home():
                        with httpx.Client(**OPTIONS) as client:
                            assert client.get("/").text == "home"
                """,
            ),
        ),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Wrap the application of each call that makes a client."""
        for module in work.like(self.META):
            for call in module.calls:
                names = {each.arg for each in call.keywords}
                if names & {"app", None} and "transport" not in names:
                    if client := client_of(call, module, work):
                        yield from _decided(call, client, module, work)


def _decided(
    call: ast.Call, client: str, module: Module, work: Work
) -> Iterator[Decision]:
    names = [each.arg for each in call.keywords]
    if "app" not in names:
        for keyword in spread_apps(call, module, work):
            message = "what is spread here has an app, which httpx 0.28 does not take"
            yield Decision(module, keyword.value, "", message=message, status=REPORT)
        return
    why = refusal(call, client, module, work)
    if why:
        yield Decision.left(module, call, why.reason, why.message)
        return
    found = spell_transport(call, client, module, work)
    name = TRANSPORTS[client]
    if found is None:
        message = f"{name} means something else here"
        yield Decision.left(module, call, "name-taken", message)
        return
    spelling, statement = found
    moved = [each for each in names if each in BELONGING[client]]
    yield Decision(
        module,
        call,
        "wrap-keyword",
        {"name": "app", "to": "transport", "callee": spelling.text, "with": moved},
        uses=spelling.uses,
        imports=spelling.imports,
        message=f"httpx takes an app by its {name}",
        group=call,
    )
    if statement:
        code = {"code": f"from httpx import {name}"}
        yield Decision(module, statement, "insert-after", code, group=call)
