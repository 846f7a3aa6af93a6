import pytest_asyncio

from wire import Wire


@pytest_asyncio.fixture
async def fresh():
    return await Wire.open()
