import asyncio

import pytest


@pytest.mark.asyncio
@pytest.mark.usefixtures("event_loop")
async def test_values(values):
    assert values == [1, 2]


@pytest.mark.asyncio
async def test_executor(event_loop):
    assert await event_loop.run_in_executor(None, sum, [1, 2]) == 3


def test_sync(event_loop, values):
    async def add():
        await asyncio.sleep(0)
        return sum(values)

    assert event_loop.run_until_complete(add()) == 3
