"""AW501: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from awaitify_codemods import Bound
from tests.traps.support import check, left, reasons, result, run, texts

BOUND = Bound(5.0)
HEAD = """\
import asyncio
import contextlib

import pytest

from app import Client, wait_long


"""
APP = """\
import asyncio
from contextvars import ContextVar

who = ContextVar("who", default="")


class Client:
    def __init__(self):
        self.inbox = asyncio.Queue()
        self.ready = asyncio.Event()
        self.task = None

    async def start(self):
        self.reader, self.writer = await asyncio.open_connection("localhost", 1)
        self.task = asyncio.create_task(self.receive())

    async def receive(self):
        return await self._next()

    def receiving(self):
        return self.inbox.get()

    async def _next(self):
        return await self.inbox.get()

    async def bounded(self):
        return await asyncio.wait_for(self.inbox.get(), 1)

    async def send(self, item):
        await self.inbox.put(item)

    async def poll(self):
        while self.inbox.empty():
            await asyncio.sleep(0.1)

    async def named(self):
        who.set("me")
        return await self.inbox.get()


async def wait_long(client: Client):
    asyncio.current_task().set_name("long")
    await client.ready.wait()


async def drain(coroutine):
    return await coroutine
"""


def project(body: str, head: str = HEAD) -> dict[str, str]:
    """Return a project whose test has these statements."""
    test = indent(dedent(body).strip("\n"), "    ")
    text = f"{head}@pytest.mark.asyncio\nasync def test_it():\n{test}\n"
    return {"app.py": APP, "test_it.py": text}


def bounded(before: str, after: str, **how: object) -> None:
    """Assert that the body of a test becomes another one."""
    how = {"bound": BOUND, "python": (3, 12), **how}
    check(project(before), project(after), **how)


def kept(body: str, **how: object) -> list[str]:
    """Assert that a test stays as it is; return the reasons."""
    return left(project(body), **{"bound": BOUND, "python": (3, 12), **how})


WAITING = {
    "Queue.get": ("queue = asyncio.Queue()", "queue.get()"),
    "Queue.join": ("queue = asyncio.LifoQueue()", "queue.join()"),
    "a put into a queue with a size": ("queue = asyncio.Queue(1)", "queue.put(1)"),
    "Event.wait": ("event = asyncio.Event()", "event.wait()"),
    "Lock.acquire": ("lock = asyncio.Lock()", "lock.acquire()"),
    "Semaphore.acquire": ("lock = asyncio.Semaphore(2)", "lock.acquire()"),
    "a future of the loop": (
        "future = asyncio.get_running_loop().create_future()",
        "future",
    ),
    "Future": ("future = asyncio.Future()", "future"),
    "a task of what may wait": (
        "task = asyncio.create_task(Client().receive())",
        "task",
    ),
    "gather": ("client = Client()", "asyncio.gather(client.receive(), client.poll())"),
    "wait": (
        "tasks = [asyncio.create_task(Client().receive())]",
        "asyncio.wait(tasks)",
    ),
    "a method that waits": ("client = Client()", "client.receive()"),
    "a sync one that gives a coroutine": ("client = Client()", "client.receiving()"),
    "one that polls": ("client = Client()", "client.poll()"),
    "an attribute": ("client = Client()", "client.ready.wait()"),
    "a stream": ("client = Client()", "client.reader.readline()"),
    "another stream": (
        'reader, writer = await asyncio.open_connection("localhost", 1)',
        "reader.read()",
    ),
    "a process": (
        'process = await asyncio.create_subprocess_exec("true")',
        "process.wait()",
    ),
    "its output": (
        'process = await asyncio.create_subprocess_exec("true")',
        "process.stdout.readline()",
    ),
    "a server": (
        'server = await asyncio.start_server(print, "localhost", 0)',
        "server.wait_closed()",
    ),
    "a socket that is not known": (
        "socket = pytest.importorskip('x')",
        "socket.recv()",
    ),
}


class TestBounded:
    @pytest.mark.parametrize(
        "setup, awaited", WAITING.values(), ids=list(map(str, WAITING))
    )
    def test_what_waits(self, setup: str, awaited: str):
        after = f"await asyncio.wait_for({awaited}, timeout=5)"
        bounded(f"{setup}\nawait {awaited}", f"{setup}\n{after}")

    def test_in_an_assertion(self):
        bounded(
            "client = Client()\nassert (await client.receive()).x == 1",
            "client = Client()\n"
            "assert (await asyncio.wait_for(client.receive(), timeout=5)).x == 1",
        )

    def test_a_fraction_of_a_second(self):
        bounded(
            "await Client().receive()",
            "await asyncio.wait_for(Client().receive(), timeout=0.5)",
            bound=Bound(0.5),
        )

    def test_a_task_that_is_used_again_is_shielded(self):
        setup = "task = asyncio.create_task(Client().receive())\n"
        bounded(
            f"{setup}await task\nassert task.result() == 1",
            f"{setup}await asyncio.wait_for(asyncio.shield(task), timeout=5)\n"
            "assert task.result() == 1",
        )

    def test_a_task_of_an_object_is_shielded(self):
        setup = "client = Client()\nawait client.start()\n"
        bounded(
            f"{setup}await client.task",
            f"{setup}await asyncio.wait_for(asyncio.shield(client.task), timeout=5)",
        )


FINE = {
    "what does not wait": "await Client().send(1)",
    "a put into a queue without end": "queue = asyncio.Queue()\nawait queue.put(1)",
    "a sleep": "await asyncio.sleep(1)",
    "what waits for a while": "await Client().bounded()",
    "wait_for": "await asyncio.wait_for(Client().receive(), 1)",
    "asyncio.timeout": ("async with asyncio.timeout(1):\n    await Client().receive()"),
    "a time-out of its own": "await Client().receive(timeout=1)",
    "a task that ends": "task = asyncio.create_task(Client().send(1))\nawait task",
    "a task that is cancelled": (
        "task = asyncio.create_task(Client().receive())\n"
        "task.cancel()\nawait asyncio.gather(task, return_exceptions=True)"
    ),
    "the head of a block": "async with await Client().receive():\n    pass",
    "entering by hand": "await Client().receive().__aenter__()",
}
LEFT = {
    "TimeoutError": "with pytest.raises(TimeoutError):\n    await Client().receive()",
    "asyncio.TimeoutError": (
        "with pytest.raises(asyncio.TimeoutError):\n    await Client().receive()"
    ),
    "CancelledError": (
        "with pytest.raises(asyncio.CancelledError):\n    await Client().receive()"
    ),
    "SystemExit": "with pytest.raises(SystemExit):\n    await Client().receive()",
    "KeyboardInterrupt": (
        "with pytest.raises((ValueError, KeyboardInterrupt)):\n"
        "    await Client().receive()"
    ),
    "any exception": "with pytest.raises(Exception):\n    await Client().receive()",
    "OSError": "with pytest.raises(OSError):\n    await Client().receive()",
    "suppress": (
        "with contextlib.suppress(asyncio.CancelledError):\n"
        "    await Client().receive()"
    ),
    "except": (
        "try:\n    await Client().receive()\nexcept asyncio.CancelledError:\n    pass"
    ),
    "a bare except": "try:\n    await Client().receive()\nexcept:\n    pass",
    "a name": (
        "expecting = pytest.raises(TimeoutError)\n"
        "with expecting:\n    await Client().receive()"
    ),
}


class TestLeft:
    @pytest.mark.parametrize("body", FINE.values(), ids=list(FINE))
    def test_what_needs_no_time_out(self, body: str):
        assert kept(body) == []

    @pytest.mark.parametrize("body", LEFT.values(), ids=list(LEFT))
    def test_what_expects_a_time_out(self, body: str):
        assert kept(body) == ["time-out-expected"]

    def test_a_parametrized_context(self):
        head = f"{HEAD}@pytest.mark.parametrize('expecting', [pytest.raises(E)])\n"
        for error, said in (("TimeoutError", ["time-out-expected"]), ("KeyError", [])):
            files = project(
                "with expecting:\n    await Client().receive()",
                head.replace("(E)", f"({error})"),
            )
            files["test_it.py"] = files["test_it.py"].replace("_it()", "_it(expecting)")
            assert reasons(files, bound=BOUND, python=(3, 12)) == said

    def test_a_choice_of_contexts(self):
        context = "contextlib.nullcontext() if 1 else pytest.raises(TimeoutError)"
        body = f"with {context}:\n    await Client().receive()"
        assert kept(body) == ["time-out-expected"]

    def test_another_exception_is_none(self):
        bounded(
            "with pytest.raises(ValueError):\n    await Client().receive()",
            "with pytest.raises(ValueError):\n"
            "    await asyncio.wait_for(Client().receive(), timeout=5)",
        )

    def test_without_a_bound(self):
        assert kept("await Client().receive()", bound=None) == []

    def test_another_task_before_python_3_12(self):
        assert kept("await wait_long(Client())", python=(3, 11)) == ["task-context"]
        assert kept("await Client().named()", python=(3, 11)) == ["task-context"]
        assert kept("await Client().named()", python=None) == ["task-context"]

    def test_the_same_task_since(self):
        bounded(
            "await Client().named()",
            "await asyncio.wait_for(Client().named(), timeout=5)",
        )


def test_a_drive_of_the_same_plan():
    before = """
        import asyncio

        from app import Client

        def test_it():
            client = Client()
            assert asyncio.run(client.receive()) == 1
    """
    after = """
        import asyncio

        import pytest

        from app import Client

        @pytest.mark.asyncio
        async def test_it():
            client = Client()
            assert await asyncio.wait_for(client.receive(), timeout=5) == 1
    """
    check({"app.py": APP, "test_it.py": before}, {"test_it.py": after}, bound=BOUND)


def test_what_a_drive_of_the_same_plan_gives():
    before = """
        import asyncio

        import pytest

        from app import Client

        async def make():
            return Client()

        async def open_queue():
            return asyncio.Queue()

        @pytest.fixture
        def client():
            return asyncio.run(make())

        def test_it(client):
            loop = asyncio.new_event_loop()
            queue = loop.run_until_complete(open_queue())
            reader, writer = loop.run_until_complete(asyncio.open_connection("x", 1))
            loop.run_until_complete(queue.get())
            loop.run_until_complete(reader.read())
            loop.close()

        def test_fixture(client):
            asyncio.run(client.receive())
    """
    after = """
        import asyncio

        import pytest
        import pytest_asyncio

        from app import Client

        async def make():
            return Client()

        async def open_queue():
            return asyncio.Queue()

        @pytest_asyncio.fixture
        async def client():
            return await make()

        @pytest.mark.asyncio
        async def test_it(client):
            queue = await open_queue()
            reader, writer = await asyncio.open_connection("x", 1)
            await asyncio.wait_for(queue.get(), timeout=5)
            await asyncio.wait_for(reader.read(), timeout=5)

        @pytest.mark.asyncio
        async def test_fixture(client):
            await asyncio.wait_for(client.receive(), timeout=5)
    """
    how = {"bound": BOUND, "python": (3, 12)}
    check({"app.py": APP, "test_it.py": before}, {"test_it.py": after}, **how)


def test_in_a_format_string():
    bounded(
        "client = Client()\nx = f'{await client.receive()} {await client.send(1)}'\n"
        "await client.poll()",
        "client = Client()\nx = f'{await asyncio.wait_for(client.receive(), timeout=5)}"
        " {await client.send(1)}'\nawait asyncio.wait_for(client.poll(), timeout=5)",
    )


def test_fixtures_keep_what_they_await():
    text = """
        import pytest_asyncio

        from app import Client

        @pytest_asyncio.fixture
        async def test_client():
            return await Client().receive()
    """
    assert left({"app.py": APP, "test_it.py": text}, bound=BOUND) == []


OLDER = {"python": (3, 10), "bound": BOUND}
TAKING = """
async def take():
    await queue.get()

