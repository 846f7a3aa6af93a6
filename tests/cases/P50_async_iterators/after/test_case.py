from unittest.mock import MagicMock

import pytest

from app import collect, collect_stream


class AsyncIter:
    def __init__(self, items):
        self.items = list(items)

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.items:
            raise StopAsyncIteration
        return self.items.pop(0)


async def gen():
    yield "a"
    yield "b"


@pytest.mark.asyncio
async def test_cursor():
    cursor = MagicMock()
    cursor.find.return_value = AsyncIter([1, 2])
    assert await collect(cursor) == [1, 2]


@pytest.mark.asyncio
async def test_stream():
    api = MagicMock()

    async def stream():
        return gen()

    api.stream.side_effect = stream
    assert await collect_stream(api) == ["a", "b"]
