from unittest.mock import patch

import pytest

from app import lookup, read_flag
import app


@pytest.mark.asyncio
async def test_no_return():
    seen = []

    async def go():
        nonlocal seen
        seen = [await lookup("ada")]
        assert seen == ["Ada"]

    await go()
    assert seen


@pytest.mark.asyncio
async def test_with_result():
    async def go(name):
        if not name:
            return None
        return await lookup(name)

    assert await go("") is None
    assert await go("bo") == "Bo"


@pytest.mark.asyncio
async def test_drive_inside_patch():
    async def go():
        return await read_flag()

    with patch.dict(app.flag, on=True):
        assert await go() is True
    assert await go() is False
