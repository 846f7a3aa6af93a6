import asyncio

import pytest

from helpers import async_test
from shop import main, price


def test_price():
    assert asyncio.run(price("tea")) == 3


def test_discount():
    total = asyncio.run(
        price(
            "coffee",
            count=2,
            discount=1,  # one off for two
        )
    )
    assert total == 11


@pytest.mark.parametrize("count, total", [(1, 5), (3, 15)])
@async_test
async def test_count(count, total):
    assert await price("cocoa", count) == total


def test_prices_of_a_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        both = loop.run_until_complete(asyncio.gather(price("tea"), price("coffee")))
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    assert both == [3, 6]


# Stays as it is: main() starts a loop, which cannot be done inside a running one.
def test_command_line():
    assert main("tea") == f"tea: {asyncio.run(price('tea'))}"
