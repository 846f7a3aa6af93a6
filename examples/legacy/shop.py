"""The code under test: awaitify reads it and never edits it."""

import asyncio


class OutOfStock(Exception):
    """Fewer items are left than were ordered."""


class Shop:
    """Sells from a stock while it is open."""

    def __init__(self, **stock):
        self.stock = stock
        self.is_open = False

    async def open(self):
        await asyncio.sleep(0)
        self.is_open = True

    async def close(self):
        self.is_open = False

    async def order(self, item, count=1):
        assert self.is_open
        await asyncio.sleep(0)
        if self.stock.get(item, 0) < count:
            raise OutOfStock(item)
        self.stock[item] -= count
        return {"item": item, "count": count}


async def price(item, count=1, *, discount=0):
    await asyncio.sleep(0)
    return len(item) * count - discount


def main(item):
    """The command line: starts a loop of its own."""
    return f"{item}: {asyncio.run(price(item))}"
