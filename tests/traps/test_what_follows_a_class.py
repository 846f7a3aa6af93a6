"""Traps of what a class of tests does around a drive: clean-ups, switches, guards."""

from __future__ import annotations

import pytest

from tests.traps.support import left, reasons, result, run, texts

APP = """
import asyncio

LOG = []


async def tick():
    LOG.append("tick")
    try:
        await asyncio.sleep(10)
    finally:
        LOG.append("end")


async def start():
    asyncio.create_task(tick())


async def work():
    LOG.append(1)
    await asyncio.sleep(0)


def spawn():
    return asyncio.ensure_future(work())


async def hand_out():
    return spawn()


class Client:
    auto = True

    async def start(self):
        if self.auto:
            self.task = asyncio.create_task(self.loop())

    async def loop(self):
        LOG.append("loop")
        await asyncio.sleep(10)

    async def aclose(self):
        self.closed = True

    def close(self):
        loop = asyncio.get_event_loop()
        if loop.is_running():
            asyncio.ensure_future(self.aclose())
        else:
            loop.run_until_complete(self.aclose())
"""
HEAD = "import asyncio\nimport unittest\n\nimport app\n\n\n"


def project(tests: str, app: str = APP) -> dict[str, str]:
    """Return a class of tests, and what it tests."""
    return {
        "app.py": app,
        "test_it.py": f"{HEAD}class Tests(unittest.TestCase):\n{tests}",
    }


def migrated(files: dict[str, str]) -> str:
    """Return the tests afterwards."""
    return str(result(texts(files), run(texts(files)))["test_it.py"])


def test_code_under_test_that_takes_another_path_where_a_loop_runs():
    tests = (
        "    def test_close(self):\n        client = app.Client()\n"
        "        asyncio.run(client.aclose())\n        client.close()\n"
        "        self.assertTrue(client.closed)\n"
    )
    assert left(project(tests)) == ["loop-asserted"]


def test_a_clean_up_that_looks_at_what_the_end_of_the_run_did():
    tests = (
        "    def setUp(self):\n        self.addCleanup(self.check)\n\n"
        "    def check(self):\n        self.assertIn('end', app.LOG)\n\n"
        "    def test_start(self):\n        asyncio.run(app.start())\n"
    )
    assert left(project(tests)) == ["run-boundary"]


def test_a_clean_up_that_looks_at_nothing():
    tests = (
        "    def setUp(self):\n        self.addCleanup(app.LOG.clear)\n\n"
        "    def test_start(self):\n        asyncio.run(app.start())\n"
    )
    assert not reasons(project(tests))


def test_a_tear_down_of_a_base_class_is_after_the_last_drive():
    base = "import unittest\n\n\nclass Base(unittest.TestCase):\n"
    base += "    def tearDown(self):\n        check()\n"
    test = "    def test_client(self):\n        asyncio.run(app.Client().start())\n"
    files = {**project(test), "base.py": base}
    files["test_it.py"] = (
        files["test_it.py"].replace("unittest", "base").replace("TestCase", "Base")
    )
    assert "await asyncio.sleep(0)\n" in migrated(files)
    assert "sleep" not in migrated({**files, "base.py": base.replace("tearDown", "x")})


SWITCH = (
    "    def setUp(self):\n        app.Client.auto = False\n\n"
    "    def test_client(self):\n        client = app.Client()\n{}"
    "        asyncio.run(client.start())\n        self.assertFalse(app.LOG)\n"
)


def test_a_switch_that_the_set_up_turns_off():
    assert "sleep" not in migrated(project(SWITCH.format("")))


def test_a_switch_that_the_test_turns_on_again():
    on = "        client.auto = True\n"
    assert "await asyncio.sleep(0)\n" in migrated(project(SWITCH.format(on)))


def test_a_switch_that_a_subclass_sets_for_itself():
    app = f"{APP}\n\nclass Other(Client):\n    auto = True\n"
    tests = SWITCH.format("").replace("client = app.Client", "client = app.Other")
    assert "await asyncio.sleep(0)\n" in migrated(project(tests, app))


def test_a_task_that_a_coroutine_hands_out_had_a_turn():
    tests = (
        "    def test_task(self):\n        loop = asyncio.new_event_loop()\n"
        "        task = loop.run_until_complete(app.hand_out())\n{}"
        "        loop.run_until_complete(task)\n        loop.close()\n"
        "        self.assertEqual(app.LOG, [1])\n"
    )
    looks = "        self.assertEqual(app.LOG, [1])\n"
    assert "create_task(app.hand_out())" in migrated(project(tests.format(looks)))
    assert "task = await app.hand_out()" in migrated(project(tests.format("")))


def test_a_test_that_looks_at_debug_mode():
    tests = (
        "    def test_mode(self):\n        async def go():\n"
        "            return asyncio.get_running_loop().get_debug()\n\n"
        "        self.assertFalse(asyncio.run(go()))\n"
    )
    assert left(project(tests)) == ["loop-asserted"]


def test_a_test_that_runs_its_clean_ups_itself():
    tests = (
        "    def test_clean_up(self):\n        asyncio.run(app.start())\n"
        "        self.doCleanups()\n"
    )
    assert left(project(tests)) == ["inner-loop"]


@pytest.mark.parametrize(
    "call",
    [
        "return getattr(self, 'do_' + name)()",
        "return getattr(self, f'do_{name}')()",
        "method = getattr(self, 'do_%s' % name)\n        return method()",
    ],
)
def test_code_under_test_that_looks_up_what_starts_a_loop(call):
    app = (
        f"{APP}\n\nclass Shell:\n    def do_start(self):\n"
        "        return asyncio.run(hand_out())\n\n"
        f"    def call(self, name):\n        {call}\n"
    )
    tests = (
        "    def test_call(self):\n        asyncio.run(app.Client().aclose())\n"
        "        app.Shell().call('start')\n"
    )
    assert left(project(tests, app)) == ["inner-loop"]
