"""AW411: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from tests.traps.support import cases, check, left, reasons

DEFINITION = '''\
def AsyncMock(*args, **kwargs):
    """Return a mock."""
    m = mock.MagicMock(*args, **kwargs)

    async def mock_coro(*args, **kwargs):
        return m(*args, **kwargs)

    mock_coro.mock = m
    return mock_coro
'''
IMPORTS = (
    "import asyncio\nimport inspect\nfrom unittest import mock\n\nimport pytest\n\n"
)
HEAD = f"{IMPORTS}from app import Server, send, start\n\n\n{DEFINITION}\n\n"
APP = """
import asyncio
import inspect

class Server:
    def __init__(self, transport=None):
        self.transport = transport or unknown()
        self.tasks = []

    async def emit(self, event):
        return await self.transport.send(event)

    async def save(self):
        return 1

    def on(self, handler):
        self.handler = handler

    async def fire(self):
        if inspect.iscoroutinefunction(self.handler):
            return await self.handler()
        return self.handler()

async def send(client, *args):
    return await client.send(*args)

def start(client):
    return asyncio.create_task(client.send())
"""
TEST = "@pytest.mark.asyncio\nasync def test_it({}):\n    {}\n"


def project(body: str, head: str = HEAD, parameters: str = "") -> dict[str, str]:
    lines = "\n    ".join(body.strip().splitlines())
    return {"app.py": APP, "test_it.py": head + TEST.format(parameters, lines)}


KEPT = {
    "the mock behind the hop is handed on": (
        "m = AsyncMock()\nassert await m() is m.mock.return_value\nshow(m.mock)",
        ["mixed-use"],
    ),
    "the mock behind the hop is called": (
        "m = AsyncMock()\nm.mock()\nm.mock.assert_called_once()",
        ["mixed-use"],
    ),
    "a child of the mock behind the hop": (
        "m = AsyncMock()\nawait m()\nassert m.mock.child",
        ["mixed-use"],
    ),
    "something else may have the hop": (
        "m = AsyncMock()\nother = mock.MagicMock()\n"
        "for each in [m, other]:\n    each.mock.assert_not_called()",
        ["mixed-use"],
    ),
    "a hop of what is not known": (
        "m = AsyncMock()\nawait m()\nkept = store(m)\nkept.mock.assert_not_called()",
        ["unknown-value"],
    ),
    "a hop that is spelled as a string": (
        "m = AsyncMock()\nawait m()\ngetattr(m, 'mock').assert_called_once()",
        ["unknown-value"],
    ),
    "a hop in code that never runs": (
        "m = AsyncMock()\nawait m()\nif False:\n    m.mock.assert_not_called()",
        ["unknown-value"],
    ),
    "it is handed to what is not read": (
        "m = AsyncMock()\nregister(m)\nawait m()\nm.mock.assert_called_once_with()",
        ["mixed-use"],
    ),
    "it is put at a place that is not known": (
        "c = mock.MagicMock()\nm = AsyncMock()\nsetattr(c, name(), m)\nawait m()\n"
        "c.send.mock.assert_not_called()",
        ["mixed-use"],
    ),
    "what it is given wraps a coroutine function": (
        "m = AsyncMock(wraps=send)\nassert await (await m(1))",
        ["unknown-value"],
    ),
    "attributes of a function": (
        "m = AsyncMock()\nassert m.__name__ == 'mock_coro'",
        ["mixed-use"],
    ),
    "an attribute that is not there": (
        "m = AsyncMock()\nassert not hasattr(m, 'close')",
        ["mixed-use"],
    ),
    "an attribute that means nothing to a function": (
        "m = AsyncMock()\nm.return_value = 1\nassert await m() is not 1",
        ["mixed-use"],
    ),
    "it is asked for its kind": (
        "m = AsyncMock()\nassert inspect.isfunction(m)",
        ["branch-on-kind"],
    ),
    "a coroutine function as side effect": (
        "async def f():\n    return 1\nm = AsyncMock(side_effect=f)\n"
        "assert await (await m()) == 1",
        ["mixed-use"],
    ),
    "a list of results, whose end is noticed": (
        "m = AsyncMock(side_effect=[1])\nawait m()\n"
        "with pytest.raises(RuntimeError):\n    await m()",
        ["mixed-use"],
    ),
    "a side effect that is not known": (
        "m = AsyncMock()\nm.mock.side_effect = unknown()\nawait m()",
        ["unknown-value"],
    ),
    "a call that is not awaited, and not counted": (
        "m = AsyncMock()\nm().close()\nm.mock.assert_not_called()",
        ["mixed-use"],
    ),
    "a task that has not run yet": (
        "c = mock.MagicMock()\nc.send = AsyncMock()\ntask = start(c)\n"
        "c.send.mock.assert_not_called()\nawait task",
        ["mixed-use"],
    ),
    "the parent would count its calls": (
        "c = mock.MagicMock()\nc.send = AsyncMock()\nawait send(c)\n"
        "assert c.mock_calls == []",
        ["mixed-use"],
    ),
    "the parent would reset it": (
        "c = mock.MagicMock()\nc.send = AsyncMock()\nawait send(c)\nc.reset_mock()\n"
        "c.send.mock.assert_called_once_with()",
        ["mixed-use"],
    ),
    "it is handed on without a call": ("show(AsyncMock)", ["helper-escapes"]),
    "patched on a class": (
        "server = Server()\nwith mock.patch.object(Server, 'save', AsyncMock()) as m:\n"
        "    await server.save()\nm.mock.assert_called_once_with(server)",
        ["class-patched-helper"],
    ),
    "made by patch on a class": (
        "server = Server()\n"
        "with mock.patch('app.Server.save', new_callable=AsyncMock) as m:\n"
        "    await server.save()\nm.mock.assert_called_once_with(server)",
        ["class-patched-helper"],
    ),
    "set on a class": (
        "Server.save = AsyncMock()\nserver = Server()\nawait server.save()\n"
        "Server.save.mock.assert_called_once_with(server)",
        ["class-patched-helper"],
    ),
    "in the body of a class": (
        "class Fake:\n    send = AsyncMock()\nc = Fake()\nawait send(c)\n"
        "c.send.mock.assert_called_once_with(c)",
        ["class-patched-helper"],
    ),
}


@pytest.mark.parametrize(("body", "why"), cases(KEPT))
def test_a_mock_stays_with_all_that_leads_through_it(body: str, why: list[str]):
    assert left(project(body), unsafe=True) == why


def test_one_that_stays_holds_those_that_share_a_hop():
    body = """
