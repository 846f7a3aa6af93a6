import pytest_asyncio

from app.server import Server


@pytest_asyncio.fixture(scope="session")
async def server(database):
    server = Server(database)
    await server.start()
    yield server
    await server.stop()
