import pytest


@pytest.mark.asyncio
async def test_insert(clean):
    await clean.insert("k", 1)
    assert await clean.select("k") == 1


class TestSync:
    def test_select(self, user, database, event_loop):
        assert event_loop.run_until_complete(database.select("user")) == user

    @pytest.mark.parametrize("value", [1, 2])
    def test_insert(self, clean, event_loop, value):
        event_loop.run_until_complete(clean.insert("k", value))
        assert clean.rows == {"k": value}

    @pytest.mark.slow
    def test_nothing(self, clean):
        assert clean.rows == {}


def test_without_any_loop():
    assert {}.get("k") is None
