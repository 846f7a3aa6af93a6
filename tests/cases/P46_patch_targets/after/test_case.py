from unittest.mock import AsyncMock, patch

import pytest

from app import report


@patch("app.download", new=AsyncMock(return_value=2))
@patch("app.Api")
@pytest.mark.asyncio
async def test_report(api):
    api.return_value.fetch = AsyncMock(return_value=1)
    assert await report() == 3
