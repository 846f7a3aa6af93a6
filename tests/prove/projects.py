"""Small legacy projects, each with one thing that reading the code does not show."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

CONFIGURATION = """
[project]
name = "app"
version = "1"

[tool.pytest.ini_options]
asyncio_default_fixture_loop_scope = "function"
"""

HIDDEN = {
    "app/__init__.py": "",
    "app/engine.py": """
        import asyncio

        _KIND = "run"


        async def work():
            return 1


        def compute():
            return vars(asyncio)[_KIND](work())
    """,
    "app/api.py": """
        from app import engine


        def answer():
            return engine.compute() + 1
    """,
    "tests/__init__.py": "",
    "tests/test_api.py": """
        import asyncio

        from app import api


        async def fetch():
            return 2


        def test_plain():
            assert asyncio.run(fetch()) == 2


        def test_hidden():
            assert asyncio.run(fetch()) == api.answer()


        def test_more():
            loop = asyncio.new_event_loop()
            assert loop.run_until_complete(fetch()) == 2
            loop.close()
    """,
}
"""Behind two imports the code under test runs a loop, by a name that nobody finds."""

REFUSING = {
    **HIDDEN,
    "app/engine.py": """
        import asyncio

        _KIND = "get_running_loop"


        def compute():
            try:
                vars(asyncio)[_KIND]()
            except RuntimeError:
                return 1
            raise RuntimeError("not inside a loop")
    """,
}
"""The same place refuses to be called inside a loop; no run of it drives one."""

PLAIN = {
    "tests/test_plain.py": """
        import asyncio


        async def fetch():
            return 2


        def test_plain():
            assert asyncio.run(fetch()) == 2
    """,
}

NEVER_RAN = {
    "tests/test_case.py": """
        import asyncio
        import unittest


        class TestNever(unittest.TestCase):
            async def test_right(self):
                self.assertEqual(1, 1)

            async def test_wrong(self):
                self.assertEqual(1, 2)

            def test_sync(self):
                self.assertEqual(asyncio.run(asyncio.sleep(0, 3)), 3)
    """,
}

LATE = {
    "app/__init__.py": "",
    "app/pump.py": """
        import asyncio

        seen = []


        async def arrange():
            loop = vars(asyncio)["get_running_loop"]()
            getattr(loop, "call_" + "soon")(seen.append, "noted")
    """,
    "tests/__init__.py": "",
    "tests/test_pump.py": """
        import asyncio

        from app import pump


        def test_noted_as_the_run_ends():
            pump.seen.clear()
            asyncio.run(pump.arrange())
            assert pump.seen == ["noted"]


        def test_plain():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
    """,
}
"""A callback that has its turn as the run ends: an await alone gives it none."""

STRANDED = {
    "app/__init__.py": "",
    "app/client.py": """
        import importlib


        class Client:
            def __init__(self):
                module = importlib.import_module("asyncio")
                self.future = vars(module)["Future"]()
    """,
    "tests/__init__.py": "",
    "tests/test_first.py": """
        import asyncio


        def test_first():
            loop = asyncio.get_event_loop()
            assert loop.run_until_complete(asyncio.sleep(0, 3)) == 3
    """,
    "tests/test_second.py": """
        from app.client import Client


        def test_without_a_site():
            assert not Client().future.done()
    """,
}
"""What asks for the current loop, where nobody can read that it does."""

HANGING = {
    "app/__init__.py": "",
    "app/gate.py": """
        import asyncio


        def is_inside():
            try:
                vars(asyncio)["get_running_loop"]()
            except RuntimeError:
                return False
            return True


        def wait_outside():
            while is_inside():
                pass
    """,
    "tests/__init__.py": "",
    "tests/test_gate.py": """
        import asyncio

        from app import gate


        def test_waits_for_ever_inside_a_loop():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
            gate.wait_outside()


        def test_plain():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
    """,
}
"""What waits until no loop is running; in an async test that is for ever."""

CRASHING = {
    **{name: text for name, text in HANGING.items() if name != "tests/test_gate.py"},
    "tests/test_gate.py": """
        import asyncio
        import os

        from app import gate


        def test_ends_the_interpreter_inside_a_loop():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
            if gate.is_inside():
                os._exit(7)


        def test_plain():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
    """,
}

WITHOUT_A_BASELINE = {
    "tests/test_gone.py": """
        import asyncio
        import os


        def test_ends_the_interpreter():
            asyncio.run(asyncio.sleep(0))
            os._exit(7)
    """,
}

FLAKY = {
    "tests/test_flaky.py": """
        import asyncio
        import pathlib

        COUNT = pathlib.Path(__file__).with_name("count.txt")


        def test_every_second_time():
            count = int(COUNT.read_text()) if COUNT.exists() else 0
            COUNT.write_text(str(count + 1))
            assert count % 2 == 0


        def test_plain():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
    """,
}

ORDERED = {
    "app/__init__.py": "",
    "app/registry.py": """
        import asyncio

        inside = []


        def register():
            try:
                vars(asyncio)["get_running_loop"]()
            except RuntimeError:
                return
            inside.append(1)
    """,
    "tests/__init__.py": "",
    "tests/test_one.py": """
        import asyncio

        from app import registry


        def test_registers():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
            registry.register()


        def test_plain():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
    """,
    "tests/test_other.py": """
        import asyncio


        def test_more():
            assert asyncio.run(asyncio.sleep(0, 3)) == 3
    """,
    "tests/test_two.py": """
        from app import registry


        def test_nothing_was_registered_inside_a_loop():
            assert not registry.inside
    """,
}
"""What one test leaves behind, inside a loop, breaks another that is not edited."""


def make(root: Path, files: dict[str, str]) -> Path:
    """Write a project; return its root."""
    for name, text in {"pyproject.toml": CONFIGURATION, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    return root
