import pytest


async def double(number):
    return number * 2


@pytest.mark.asyncio
async def test_double():
    assert await double(21) == 42
