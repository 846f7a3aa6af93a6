import asyncio


class Bus:
    def __init__(self):
        self.q = asyncio.Queue()
        self.event = asyncio.Event()
        self.lock = asyncio.Lock()

    async def next(self):
        return await self.q.get()

    async def deep(self):
        return await self.next()

    async def poll(self):
        while self.q.empty():
            await asyncio.sleep(0.01)

    async def locked(self):
        async with self.lock:
            return 1


async def consume(source, sink):
    while True:
        item = await source.get()
        if item is None:
            continue
        await sink.put(item)
