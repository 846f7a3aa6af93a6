"""What the tests of this suite share."""

import asyncio
import functools

from shop import Shop


def run_async(coroutine):
    """Drive a coroutine on a loop of its own."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def async_test(function):
    """Let pytest call a coroutine function."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return run_async(function(*args, **kwargs))

    return wrapper


def open_shop(**stock):
    shop = Shop(**stock)
    run_async(shop.open())
    return shop
