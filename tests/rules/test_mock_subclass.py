"""AW412: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from tests.traps.support import cases, check, left, run

DEFINITION = """\
class Coro({}):
    async def __call__(self, *args, **kwargs):
        return super().__call__(*args, **kwargs)
"""
IMPORTS = (
    "import asyncio\nimport inspect\nfrom unittest import mock\n\nimport pytest\n\n"
)
BARE = f"{IMPORTS}from app import send, start\n\n\n"
HEAD = f"{BARE}{DEFINITION.format('mock.MagicMock')}\n\n"
APP = """
import asyncio

class Client:
    async def send(self):
        pass

    def close(self):
        pass

async def send(client, *args):
    return await client.send(*args)

def start(client):
    return asyncio.create_task(client.send())
"""
TEST = "@pytest.mark.asyncio\nasync def test_it():\n    {}\n"


def project(body: str, head: str = HEAD) -> dict[str, str]:
    lines = "\n    ".join(body.strip().splitlines())
    return {"app.py": APP, "test_it.py": head + TEST.format(lines)}


KEPT = {
    "its kind is asked for": (
        "assert not inspect.iscoroutinefunction(Coro())",
        ["branch-on-kind"],
    ),
    "its class is asked for": (
        "m = Coro()\nassert isinstance(m, mock.MagicMock)",
        ["branch-on-kind"],
    ),
    "its own class is asked for": (
        "m = make()\nassert isinstance(m, Coro)",
        ["helper-escapes"],
    ),
    "a class of its own is derived from it": (
        "class Other(Coro):\n    pass\nawait Other()()",
        ["helper-escapes"],
    ),
    "a call that is not awaited": (
        "m = Coro()\nm().close()\nm.assert_not_called()",
        ["mixed-use"],
    ),
    "a task that may run later": (
        "m = Coro()\ntask = start(mock.MagicMock(send=m))\nm.assert_not_called()\n"
        "await task",
        ["mixed-use"],
    ),
    "a coroutine function as side effect": (
        "async def f():\n    return 1\nm = Coro()\nm.side_effect = f\n"
        "assert await (await m()) == 1",
        ["mixed-use"],
    ),
    "a list of results, whose end is noticed": (
        "m = Coro(side_effect=[1])\nawait m()\n"
        "with pytest.raises(RuntimeError):\n    await m()",
        ["mixed-use"],
    ),
    "by its spec a child would be sync": (
        "import app\nm = Coro(spec=app.Client)\nawait m.close()",
        ["mixed-use"],
    ),
}


@pytest.mark.parametrize(("body", "why"), cases(KEPT))
def test_a_mock_of_which_an_async_mock_would_do_something_else(
    body: str, why: list[str]
):
    assert left(project(body), unsafe=True) == why


DONE = {
    "children are coroutine functions, too": (
        "m = Coro()\nm.child.return_value = 1\nassert await m.child() == 1",
        "m = mock.AsyncMock()\nm.child.return_value = 1\nassert await m.child() == 1",
    ),
    "given to patch": (
        "import app\nwith mock.patch('app.send', new_callable=Coro) as m:\n"
        "    await app.send(1)\nm.assert_called_once_with(1)",
        "import app\nwith mock.patch('app.send', new_callable=mock.AsyncMock) as m:\n"
        "    await app.send(1)\nm.assert_called_once_with(1)",
    ),
    "on a class": (
        "class Fake:\n    send = Coro(return_value=2)\nassert await send(Fake()) == 2",
        "class Fake:\n    send = mock.AsyncMock(return_value=2)\n"
        "assert await send(Fake()) == 2",
    ),
}


@pytest.mark.parametrize(("before", "after"), cases(DONE))
def test_a_mock_is_replaced(before: str, after: str):
    check(project(before), project(after, BARE), unsafe=True)


IF_OLD = {
    "an import that fails": "try:\n    from unittest.mock import AsyncMock\n"
    "except ImportError:\n\n",
    "a version": "if sys.version_info >= (3, 8):\n"
    "    from unittest.mock import AsyncMock\nelse:\n\n",
}
OLD = "import sys\nfrom unittest.mock import MagicMock\n\nimport pytest\n\n"
OWN = """\
    class AsyncMock(MagicMock):
        async def __call__(self, *args, **kwargs):
            return super().__call__(*args, **kwargs)
"""
ONE = TEST.format("assert await AsyncMock(return_value=1)() == 1")


@pytest.mark.parametrize("choice", cases(IF_OLD))
def test_a_class_for_pythons_without_async_mock_goes(choice: str):
    migrated = run({"test_it.py": f"{OLD}{choice}{OWN}\n\n{ONE}"}, unsafe=True)
    text = (migrated.results["test_it.py"] or b"").decode()
    assert "class" not in text and "MagicMock" not in text
    assert "\nfrom unittest.mock import AsyncMock\n" in text
    assert text.endswith(ONE)
    assert not run({"test_it.py": text}, unsafe=True).results


def test_one_of_which_something_is_said_stays():
    choice = IF_OLD["an import that fails"].replace("r:", "r:  # pragma: no cover")
    assert left({"test_it.py": f"{OLD}{choice}{OWN}\n\n{ONE}"}, unsafe=True) == []


def test_one_that_another_name_is_chosen_for_stays():
    choice = (
        "if sys.platform == 'x':\n    from unittest.mock import AsyncMock\nelse:\n\n"
    )
    assert left({"test_it.py": f"{OLD}{choice}{OWN}\n\n{ONE}"}, unsafe=True) == []


def test_a_plain_mock_of_another_name_in_another_file():
    test = TEST.format("m = Coro(return_value=1)\n    assert await m() == 1")
    check(
        {
            "tests/__init__.py": "from unittest.mock import Mock\n\n\n"
            f"{DEFINITION.format('Mock')}\n\nX = 1\n",
            "tests/test_it.py": f"import pytest\n\nfrom . import X, Coro\n\n\n{test}",
        },
        {
            "tests/__init__.py": "X = 1\n",
            "tests/test_it.py": "from unittest.mock import AsyncMock\n\nimport pytest\n"
            f"\nfrom . import X\n\n\n{test.replace('Coro', 'AsyncMock')}",
        },
        unsafe=True,
    )
