import asyncio

import pytest


@pytest.fixture(scope="module")
async def cache():
    yield {"loop": asyncio.get_running_loop()}


async def test_cache(cache):
    assert not cache["loop"].is_closed()


def test_own_loop():
    async def add(a, b):
        return a + b

    assert asyncio.run(add(1, 2)) == 3
