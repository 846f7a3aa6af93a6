import asyncio

import pytest
import pytest_asyncio

from wire import Wire

pytestmark = pytest.mark.asyncio


@pytest.fixture(scope="module")
def event_loop():
    loop = asyncio.get_event_loop_policy().new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    asyncio.set_event_loop(None)


@pytest_asyncio.fixture(scope="module")
async def wire():
    wire = await Wire.open()
    await wire.send("first")
    yield wire


async def test_first(wire):
    assert await wire.receive() == "first"
    await wire.send("second")


async def test_second(wire):
    assert await wire.receive() == "second"
