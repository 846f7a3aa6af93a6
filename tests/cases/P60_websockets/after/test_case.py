from unittest.mock import MagicMock, call

import pytest

from app import pump


def coro(values):
    it = iter(values)

    async def nxt(*a):
        v = next(it)
        if isinstance(v, Exception):
            raise v
        return v

    return MagicMock(side_effect=nxt)


@pytest.mark.asyncio
async def test_order():
    ws = MagicMock()
    ws.recv = coro(["a", "b", ConnectionError()])
    ws.send = coro([None, None])
    assert await pump(ws, []) == ["a", "b", "closed"]
    assert ws.send.call_args_list == [call("ack a"), call("ack b")]
