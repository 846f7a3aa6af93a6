"""Random async tests that wait for each other, and what happens in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import cache
from random import Random
from textwrap import dedent, indent
from typing import Any

import pytest

APP = """
import asyncio


class Bus:
    def __init__(self):
        self.queue = asyncio.Queue()
        self.ready = asyncio.Event()
        self.task = None

    async def send(self, item):
        await self.queue.put(item)

    async def next(self):
        return await self.queue.get()

    async def both(self):
        return [await self.next(), await self.next()]

    def later(self):
        return self.queue.get()

    async def start(self, turns):
        self.task = asyncio.create_task(self._run(turns))

    async def _run(self, turns):
        for _ in range(turns):
            await asyncio.sleep(0)
        self.ready.set()
        await self.queue.put("started")
        return turns
"""

_WORKERS = (
    """
    async def work{n}():
        for item in range({count}):
            trace.append(("put{n}", item))
            await queue.put(item)
            await asyncio.sleep(0)
        return "{n}"
    """,
    """
    async def work{n}():
        for _ in range({count}):
            await asyncio.sleep(0)
        trace.append("set{n}")
        event.set()
    """,
    """
    async def work{n}():
        async with lock:
            trace.append("locked{n}")
            for _ in range({count}):
                await asyncio.sleep(0)
            await bus.send("{n}")
    """,
    """
    async def work{n}():
        trace.append(("got{n}", await queue.get()))
        await bus.send("{n}")
    """,
    """
    async def work{n}():
        await event.wait()
        trace.append("seen{n}")
        raise ValueError("{n}")
    """,
)
_STEPS = (
    'trace.append(("queue", await queue.get()))',
    "queue.put_nowait({count})",
    "await event.wait()",
    "event.set()",
    "await lock.acquire()\nlock.release()",
    'await bus.send("{count}")',
    'trace.append(("bus", await bus.next()))',
    'trace.append(("both", await bus.both()))',
    'trace.append(("later", await bus.later()))',
    'await bus.start({count})\ntrace.append(("task", await bus.task))',
    "await bus.start({count})\nawait bus.ready.wait()",
    "with pytest.raises(asyncio.TimeoutError):\n"
    "    await asyncio.wait_for(asyncio.Queue().get(), 0.01)",
    "for _ in range({count}):\n    await asyncio.sleep(0)",
    "trace.append(await asyncio.gather(bus.next(), asyncio.sleep(0, {count})))",
    "other = asyncio.create_task(bus.next())\n"
    "other.cancel()\n"
    "with pytest.raises(asyncio.CancelledError):\n    await other",
    'trace.append(("size", queue.qsize(), lock.locked(), event.is_set()))',
)
_ENDS = (
    'trace.append(("end{n}", await task{n}))',
    "trace.append(repr(await asyncio.gather(task{n}, return_exceptions=True)))",
    "await asyncio.wait([task{n}])\ntrace.append(task{n}.done())",
    'await task{n}\ntrace.append(("result{n}", task{n}.result()))',
    "with pytest.raises(ValueError):\n    await task{n}",
    "task{n}.cancel()\n"
    "trace.append(repr(await asyncio.gather(task{n}, return_exceptions=True)))",
)
_OBJECTS = """
trace = []
queue, event, lock, bus = asyncio.Queue(), asyncio.Event(), asyncio.Lock(), Bus()
"""


def body(random: Random) -> str:
    """Return the statements of a test, without what it expects."""
    parts, running = [_OBJECTS], []
    for number in range(random.randrange(4)):
        worker = random.choice(_WORKERS)
        parts.append(dedent(worker).format(n=number, count=random.randrange(1, 4)))
    for number in range(len(parts) - 1):
        steps = [f"task{number} = asyncio.create_task(work{number}())"]
        running.append(number)
        steps += _some(random, 2)
        parts += steps
    parts += _some(random, 4)
    random.shuffle(running)
    parts += [random.choice(_ENDS).format(n=number) for number in running]
    return "\n".join(part.strip("\n") for part in parts) + "\n"


def _some(random: Random, most: int) -> list[str]:
    chosen = random.choices(_STEPS, k=random.randrange(1, most + 1))
    return [each.format(count=random.randrange(1, 4)) for each in chosen]


def happened(text: str) -> list[Any] | None:
    """Return what a test traces; None if it hangs, or fails."""
    code = f"{APP}\nimport pytest\n\nasync def test():\n{indent(text, '    ')}"
    names: dict[str, Any] = {}
    exec(compile(f"{code}    return trace\n", "<scene>", "exec"), names)
    try:
        traced: list[Any] = asyncio.run(_quietly(names["test"]()))
    except (Exception, asyncio.CancelledError, pytest.fail.Exception):
        return None
    return traced


async def _quietly(coroutine: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    """Return what it traces; what becomes of its tasks is nobody's business."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    return await asyncio.wait_for(coroutine, 0.05)


@cache
def tests(seed: int, count: int) -> str:
    """Return a test file: each test expects what happens without time-outs."""
    random, parts = Random(seed), []
    while len(parts) < count:
        text = body(random)
        traced = happened(text)
        if traced is not None:
            parts.append(
                _test(len(parts), f"{text}assert trace == {traced!r}\n", random)
            )
    head = "import asyncio\nimport unittest\n\nimport pytest\n\nfrom app import Bus\n"
    return "\n\n".join([head, *parts])


def _test(number: int, text: str, random: Random) -> str:
    inner = indent(text, "    ")
    match random.randrange(4):
        case 0:
            go = indent(f"async def go():\n{inner}\nasyncio.run(go())\n", "    ")
            return f"def test_{number}():\n{go}"
        case 1:
            method = indent(f"async def test_{number}(self):\n{inner}", "    ")
            return f"class Test{number}(unittest.IsolatedAsyncioTestCase):\n{method}"
    return f"@pytest.mark.asyncio\nasync def test_{number}():\n{inner}"
