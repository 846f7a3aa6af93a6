import asyncio
import unittest

import pytest
import pytest_asyncio

from app import Bus, consume


@pytest.fixture
def bus():
    return Bus()


@pytest_asyncio.fixture
async def queue():
    return asyncio.Queue()


@pytest.mark.asyncio
async def test_queue_get():
    queue = asyncio.Queue()
    await queue.get()


@pytest.mark.asyncio
async def test_queue_join():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    await queue.join()


@pytest.mark.asyncio
async def test_queue_put():
    queue = asyncio.Queue(maxsize=1)
    queue.put_nowait(1)
    await queue.put(2)


@pytest.mark.asyncio
async def test_event():
    event = asyncio.Event()
    await event.wait()


@pytest.mark.asyncio
async def test_condition():
    condition = asyncio.Condition()
    async with condition:
        await condition.wait()


@pytest.mark.asyncio
async def test_condition_for():
    condition = asyncio.Condition()
    async with condition:
        await condition.wait_for(lambda: False)


@pytest.mark.asyncio
async def test_lock():
    lock = asyncio.Lock()
    await lock.acquire()
    await lock.acquire()


@pytest.mark.asyncio
async def test_semaphore():
    semaphore = asyncio.Semaphore(0)
    await semaphore.acquire()


@pytest.mark.asyncio
async def test_future():
    future = asyncio.get_running_loop().create_future()
    await future


@pytest.mark.asyncio
async def test_task():
    async def forever():
        await asyncio.Event().wait()

    task = asyncio.create_task(forever())
    await task
    assert task.done()


@pytest.mark.asyncio
async def test_gather():
    await asyncio.gather(asyncio.Event().wait(), asyncio.sleep(0))


@pytest.mark.asyncio
async def test_wait():
    task = asyncio.create_task(asyncio.Event().wait())
    await asyncio.wait([task])


@pytest.mark.asyncio
async def test_stream():
    ready = asyncio.Event()

    async def serve(reader, writer):
        await ready.wait()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        assert await reader.readline() == b"hello"
    finally:
        ready.set()
        writer.close()
        server.close()


@pytest.mark.asyncio
async def test_process():
    process = await asyncio.create_subprocess_exec(
        "sleep", "30", stdout=asyncio.subprocess.PIPE
    )
    try:
        await process.wait()
    finally:
        process.kill()


@pytest.mark.asyncio
async def test_bus(bus):
    assert (await bus.next())["a"] == 1


@pytest.mark.asyncio
async def test_deep(bus):
    assert await bus.deep() == 1


@pytest.mark.asyncio
async def test_poll(bus):
    await bus.poll()


@pytest.mark.asyncio
async def test_attribute(bus: Bus):
    await bus.event.wait()


@pytest.mark.asyncio
async def test_locked(bus):
    await bus.lock.acquire()
    assert await bus.locked() == 1


@pytest.mark.asyncio
async def test_consumer():
    source, sink = asyncio.Queue(), asyncio.Queue()
    task = asyncio.create_task(consume(source, sink))
    await source.put(None)
    assert await sink.get() == 1
    task.cancel()


@pytest.mark.asyncio
async def test_fixture(queue):
    assert await queue.get() == 1


@pytest.mark.asyncio
async def test_comprehension(queue):
    await queue.put(1)
    assert [await queue.get() for _ in range(2)] == [1, 2]


@pytest.mark.asyncio
async def test_nested():
    async def inner():
        event = asyncio.Event()
        await event.wait()

    await inner()


def test_run():
    async def go():
        await asyncio.Event().wait()

    asyncio.run(go())


def test_loop():
    loop = asyncio.new_event_loop()
    bus = Bus()
    assert loop.run_until_complete(bus.next()) == 1
    loop.close()


class TestClass:
    @pytest.mark.asyncio
    async def test_method(self):
        self.bus = Bus()
        await self.bus.next()


class TestCase(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.queue = asyncio.Queue()
        self.bus = Bus()

    async def test_get(self):
        self.assertEqual(await self.queue.get(), 1)

    async def test_bus(self):
        self.assertEqual(await self.bus.next(), 1)


class TestOld(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.new_event_loop()
        self.bus = Bus()

    def tearDown(self):
        self.loop.close()

    def test_bus(self):
        self.assertEqual(self.loop.run_until_complete(self.bus.next()), 1)


@pytest.mark.asyncio
async def test_unpacked():
    queue, event = asyncio.Queue(), asyncio.Event()
    queue.put_nowait(1)
    assert await queue.get() == 1
    await event.wait()


@pytest.mark.asyncio
async def test_several_tasks():
    event = asyncio.Event()
    tasks = [asyncio.create_task(event.wait()) for _ in range(2)]
    await asyncio.gather(*tasks)


@pytest.mark.asyncio
async def test_server():
    async def serve(reader, writer):
        await asyncio.Event().wait()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    await server.serve_forever()
