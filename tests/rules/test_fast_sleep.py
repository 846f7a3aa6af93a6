"""AW515: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from tests.traps.support import cases, left, run, texts

_APP = """
import asyncio
from asyncio import sleep

class Poller:
    polls = 0

    async def run(self):
        while True:
            self.polls += 1
            await asyncio.sleep(60)

    async def fetch(self, client):
        while True:
            if client.fetch():
                break
            await asyncio.sleep(60)

    async def imported(self):
        while True:
            await sleep(60)

    async def waiting(self, event):
        while True:
            await event.wait()
            await asyncio.sleep(60)
"""
_HEAD = """
import asyncio
from unittest.mock import AsyncMock, MagicMock, patch

import pytest

from app import Poller


"""


def told(test: str) -> list[int]:
    """Return the lines at which it is said of a test."""
    files = texts({"app.py": _APP, "test_it.py": f"{_HEAD}{test.strip()}\n"})
    left(files, unsafe=True)
    findings = run(files, unsafe=True).plan.findings
    return [each.line for each in findings if each.rule == "AW515"]


def polling(patch: str, task: str = "run()") -> str:
    """Return a test that replaces sleeping and runs a poller in a task."""
    return f"""
@pytest.mark.asyncio
async def test_it(monkeypatch):
    {patch}
        task = asyncio.create_task(Poller().{task})
        await asyncio.wait([task], timeout=1)
"""


PATCHES = {
    "patch": 'with patch("asyncio.sleep"):',
    "patch in the module": 'with patch("app.asyncio.sleep", AsyncMock()):',
    "patch.object": 'with patch.object(asyncio, "sleep", new_callable=AsyncMock):',
    "monkeypatch": 'monkeypatch.setattr(asyncio, "sleep", AsyncMock())\n    if True:',
}
QUIET = {
    "the mock ends it": (
        'with patch("asyncio.sleep", side_effect=asyncio.CancelledError):',
        "run()",
    ),
    "the loop ends": ('with patch("asyncio.sleep"):', "fetch(MagicMock())"),
    "it sleeps by another name": ('with patch("asyncio.sleep"):', "imported()"),
    "it waits for more": (
        'with patch("asyncio.sleep"):',
        "waiting(asyncio.Event())",
    ),
    "something else is replaced": ('with patch("time.sleep"):', "run()"),
    "it gives a turn": (
        """real_sleep = asyncio.sleep

    async def sleep(delay):
        await real_sleep(0)

    with patch("asyncio.sleep", sleep):""",
        "run()",
    ),
}


@pytest.mark.parametrize("patch", cases(PATCHES))
def test_a_mock_never_gives_a_turn(patch: str):
    assert len(told(polling(patch))) == 1


@pytest.mark.parametrize("patch, task", cases(QUIET))
def test_nothing_is_said_where_others_may_run(patch: str, task: str):
    assert told(polling(patch, task)) == []
