"""What has the name of a runner, or of code that asks for a loop, but is neither."""

import pytest

from tests.traps.support import check, left

SCHEDULER = """
import asyncio


class Bot:
    def run(self, handler):
        self.start()

    def start(self):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return "sync"
        return "async"


class Worker:
    def run(self, handler):
        return handler
"""

BEFORE = """
import asyncio

from app import Bot, Worker

def test_f(bot):
    async def handler():
        return 1

    worker = Worker()
    assert {call}
    assert asyncio.run(handler()) == 1
"""

AFTER = """
import pytest

from app import Bot, Worker

@pytest.mark.asyncio
async def test_f(bot):
    async def handler():
        return 1

    worker = Worker()
    assert {call}
    assert await handler() == 1
"""


def test_a_method_named_run_asks_for_a_loop():
    call = "worker.run(handler) is handler"
    before = {"app.py": SCHEDULER, "test_it.py": BEFORE.format(call=call)}
    check(before, {"test_it.py": AFTER.format(call=call)})


@pytest.mark.parametrize("receiver", ["Bot()", "bot"])
def test_a_method_that_asks_for_a_loop(receiver):
    call = f"{receiver}.run(handler)"
    files = {"app.py": SCHEDULER, "test_it.py": BEFORE.format(call=call)}
    assert left(files) == ["loop-asserted"]


PATCHED = """
{imports}
from unittest.mock import patch

import pytest

from app import f

@patch("{target}")
{define} test_f(run):
    assert {drive} == 1
"""

TARGETS = ["subprocess.run", "app.subprocess.run", "app.Client.run", "uvicorn.run"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_patch_of_something_else_with_the_name_of_the_runner(target):
    before = {"imports": "import asyncio", "define": "def"}
    before["drive"] = "asyncio.run(f())"
    after = {"imports": "", "define": "@pytest.mark.asyncio\nasync def"}
    after["drive"] = "await f()"
    app = "import subprocess\n\nclass Client:\n    def run(self): ...\n"
    check(
        {"app.py": app, "test_it.py": PATCHED.format(target=target, **before)},
        {"test_it.py": PATCHED.format(target=target, **after).lstrip()},
    )


RUNNERS = {
    "the runner": ("asyncio.run", "import asyncio", "asyncio.run"),
    "asyncio of a module": ("app.asyncio.run", "import asyncio", "asyncio.run"),
    "a name of a module": ("app.run", "import asyncio", "asyncio.run"),
    "a helper": ("helpers.run", "from helpers import run", "run"),
    "a helper elsewhere": ("lib.helpers.run_it", "from lib.helpers import *", "run_it"),
}


@pytest.mark.parametrize("target, imports, runner", RUNNERS.values(), ids=RUNNERS)
def test_a_patch_of_the_runner(target, imports, runner):
    helper = "import asyncio\n\ndef {name}(coro):\n    return asyncio.run(coro)\n"
    files = {
        "app.py": "import asyncio\nfrom asyncio import run\n",
        "tests/helpers.py": helper.format(name="run"),
        "tests/lib/helpers.py": helper.format(name="run_it"),
        "tests/test_it.py": f"""
            from unittest.mock import patch

            {imports}

            from app import f

            @patch("{target}")
            def test_f(replaced):
                assert {runner}(f()) == 1
        """,
    }
    assert "runner-patched" in left(files)


MANAGER = """
import asyncio
from unittest.mock import AsyncMock

import pytest

from app import Manager

def _run(coro):
    return asyncio.run(coro)

{mark}{define} test_f():
    manager = Manager()
    manager._run = AsyncMock()
    assert {drive} == 1
    manager._run.assert_not_awaited()
    assert Manager._run

def test_g(use):
    use(_run)
"""


def test_a_method_with_the_name_of_a_helper():
    before = {"mark": "", "define": "def", "drive": "asyncio.run(manager.f())"}
    after = {"mark": "@pytest.mark.asyncio\n", "define": "async def"}
    after["drive"] = "await manager.f()"
    app = "class Manager:\n    async def _run(self): ...\n"
    app += "    async def f(self): return 1\n"
    check(
        {"app.py": app, "test_it.py": MANAGER.format(**before)},
        {"test_it.py": MANAGER.format(**after)},
    )
