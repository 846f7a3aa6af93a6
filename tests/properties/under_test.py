"""The code under test of random projects: coroutines whose results are known."""

from __future__ import annotations

from tests.properties.writing import text

_ASYNCIO = ("import asyncio",)

PARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "add": (
        _ASYNCIO,
        text("""
            async def add(a, b=1):
                await asyncio.sleep(0)
                return a + b
        """),
    ),
    "double": (
        (),
        text("""
            async def double(value):
                return value * 2
        """),
    ),
    "one": (
        (),
        text("""
            async def one():
                return 1
        """),
    ),
    "broken": (
        _ASYNCIO,
        text("""
            async def broken(message="no such thing"):
                await asyncio.sleep(0)
                raise ValueError(message)
        """),
    ),
    "fail": (
        ("broken",),
        text("""
            async def fail(message="no such thing"):
                await broken(message)
        """),
    ),
    "leave": (
        (),
        text("""
            async def leave(code):
                raise SystemExit(code)
        """),
    ),
    "cancel": (
        _ASYNCIO,
        text("""
            async def cancel():
                asyncio.current_task().cancel()
                await asyncio.sleep(0)
        """),
    ),
    "Box": (
        _ASYNCIO,
        text("""
            class Box:
                def __init__(self, items=(), loop=None):
                    self.items = list(items)
                    self.loop = loop
                    self.open = False

                async def put(self, item):
                    await asyncio.sleep(0)
                    self.items.append(item)
                    return len(self.items)

                async def total(self):
                    return sum(self.items)

                def size(self):
                    return len(self.items)

                async def __aenter__(self):
                    self.open = True
                    return self

                async def __aexit__(self, *error):
                    self.open = False
        """),
    ),
    "start_quietly": (
        _ASYNCIO,
        text("""
            async def start_quietly(log):
                async def work():
                    log.append("began")
                    await asyncio.sleep(3600)

                asyncio.create_task(work())
                return len(log)
        """),
    ),
    "start_with_cleanup": (
        _ASYNCIO,
        text("""
            async def start_with_cleanup(log):
                async def work():
                    try:
                        await asyncio.sleep(3600)
                    finally:
                        log.append("closed")

                asyncio.ensure_future(work())
                await asyncio.sleep(0)
        """),
    ),
    "soon": (
        _ASYNCIO,
        text("""
            async def soon(log):
                asyncio.get_running_loop().call_soon(log.append, "soon")
                return len(log)
        """),
    ),
    "settle": (
        _ASYNCIO,
        text("""
            async def settle(log):
                future = asyncio.get_running_loop().create_future()
                future.add_done_callback(lambda each: log.append(each.result()))
                future.set_result("settled")
                return len(log)
        """),
    ),
    "numbers": (
        _ASYNCIO,
        text("""
            async def numbers(log, stop=3):
                try:
                    for number in range(stop):
                        yield number
                        await asyncio.sleep(0)
                finally:
                    log.append("finished")
        """),
    ),
    "first_of": (
        ("numbers",),
        text("""
            async def first_of(log):
                async for number in numbers(log):
                    return number
        """),
    ),
    "request_id": (
        ("from contextvars import ContextVar",),
        'request_id = ContextVar("request_id", default="none")\n',
    ),
    "handle": (
        ("request_id",),
        text("""
            async def handle(number):
                request_id.set(number)
                return request_id.get()
        """),
    ),
    "current_request": (
        ("request_id",),
        text("""
            def current_request():
                return request_id.get()
        """),
    ),
    "compute": (
        (*_ASYNCIO, "add"),
        text("""
            def compute(value):
                return asyncio.run(add(value))
        """),
    ),
    "compute_later": (
        ("compute",),
        text("""
            def compute_later(value):
                return lambda: compute(value)
        """),
    ),
    "Service": (
        (*_ASYNCIO, "add"),
        text("""
            class Service:
                def __init__(self, value=1):
                    self.value = value

                def refresh(self):
                    self.value = asyncio.run(add(self.value))
                    return self.value

                @property
                def latest(self):
                    return self.refresh()

                def __call__(self):
                    return self.refresh()

                def __getitem__(self, key):
                    return self.refresh() + key

                def __enter__(self):
                    self.refresh()
                    return self

                def __exit__(self, *error):
                    return None

                def __iter__(self):
                    yield self.refresh()

                def __add__(self, other):
                    return self.refresh() + other

                def __contains__(self, value):
                    return self.refresh() == value

                async def get(self):
                    return self.value
        """),
    ),
    "get_service": (
        ("Service",),
        text("""
            def get_service(value=1):
                return Service(value)
        """),
    ),
    "kind_of_caller": (
        _ASYNCIO,
        text("""
            def kind_of_caller():
                try:
                    asyncio.get_running_loop()
                except RuntimeError:
                    return "sync"
                return "async"
        """),
    ),
    "apart": (
        (*_ASYNCIO, "import threading", "add"),
        text("""
            def apart(value):
                found = []
                thread = threading.Thread(
                    target=lambda: found.append(asyncio.run(add(value)))
                )
                thread.start()
                thread.join()
                return found[0]
        """),
    ),
    "busy": (
        _ASYNCIO,
        text("""
            async def busy():
                return len(asyncio.all_tasks())
        """),
    ),
    "ready": (
        _ASYNCIO,
        text("""
            def ready(loop, value):
                future = loop.create_future()
                loop.call_soon(future.set_result, value)
                return future
        """),
    ),
    "Ticker": (
        _ASYNCIO,
        text("""
            class Ticker:
                def __init__(self, loop):
                    self.loop = loop
                    self.ticks = 0
                    self.task = None

                def start(self):
                    self.task = self.loop.create_task(self._tick())

                async def _tick(self):
                    while True:
                        self.ticks += 1
                        await asyncio.sleep(0)

                async def stop(self):
                    self.task.cancel()
                    try:
                        await self.task
                    except asyncio.CancelledError:
                        return self.ticks
        """),
    ),
    "Mailbox": (
        _ASYNCIO,
        text("""
            class Mailbox:
                def __init__(self):
                    self.lock = asyncio.Lock()
                    self.letters = asyncio.Queue()

                async def send(self, letter):
                    async with self.lock:
                        await self.letters.put(letter)
                    return self.letters.qsize()

                async def receive(self):
                    return await asyncio.wait_for(self.letters.get(), 1)
        """),
    ),
    "loop_of": (
        _ASYNCIO,
        text("""
            async def loop_of():
                return asyncio.get_running_loop()
        """),
    ),
    "each_way": (
        _ASYNCIO,
        text("""
            def each_way(callback, value):
                return callback(value)
        """),
    ),
}