queue = asyncio.Queue()
task = asyncio.create_task(take())
await queue.get()
"""


class TestBeforePython312:
    """`wait_for` runs coroutines in another task, a turn later."""

    def test_a_task_may_take_the_item_first(self):
        assert kept(TAKING, **OLDER) == ["contended"]

    def test_it_takes_from_another_queue(self):
        body = TAKING.replace("await queue.get()\n\n", "await other.get()\n\n")
        body = body.replace("queue = ", "other = asyncio.Queue()\nqueue = ")
        after = "asyncio.wait_for(queue.get(), timeout=5)"
        assert body.endswith("await queue.get()\n")
        bounded(body, f"{body.removesuffix('queue.get()' + chr(10))}{after}", **OLDER)

    def test_what_is_not_known_may_take_it(self):
        body = TAKING.replace("take())", "pytest.unknown())")
        assert kept(body, **OLDER) == ["contended"]

    def test_turns_are_counted(self):
        body = "event = asyncio.Event()\nawait asyncio.sleep(0)\nawait event.wait()"
        assert kept(body, **OLDER) == ["turn-counted"]
        after = body.replace(
            "event.wait()", "asyncio.wait_for(event.wait(), timeout=5)"
        )
        bounded(body, after)


class TestClocks:
    """Time that a test moves itself."""

    @pytest.mark.parametrize(
        "line",
        [
            "freezegun.freeze_time('2020-01-01').start()",
            "time_machine.travel(0).start()",
            "asyncio.get_running_loop().time = lambda: 0",
            "patch('time.monotonic').start()",
            "patch.object(asyncio.get_running_loop(), 'call_later').start()",
            "patch('asyncio.wait_for').start()",
        ],
    )
    def test_in_the_test(self, line: str):
        assert kept(f"{line}\nawait Client().receive()") == ["clocked-test"]

    def test_by_a_decorator(self):
        head = f"{HEAD}@freeze_time('2020-01-01')\n"
        files = project("await Client().receive()", head)
        assert left(files, bound=BOUND) == ["clocked-test"]

    def test_by_a_fixture(self):
        head = f"{HEAD}@pytest.fixture(autouse=True)\ndef clock(FakeClock):\n    pass\n"
        head = head.replace("FakeClock", "monkeypatch").replace(
            "pass", "monkeypatch.setattr('time.monotonic', lambda: 0)"
        )
        files = project("await Client().receive()", f"{head}\n\n")
        assert left(files, bound=BOUND) == ["clocked-test"]

    def test_of_a_conftest(self):
        files = project("await Client().receive()")
        files["conftest.py"] = "import async_solipsism\n"
        assert left(files, bound=BOUND) == ["clocked-test"]

    def test_of_another_test(self):
        other = "def test_other():\n    freeze_time('2020-01-01').start()\n\n\n"
        files = project("await Client().receive()", f"{HEAD}{other}")
        assert reasons(files, bound=BOUND, python=(3, 12)) == []

    def test_another_time(self):
        setup = "patch('time.time').start()\n"
        bounded(
            f"{setup}await Client().receive()",
            f"{setup}await asyncio.wait_for(Client().receive(), timeout=5)",
        )


class TestOthers:
    """Tests that are not ours, or have a time-out already."""

    @pytest.mark.parametrize(
        "head, reason",
        [
            ("@pytest.mark.timeout(3)\n", None),
            ("pytestmark = [pytest.mark.timeout(3)]\n\n\n", None),
            ("import trio\n\n\n", "anyio-or-trio"),
            ("@pytest.mark.anyio\n", "anyio-or-trio"),
        ],
    )
    def test_all_tests_of_a_file(self, head: str, reason: str | None):
        files = project("await Client().receive()", HEAD + head)
        assert left(files, bound=BOUND) == ([reason] if reason else [])

    def test_a_class_that_is_not_known(self):
        text = """
            import asyncio

            from twisty import TestCase

            class TestIt(TestCase):
                async def test_it(self):
                    await asyncio.Event().wait()
        """
        assert left(text, bound=BOUND) == ["foreign-base"]

    def test_a_name_that_is_taken(self):
        text = """
            from asyncio import Event

            import pytest

            @pytest.mark.asyncio
            async def test_it():
                asyncio = None
                await Event().wait()
        """
        assert left(text, bound=BOUND) == ["name-taken"]


class TestEvery:
    """`--timeout-all`."""

    ALL = Bound(5.0, every=True)

    def test_what_is_not_known(self):
        bounded(
            "value = await pytest.unknown(1)\nawait asyncio.sleep(1)",
            "value = await asyncio.wait_for(pytest.unknown(1), timeout=5)\n"
            "await asyncio.sleep(1)",
            bound=self.ALL,
        )

    def test_what_has_a_time_out(self):
        body = "\n".join(f"{FINE[k]}" for k in ("wait_for", "asyncio.timeout"))
        assert kept(body, bound=self.ALL) == []
        assert kept(FINE["what waits for a while"], bound=self.ALL) == []

    def test_what_may_be_a_task_and_is_used_again(self):
        body = "task = pytest.unknown()\nawait task\nprint(task)"
        assert kept(body, bound=self.ALL) == ["unknown-value"]


class TestBody:
    """`--timeout-style timeout`."""

    BODY = Bound(5.0, "timeout")

    def test_the_whole_body_below_its_docstring(self):
        bounded(
            '"""It gets."""\n\n# a comment\nclient = Client()\n'
            "await client.receive()\nassert client",
            '"""It gets."""\n\n# a comment\nasync with asyncio.timeout(5):\n'
            "    client = Client()\n    await client.receive()\n    assert client",
            bound=self.BODY,
        )

    def test_an_older_python(self):
        after = "await asyncio.wait_for(Client().receive(), timeout=5)"
        bounded("await Client().receive()", after, **{**OLDER, "bound": self.BODY})

    def test_no_other_task(self):
        bounded(
            "await Client().named()",
            "async with asyncio.timeout(5):\n    await Client().named()",
            bound=self.BODY,
            python=(3, 11),
        )

    def test_a_time_out_that_is_expected(self):
        assert kept(LEFT["TimeoutError"], bound=self.BODY) == ["time-out-expected"]


TOGETHER = """
    import asyncio
    import time

    import pytest

    from app import Client

    async def forever():
        while True:
            await asyncio.sleep(1)

    @pytest.mark.asyncio
    async def test_left_running():
        task = asyncio.create_task(forever())
        client = Client()
        await client.send(1)
        time.sleep(0.01)
        assert await client.receive() == 1

    @pytest.mark.asyncio
    async def test_cancelled():
        client = Client()
        task = asyncio.create_task(client.receive())
        await asyncio.sleep(0)
        task.cancel()
