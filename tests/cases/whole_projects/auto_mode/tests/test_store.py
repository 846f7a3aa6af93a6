import asyncio


async def test_wait(filled):
    assert await filled.wait() == "filled"


async def test_put(store):
    await store.put(2)
    assert store.kept == [2]


async def test_handler(told, event_loop):
    event_loop.call_exception_handler({"message": "oh"})
    assert told == ["oh"]
    assert asyncio.get_running_loop().slow_callback_duration == 0.5


def test_sync(event_loop, filled):
    assert event_loop.run_until_complete(filled.wait()) == "filled"


def test_without(told):
    assert told == []
