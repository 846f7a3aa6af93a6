import asyncio


class Store:
    """What it keeps is given by its loop alone."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.kept = []
        self.ready = asyncio.Event()

    async def put(self, value):
        assert asyncio.get_running_loop() is self.loop
        await asyncio.sleep(0)
        self.kept.append(value)
        self.ready.set()

    async def wait(self):
        await asyncio.wait_for(self.ready.wait(), 5)
        return self.kept[-1]
