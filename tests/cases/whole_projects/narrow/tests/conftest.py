import asyncio

import pytest


@pytest.fixture
def event_loop(request):
    loop = asyncio.new_event_loop()
    loop.set_debug(False)
    yield loop
    loop.close()


@pytest.fixture
def values(event_loop):
    async def read():
        return [1, 2]

    return event_loop.run_until_complete(read())
