from unittest.mock import MagicMock, Mock

import pytest

from app import read


class AsyncContextManagerMock(Mock):
    async def __aenter__(self):
        return self.aenter

    async def __aexit__(self, *args):
        pass


class FakeResponse:
    async def text(self):
        return "body"


@pytest.mark.asyncio
async def test_subclass():
    session = MagicMock()
    session.get.return_value = AsyncContextManagerMock()
    session.get.return_value.aenter = FakeResponse()
    assert await read(session, "u") == "body"
    session.get.assert_called_once_with("u")


@pytest.mark.asyncio
async def test_magicmock_protocol():
    session = MagicMock()
    session.get.return_value.__aenter__.return_value = FakeResponse()
    assert await read(session, "u") == "body"
