import asyncio


class Wire:
    @classmethod
    async def open(cls):
        wire = cls()
        wire.queue = asyncio.Queue()
        wire.loop = asyncio.get_running_loop()
        return wire

    async def send(self, value):
        await self.queue.put(value)

    async def receive(self):
        assert self.loop is asyncio.get_running_loop()
        return await asyncio.wait_for(self.queue.get(), 5)
