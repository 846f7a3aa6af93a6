import asyncio

import pytest
import pytest_asyncio

from wire import Wire


@pytest.fixture(scope="package")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest_asyncio.fixture(scope="package")
async def wire():
    return await Wire.open()


@pytest.fixture
def full(wire, event_loop):
    event_loop.run_until_complete(wire.send("full"))
    return wire
