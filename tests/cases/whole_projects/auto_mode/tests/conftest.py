import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from store import Store  # noqa: E402

problems = []


def note(loop, context):
    problems.append(context["message"])


@pytest.fixture(scope="session", autouse=True)
def event_loop():
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(note)
    loop.slow_callback_duration = 0.5
    yield loop
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    if pending:
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()


@pytest.fixture(scope="session")
async def store():
    return Store()


@pytest.fixture
async def filled(store):
    await store.put("filled")
    yield store
    store.kept.clear()


@pytest.fixture
def told():
    problems.clear()
    return problems
