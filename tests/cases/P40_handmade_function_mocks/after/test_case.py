from unittest import mock

import pytest

from app import Server


def AsyncMock(*args, **kwargs):
    m = mock.MagicMock(*args, **kwargs)

    async def mock_coro(*args, **kwargs):
        return m(*args, **kwargs)

    mock_coro.mock = m
    return mock_coro


@pytest.mark.asyncio
async def test_emit():
    transport = mock.MagicMock()
    transport.send = mock.AsyncMock()
    server = Server(transport)
    server.save = mock.AsyncMock(return_value="saved")
    assert await server.emit("e", 1) == "saved"
    transport.send.assert_called_once_with("e")
    assert server.save.call_args[0] == (1,)


@pytest.mark.asyncio
async def test_wraps():
    transport = mock.MagicMock()
    transport.send = mock.AsyncMock(return_value=None)
    assert await Server(transport).emit("e", 2) == 2
    transport.send.assert_called_once_with("e")


@pytest.mark.asyncio
async def test_patched_on_class_keeps_helper():
    server = Server(mock.MagicMock(send=mock.AsyncMock()))
    with mock.patch.object(Server, "save", new=AsyncMock(return_value=9)) as save:
        assert await server.emit("e", 3) == 9
    save.mock.assert_called_once_with(server, 3)
