"""A database whose connections belong to the loop on which they were opened."""

import asyncio


class Database:
    def __init__(self):
        self.rows = {}
        self.loop = None
        self.lock = None

    async def connect(self):
        self.loop = asyncio.get_running_loop()
        self.lock = asyncio.Lock()
        return self

    async def close(self):
        self._check()
        self.loop = None

    def _check(self):
        if asyncio.get_running_loop() is not self.loop:
            raise RuntimeError("attached to a different loop")

    async def insert(self, key, value):
        self._check()
        async with self.lock:
            await asyncio.sleep(0)
            self.rows[key] = value

    async def select(self, key):
        self._check()
        async with self.lock:
            await asyncio.sleep(0)
            return self.rows.get(key)

    async def clear(self):
        self._check()
        self.rows.clear()