for c in (AsyncMock(), AsyncMock(side_effect=other())):
    await c()
    c.mock.assert_called_once()
"""
    assert left(project(body), unsafe=True) == ["unknown-value", "unknown-value"]


def test_a_hop_in_shared_code_that_nobody_was_seen_to_take_holds_all():
    shared = "def check(m):\n    m.mock.assert_not_called()\n\n\n"
    body = "m = AsyncMock()\nawait m()\nm.mock.assert_called_once_with()"
    assert left(project(body, HEAD + shared), unsafe=True) == ["unknown-value"]


def test_a_hop_in_shared_code_that_stays_holds_all():
    shared = "def check(m):\n    m.mock.assert_called_once()\n\n\n"
    body = """
m = AsyncMock()
await m()
check(m)
n = AsyncMock(side_effect=unknown())
await n()
check(n)
o = AsyncMock()
await o()
"""
    found = left(project(body, HEAD + shared), unsafe=True)
    assert found == ["mixed-use", "unknown-value", "mixed-use"]


def test_a_hop_in_shared_code_stays_with_what_may_reach_it():
    shared = "def check(m):\n    m.mock.assert_called_once()\n\n\n"
    body = """
m = AsyncMock()
await m()
check(m)
n = AsyncMock(side_effect=unknown())
await n()
found("check")(n)
"""
    found = left(project(body, HEAD + shared), unsafe=True)
    assert found == ["mixed-use", "mixed-use"]


def test_one_of_many_holds_all_that_a_loop_goes_through():
    body = """
