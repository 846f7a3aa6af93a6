import asyncio

import pytest

pytestmark = pytest.mark.asyncio


async def test_user(server, user):
    assert await server.get("user") == user


async def test_nobody(server, clean):
    assert await server.get("nobody") is None


async def test_many(server, user, event_loop):
    asked = [event_loop.create_task(server.get("user")) for _ in range(3)]
    assert await asyncio.gather(*asked) == [user] * 3
