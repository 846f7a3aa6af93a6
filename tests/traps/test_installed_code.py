"""Code under test that is installed beside the project, not part of it."""

import pytest

from tests.traps.support import cases, left, result, run, texts

INSTALLED = {
    "pkg": "from ._core import *\nfrom .client import Client, connect, facade, spawn\n",
    "pkg.__init__": "",
    "pkg._core": """
        import asyncio

        def drive(coro):
            loop = asyncio.new_event_loop()
            try:
                return loop.run_until_complete(coro)
            finally:
                loop.close()

        def schedule(f):
            try:
                return asyncio.get_running_loop().create_task(f())
            except RuntimeError:
                return drive(f())
        """,
    "pkg.client": """
        import asyncio
        import contextlib
        import contextvars

        from . import _core

        LOG = []
        VAR = contextvars.ContextVar("VAR", default=0)

        async def work():
            LOG.append("worked")

        async def held():
            try:
                await asyncio.sleep(10)
            finally:
                LOG.append("ended")

        def facade():
            return _core.drive(work())

        async def spawn():
            asyncio.create_task(work())

        async def hold():
            asyncio.create_task(held())
            await asyncio.sleep(0)

        @contextlib.asynccontextmanager
        async def session():
            try:
                yield 1
            finally:
                LOG.append("left")

        async def fetch():
            async with contextlib.AsyncExitStack() as stack:
                return await stack.enter_async_context(session())

        async def enter(value):
            VAR.set(value)

        def entered():
            return VAR.get()

        class Base:
            def call(self):
                return facade()

            async def fetch(self):
                await spawn()

        class Client(Base):
            def close(self):
                pass

        def connect():
            return Client()
        """,
    "bases": """
        from plain import Plain

        class Calling:
            def test_base(self):
                assert self.compute() == 1

        class Meta(type):
            pass

        class Made(metaclass=Meta):
            pass
        """,
    "plain": """
        class Plain:
            def name(self):
                return "plain"
        """,
    "quiet": """
        class Client:
            def call(self):
                return 1

            async def fetch(self):
                return 1

        def connect():
            return Client()
        """,
}
HEAD = """\
import asyncio

import pkg
import quiet
from pkg import client


async def go():
    return 1


"""


def project(body: str) -> dict[str, str]:
    """Return a test with a body, in a module that uses installed packages."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {"test_it.py": f"{HEAD}def test_one():\n{lines}"}


STARTS = {
    "function": "pkg.facade()",
    "starred": "pkg.drive(go())",
    "submodule": "client.facade()",
    "inherited method": "c = pkg.Client()\nc.call()",
    "method of what a function gives": "c = pkg.connect()\nc.call()",
    "handed on": "list(map(pkg.facade, []))",
}


@pytest.mark.parametrize("call", cases(STARTS))
def test_a_test_that_calls_a_facade_stays(call: str):
    body = f"assert asyncio.run(go()) == 1\n{call}"
    assert left(project(body), foreign=INSTALLED) == ["inner-loop"]


def test_a_facade_may_ask_for_the_loop():
    body = "assert asyncio.run(go()) == 1\npkg.schedule(go)"
    assert left(project(body), foreign=INSTALLED) == ["loop-asserted"]


QUIET = {
    "method": "quiet.Client().call()",
    "unknown": "quiet.connect().call()",
    "known to be quiet": "pkg.Client().close()",
}


@pytest.mark.parametrize("call", cases(QUIET))
def test_quiet_packages_hold_nothing_back(call: str):
    migrated = run(texts(project(f"{call}\nasyncio.run(go())")), foreign=INSTALLED)
    assert migrated.results


FORMS = {
    "tasks left by a run": (
        "asyncio.run(pkg.spawn())\nassert client.LOG",
        "    await pkg.spawn()\n    await asyncio.sleep(0)\n",
    ),
    "tasks left by a method": (
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(pkg.Client().fetch())\n"
        "assert client.LOG",
        "    await asyncio.create_task(pkg.Client().fetch())\n",
    ),
    "context variables": (
        "asyncio.run(client.enter(1))\nassert client.entered() == 0",
        "    await asyncio.create_task(client.enter(1))\n",
    ),
    "a context manager that ends": (
        "asyncio.run(client.fetch())\nassert client.LOG",
        "    await client.fetch()\n    assert",
    ),
    "nothing": (
        "asyncio.run(quiet.Client().fetch())\nassert client.LOG",
        "    await quiet.Client().fetch()\n    assert",
    ),
}


@pytest.mark.parametrize(("body", "awaited"), cases(FORMS))
def test_what_installed_code_leaves_behind(body: str, awaited: str):
    files = project(body)
    found = result(files, run(texts(files), foreign=INSTALLED))["test_it.py"]
    assert found and awaited in found


def test_a_run_that_cancels_tasks_of_installed_code():
    body = 'asyncio.run(client.hold())\nassert client.LOG == ["ended"]'
    assert left(project(body), foreign=INSTALLED) == ["run-boundary"]


def class_with(base: str) -> dict[str, str]:
    """Return a test class with an installed base."""
    return {
        "test_it.py": f"""
            import asyncio

            import bases
            import pytest


            async def go():
                return 1


            class TestIt(bases.{base}):
                def compute(self):
                    return asyncio.run(go())

                def test_one(self):
                    assert self.compute() == 1
            """
    }


def test_a_plain_installed_base_holds_nothing_back():
    files = texts(class_with("Plain"))
    found = result(files, run(files, foreign=INSTALLED))["test_it.py"]
    assert found and "assert await self.compute() == 1" in found


@pytest.mark.parametrize("base", ["Calling", "Made", "Missing"])
def test_an_installed_base_that_does_more(base: str):
    assert left(class_with(base), foreign=INSTALLED) == ["foreign-base"]
