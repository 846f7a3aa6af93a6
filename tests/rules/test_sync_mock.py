"""AW402: what code calls without ``await``, and what is left."""

from __future__ import annotations

from tests.rules.test_async_mock import project
from tests.traps.support import result, run, texts

ONLY = {"rules": frozenset({"AW402"})}


def changed(before: dict[str, str]) -> list[str]:
    """Return the lines of the tests that are new."""
    after = result(texts(before), run(texts(before), **ONLY))
    old = (texts(before)["test_it.py"] or "").splitlines()
    new = (after["test_it.py"] or "").splitlines()
    lines = [line for line in new if not line.startswith("from unittest.mock")]
    return [line.strip() for line in lines if line not in old]


def test_an_object_of_which_nothing_is_awaited():
    app = """
async def load(client):
    response = await client.get("/")
    response.raise_for_status()
    return response.json()["id"]
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    response = AsyncMock()
    response.json.return_value = {"id": 3}
    client = MagicMock(get=AsyncMock(return_value=response))
    assert await app.load(client) == 3
"""
    assert changed(project(app, test)) == ["response = MagicMock()"]


def test_only_the_attribute_where_others_are_awaited():
    app = """
async def send(writer):
    writer.write(b"")
    await writer.drain()
"""
    test = """
@pytest.mark.asyncio
async def test_send():
    writer = AsyncMock()
    await app.send(writer)
    writer.write.assert_called_once_with(b"")
"""
    assert changed(project(app, test)) == ["writer.write = MagicMock()"]


def test_an_explicit_mock_that_is_dropped():
    app = """
class Server:
    def __init__(self):
        self.log = None

    async def run(self):
        self.log("started")
"""
    test = """
@pytest.mark.asyncio
async def test_run():
    server = app.Server()
    server.log = AsyncMock()
    await server.run()
    server.log.assert_called_once()
"""
    assert changed(project(app, test)) == ["server.log = MagicMock()"]


def test_a_factory_of_context_managers():
    app = """
async def fetch(session):
    async with session.get("/") as response:
        return response
"""
    test = """
@pytest.mark.asyncio
async def test_fetch():
    session = MagicMock()
    session.get = AsyncMock()
    session.get.return_value.__aenter__.return_value = 3
    assert await app.fetch(session) == 3
"""
    assert changed(project(app, test)) == ["session.get = MagicMock()"]


def test_what_the_test_itself_drops_stays():
    app = """
def start(client):
    return client.connect()
"""
    test = """
def test_start():
    client = AsyncMock()
    app.start(client)
    client.connect.assert_called_once()
"""
    assert changed(project(app, test)) == []


def test_what_is_awaited_somewhere_stays():
    app = """
def fire(send):
    send("a")

async def wait(send):
    await send("b")
"""
    test = """
@pytest.fixture
def send():
    return AsyncMock()


def test_fire(send):
    app.fire(send)


@pytest.mark.asyncio
async def test_wait(send):
    await app.wait(send)
"""
    assert changed(project(app, test)) == []


def test_a_coroutine_that_travels_stays():
    app = """
class Queue:
    def __init__(self):
        self.jobs = []

    def put(self, send):
        self.jobs.append(send("a"))
"""
    test = """
def test_put():
    send = AsyncMock()
    app.Queue().put(send)
    send.assert_called_once_with("a")
"""
    assert changed(project(app, test)) == []


def test_what_stands_for_a_coroutine_function_stays():
    app = """
async def notify(text):
    return text

def fire(text):
    notify(text)
"""
    test = """
def test_fire():
    with patch("app.notify") as notify:
        app.fire("a")
    notify.assert_called_once_with("a")
"""
    assert changed(project(app, test)) == []


def test_a_path_that_may_not_be_taken():
    app = """
def fire(send, names):
    if names.first > 3:
        send("a")
"""
    test = """
def test_fire():
    send = AsyncMock()
    app.fire(send, MagicMock())
"""
    assert changed(project(app, test)) == []


LOG = """
class Server:
    def __init__(self, log):
        self.log = log

    async def run(self):
        self.log.write("started")
        return 1
"""


def test_a_side_effect_that_never_happened_does_not_begin_to():
    test = """
@pytest.mark.asyncio
async def test_run():
    log = AsyncMock()
    log.write.side_effect = OSError
    assert await app.Server(log).run() == 1
"""
    assert changed(project(LOG, test)) == []


def test_a_truth_that_a_coroutine_always_has():
    app = """
async def run(client):
    client.ping()
    if client.ping():
        return 1
    return 2
"""
    test = """
@pytest.mark.asyncio
async def test_run():
    client = AsyncMock()
    client.ping.return_value = False
    assert await app.run(client) == 1
"""
    assert changed(project(app, test)) == []


def test_an_error_that_the_code_keeps_to_itself():
    app = """
async def run(client):
    try:
        return client.get().title
    except Exception:
        return 1
"""
    test = """
@pytest.mark.asyncio
async def test_run():
    assert await app.run(AsyncMock()) == 1
"""
    assert changed(project(app, test)) == []


def test_what_code_that_is_not_read_has_too():
    app = """
import lib

async def run(client):
    client.close()
    await lib.finish(client)
"""
    test = """
@pytest.mark.asyncio
async def test_run():
    client = AsyncMock()
    await app.run(client)
"""
    assert changed(project(app, test)) == []
