import pytest


@pytest.mark.asyncio
async def test_send(wire):
    await wire.send(1)
    assert await wire.receive() == 1


@pytest.mark.asyncio
async def test_full(full):
    assert await full.receive() == "full"