"""


@pytest.mark.parametrize("bound", [BOUND, Bound(5.0, every=True)])
def test_beside_what_else_is_done_to_a_test(bound: Bound):
    files = texts({"app.py": APP, "test_it.py": TOGETHER})
    done = result(files, run(files, unsafe=True, bound=bound, python=(3, 12)))
    after = done["test_it.py"]
    assert after is not None
    assert "assert await asyncio.wait_for(client.receive(), timeout=5) == 1" in after
    assert "await asyncio.sleep(0.01)" in after
    assert "task.cancel()\n    await asyncio." in after


def test_tornado_has_a_time_out_of_its_own():
    text = """
        from tornado.testing import AsyncTestCase, gen_test

        from app import Client

        class TestIt(AsyncTestCase):
            @gen_test
            async def test_it(self):
                await Client().receive()
    """
    assert left({"app.py": APP, "test_it.py": text}, bound=BOUND) == []


def test_a_generator_that_is_a_coroutine():
    before = """
        import types

        import pytest

        from app import Client

        @types.coroutine
        def receive():
            value = yield from Client().receive()
            return value

        @pytest.mark.asyncio
        async def test_it():
            await receive()
    """
    how = {"bound": BOUND, "python": (3, 12)}
    files = texts({"app.py": APP, "test_it.py": before})
    after = result(files, run(files, **how))["test_it.py"]
    assert after is not None
    assert "await asyncio.wait_for(receive(), timeout=5)" in after


class TestWatched:
    """Code under test that looks at calls of `wait_for`."""

    METHODS = """
    import asyncio

    METHODS = ["create_task", "wait_for"]

    def instrument(wrap):
        for name in METHODS:
            setattr(asyncio, name, wrap(getattr(asyncio, name)))
    """

    def test_by_its_name(self):
        files = project("await Client().receive()")
        files["watch.py"] = dedent(self.METHODS).strip("\n")
        assert left(files, bound=BOUND, python=(3, 12)) == ["runner-patched"]

    def test_who_only_calls_it(self):
        files = project("await Client().receive()")
        code = "import asyncio\n\nasync def get(queue):\n"
        files["watch.py"] = f"{code}    return await asyncio.wait_for(queue.get(), 1)\n"
        assert reasons(files, bound=BOUND, python=(3, 12)) == []
