import asyncio


async def double(number):
    return number * 2


def test_double():
    assert asyncio.run(double(21)) == 42
