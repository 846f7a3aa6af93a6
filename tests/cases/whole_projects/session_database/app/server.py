"""A server that answers in a task of its own."""

import asyncio


class Server:
    def __init__(self, database):
        self.database = database
        self.requests = None
        self.task = None

    async def start(self):
        self.requests = asyncio.Queue()
        self.task = asyncio.get_running_loop().create_task(self._serve())

    async def stop(self):
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            pass

    async def _serve(self):
        while True:
            key, answer = await self.requests.get()
            answer.set_result(await self.database.select(key))

    async def get(self, key):
        answer = asyncio.get_running_loop().create_future()
        await self.requests.put((key, answer))
        return await asyncio.wait_for(answer, 5)