mocks = [AsyncMock(), AsyncMock(), AsyncMock(), AsyncMock(), AsyncMock(wraps=send)]
for m in mocks:
    m.mock.assert_not_called()
"""
    assert left(project(body), unsafe=True) == ["unknown-value"] * 5


def test_a_folder_of_tests_that_is_called_like_a_library():
    before = (
        "@pytest.mark.asyncio\n"
        "@mock.patch('asyncio.wait_for', new_callable=AsyncMock)\n"
        "async def test_it(wait_for):\n    await asyncio.wait_for(1, 2)\n"
        "    assert asyncio.wait_for.mock.call_count == 1\n"
    )
    after = before.replace("=AsyncMock", "=mock.AsyncMock").replace("for.mock.", "for.")
    folder = "tests/asyncio/"
    check(
        {
            "app.py": APP,
            f"{folder}__init__.py": "",
            f"{folder}test_it.py": HEAD + before,
        },
        {f"{folder}test_it.py": BARE + after},
        unsafe=True,
    )


def test_a_hop_below_a_function_of_a_library_may_be_anything():
    body = """
m = AsyncMock()
replace(asyncio, m)
asyncio.sleep.mock.assert_not_called()
n = AsyncMock()
"""
    assert left(project(body), unsafe=True) == ["unknown-value", "unknown-value"]


def test_a_hop_below_an_attribute_that_is_a_method_by_its_class():
    # What raises before it is reached says nothing of the hop.
    body = """
