import asyncio

import pytest
import pytest_asyncio

from wire import Wire


class TestShared:
    @pytest.fixture(scope="class")
    def event_loop(self):
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()

    @pytest_asyncio.fixture(scope="class")
    async def wire(self):
        return await Wire.open()

    @pytest.mark.asyncio
    async def test_send(self, wire):
        await wire.send("sent")

    @pytest.mark.asyncio
    async def test_receive(self, wire):
        assert await wire.receive() == "sent"


@pytest.mark.asyncio
async def test_fresh(fresh):
    await fresh.send(1)
    assert await fresh.receive() == 1


def test_fresh_in_a_sync_test(fresh, event_loop):
    event_loop.run_until_complete(fresh.send(2))
    assert event_loop.run_until_complete(fresh.receive()) == 2
