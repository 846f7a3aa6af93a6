import asyncio

import pytest
import pytest_asyncio

from app.database import Database


@pytest.fixture(scope="session")
def event_loop():
    """One loop for all tests: the database belongs to it."""
    policy = asyncio.get_event_loop_policy()
    loop = policy.new_event_loop()
    yield loop
    loop.close()


@pytest_asyncio.fixture(scope="session")
async def database():
    database = await Database().connect()
    yield database
    await database.close()


@pytest_asyncio.fixture
async def clean(database):
    yield database
    await database.clear()


@pytest.fixture
def user(event_loop, clean):
    event_loop.run_until_complete(clean.insert("user", "Ada"))
    return "Ada"