server = Server()
server.save = AsyncMock()
await server.save()
raise_it("x".nothing)
server.save.mock.assert_not_called()
"""
    assert left(project(body), unsafe=True) == ["unknown-value"]


def test_what_may_have_returned_before_does_not_raise_for_certain():
    shared = (
        "async def run(server, event):\n    if not await server.save():\n"
        "        return\n    await server.emit(event.name)\n\n\n"
    )
    body = (
        "server = Server()\nserver.save = AsyncMock(return_value=falsy())\n"
        "await run(server, 'x')\nserver.save.mock.assert_called_once_with()"
    )
    after = body.replace("=AsyncMock", "=mock.AsyncMock").replace(
        "= AsyncMock", "= mock.AsyncMock"
    )
    after = after.replace("save.mock.assert", "save.assert")
    check(project(body, HEAD + shared), project(after, BARE + shared), unsafe=True)


def test_nothing_changes_without_being_asked_for():
    body = "m = AsyncMock()\nawait m()\nm.mock.assert_called_once_with()"
    assert left(project(body)) == []


BARE = f"{IMPORTS}from app import Server, send, start\n\n\n"

DONE = {
    "by way of the code under test": (
        "server = Server()\nserver.transport.send = AsyncMock(return_value=1)\n"
        "assert await server.emit('x') == 1\n"
        "server.transport.send.mock.assert_called_once_with('x')",
        "server = Server()\nserver.transport.send = mock.AsyncMock(return_value=1)\n"
        "assert await server.emit('x') == 1\n"
        "server.transport.send.assert_called_once_with('x')",
    ),
    "configured at one path, asserted at another": (
        "make = mock.MagicMock(**{'return_value.send': AsyncMock()})\n"
        "server = Server(make())\nawait server.emit('x')\n"
        "server.transport.send.mock.assert_called_once_with('x')",
        "make = mock.MagicMock(**{'return_value.send': mock.AsyncMock()})\n"
        "server = Server(make())\nawait server.emit('x')\n"
        "server.transport.send.assert_called_once_with('x')",
    ),
    "made by patch": (
        "import app\nwith mock.patch('app.send', new_callable=AsyncMock) as m:\n"
        "    await app.send(1)\nm.mock.assert_called_once_with(1)",
        "import app\nwith mock.patch('app.send', new_callable=mock.AsyncMock) as m:\n"
        "    await app.send(1)\nm.assert_called_once_with(1)",
    ),
    "given to patch": (
        "import app\nwith mock.patch('app.send', new=AsyncMock()) as m:\n"
        "    await app.send(1)\nm.mock.assert_called_once_with(1)",
        "import app\nwith mock.patch('app.send', new=mock.AsyncMock()) as m:\n"
        "    await app.send(1)\nm.assert_called_once_with(1)",
    ),
    "by another name": (
        "make = AsyncMock\nm = make()\nawait m()\nm.mock.assert_called_once_with()",
        "make = mock.AsyncMock\nm = make()\nawait m()\nm.assert_called_once_with()",
    ),
    "the mock behind the hop has a name": (
        "c = mock.MagicMock()\nc.send = AsyncMock()\ninner = c.send.mock\n"
        "inner.side_effect = [1, 2]\nassert await send(c) == 1\n"
        "inner.assert_called_once_with()",
        "c = mock.MagicMock()\nc.send = mock.AsyncMock()\ninner = c.send\n"
        "inner.side_effect = [1, 2]\nassert await send(c) == 1\n"
        "inner.assert_called_once_with()",
    ),
    "children of what it returns are sync": (
        "c = mock.MagicMock()\nc.send = AsyncMock()\n"
        "c.send.mock.return_value.json.return_value = 1\n"
        "assert (await send(c)).json() == 1",
        "c = mock.MagicMock()\nc.send = mock.AsyncMock(return_value=mock.MagicMock())\n"
        "c.send.return_value.json.return_value = 1\n"
        "assert (await send(c)).json() == 1",
    ),
    "a hop that never was one": (
        "m = AsyncMock()\nawait m()\nm.mock.assert_called_once_with()\n"
        "c = mock.MagicMock()\nc.mock.assert_not_called()",
        "m = mock.AsyncMock()\nawait m()\nm.assert_called_once_with()\n"
        "c = mock.MagicMock()\nc.mock.assert_not_called()",
    ),
    "a coroutine function is one": (
        "server = Server()\nm = AsyncMock(return_value=2)\nserver.on(m)\n"
        "assert await server.fire() == 2\nm.mock.assert_called_once_with()",
        "server = Server()\nm = mock.AsyncMock(return_value=2)\nserver.on(m)\n"
        "assert await server.fire() == 2\nm.assert_called_once_with()",
    ),
    "a list that ends in an exception": (
        "m = AsyncMock(side_effect=[1, RuntimeError])\nawait m()\n"
        "with pytest.raises(RuntimeError):\n    await m()",
        "m = mock.AsyncMock(side_effect=[1, RuntimeError])\nawait m()\n"
        "with pytest.raises(RuntimeError):\n    await m()",
    ),
}


@pytest.mark.parametrize(("before", "after"), cases(DONE))
def test_a_mock_and_its_hops_are_replaced(before: str, after: str):
    check(project(before), project(after, BARE), unsafe=True)


def test_a_decorator_of_a_class_patches_for_each_method():
    before = (
        "@mock.patch('app.send', new_callable=AsyncMock)\nclass TestSend:\n"
        "    @pytest.mark.asyncio\n    async def test_it(self, m):\n"
        "        import app\n        await app.send(1)\n"
        "        m.mock.assert_called_once_with(1)\n"
    )
    after = before.replace("=AsyncMock", "=mock.AsyncMock").replace("m.mock.", "m.")
    check(
        {"app.py": APP, "test_it.py": HEAD + before},
        {"test_it.py": BARE + after},
        unsafe=True,
    )


ONE = TEST.format("", "m = AsyncMock()\n    await m()\n    m.mock.assert_called()")
MODERN = ONE.replace("m.mock.", "m.")
STYLE = "from unittest.mock import {}\n\nimport pytest\n"


def test_a_module_of_helpers_goes_with_its_last_use():
    imported = "\nfrom tests.helpers import AsyncMock\n\n"
    by_module = "import pytest\n\nfrom tests import helpers\n\n"
    check(
        {
            "tests/__init__.py": "",
            "tests/helpers.py": f"from unittest import mock\n\n\n{DEFINITION}",
            "tests/test_one.py": STYLE.format("MagicMock") + imported + ONE,
            "tests/test_two.py": by_module + ONE.replace("Async", "helpers.Async"),
            "tests/test_three.py": "from tests.helpers import AsyncMock\nx = 1\n",
        },
        {
            "tests/helpers.py": None,
            "tests/test_one.py": STYLE.format("AsyncMock, MagicMock") + f"\n{MODERN}",
            "tests/test_two.py": STYLE.format("AsyncMock") + f"\n{MODERN}",
            "tests/test_three.py": "x = 1\n",
        },
        unsafe=True,
    )


def test_a_star_gives_the_name_no_more():
    star = "import pytest\n\nfrom tests.helpers import *\n\n"
    more = "\n\nNUMBER = 1\n"
    check(
        {
            "tests/__init__.py": "",
            "tests/helpers.py": f"from unittest import mock\n\n\n{DEFINITION}{more}",
            "tests/test_one.py": star + ONE,
        },
        {
            "tests/helpers.py": more.lstrip(),
            "tests/test_one.py": "from unittest.mock import AsyncMock\n\n"
            + star
            + MODERN,
        },
        unsafe=True,
    )


def test_a_helper_that_stays_keeps_its_name():
    body = """
m = AsyncMock()
await m()
m.mock.assert_called_once_with()
server = Server()
with mock.patch.object(Server, 'save', AsyncMock()) as save:
    await server.save()
save.mock.assert_called_once_with(server)
"""
    after = body.replace("m = AsyncMock", "m = mock.AsyncMock", 1)
    after = after.replace(
        "m.mock.assert_called_once_with()", "m.assert_called_once_with()"
    )
    check(project(body), project(after), unsafe=True)
    assert reasons(project(body), unsafe=True) == ["class-patched-helper"]


WRAPPING = """\
def coroutine(result=None, error=None):
    async def coro(*args, **kwargs):
        if error is not None:
            raise error
        return result

    return mock.Mock(wraps=coro)
"""
WRAPPED = f"{IMPORTS}from app import Server, send, start\n\n\n{WRAPPING}\n\n"


def test_a_mock_around_a_coroutine_function():
    before = (
        "c = mock.MagicMock()\nc.send = coroutine(5)\nassert await send(c) == 5\n"
        "c.send.assert_called_once_with()\nc.send = coroutine(error=ValueError())\n"
        "with pytest.raises(ValueError):\n    await send(c)\nc.send = coroutine()\n"
        "await send(c)"
    )
    after = (
        before.replace("coroutine(5)", "mock.AsyncMock(return_value=5)")
        .replace(
            "coroutine(error=ValueError())",
            "mock.AsyncMock(side_effect=ValueError(), return_value=None)",
        )
        .replace("coroutine()", "mock.AsyncMock(return_value=None)")
    )
    check(project(before, WRAPPED), project(after, BARE), unsafe=True)


WRAPPED_KEPT = {
    "it is told to return something else": (
        "m = coroutine()\nm.return_value = later()\nawait m()",
        ["mixed-use"],
    ),
    "its kind is asked for": (
        "assert not inspect.iscoroutinefunction(coroutine())",
        ["branch-on-kind"],
    ),
    "an attribute": ("m = coroutine()\nm.close()", ["mixed-use"]),
}


@pytest.mark.parametrize(("body", "why"), cases(WRAPPED_KEPT))
def test_a_mock_around_a_coroutine_function_stays(body: str, why: list[str]):
    assert left(project(body, WRAPPED), unsafe=True) == why
