"""Random projects on the current loop: drives, fixtures, and what stays sync."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.properties.writing import text

_APP = text("""
    import asyncio

    class Conn:
        def __init__(self, name=0, loop=None):
            self.name = name
            self.loop = loop or asyncio.get_event_loop()

        @property
        def current(self):
            return asyncio.get_event_loop()

        async def get(self, key):
            await asyncio.sleep(0)
            return key

    class Bound(Conn):
        async def get(self, key):
            assert self.loop is asyncio.get_running_loop()
            return await super().get(key)

    def facade(key):
        conn = Conn()
        return conn.loop.run_until_complete(conn.get(key))

    def things():
        return [Conn(1)]
""")
_INSTALLER = text("""
    @pytest.fixture(autouse=True, scope="{scope}")
    def installed():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        yield
        loop.close()
""")
_DRIVE = "asyncio.get_event_loop().run_until_complete"
# What a test does: first with a fixture, then without.
_BODIES = {
    "drive": "assert {drive}({thing}.get(1)) == 1",
    "facade": "assert app.facade(1) == 1",
    "property": "assert {thing}.current",
    "made": "assert app.Conn(2).loop",
    "things": "assert all(each.current for each in app.things())",
    "lambda": "assert (lambda: app.facade(1))() == 1",
    "future": "assert not asyncio.Future().done()",
    "asked": "assert not asyncio.get_event_loop().is_running()",
    "maybe": "assert not {thing}.name or asyncio.get_event_loop()",
    "nothing": "assert {thing} is not None",
}
_KINDS = ("drive", "drive", "drive", "drive", *_BODIES)


@dataclass
class Current:
    """A random project; it is written for the number it has in its batch."""

    seed: int

    def files(self, number: int) -> dict[str, str]:
        """Return the project's files."""
        return _Writer(Random(self.seed), number).files()


class _Writer:
    def __init__(self, random: Random, number: int) -> None:
        self.random = random
        self.number = number
        self.cls = random.choice(("Conn", "Conn", "Bound"))
        self.installer = random.choice(("", "", "", "function", "module", "session"))
        self.conftest = bool(self.installer) or random.random() < 0.6
        self.head = (
            f"import asyncio\nimport unittest\n\nimport pytest\n\n"
            f"import current_{number} as app\n"
        )

    def files(self) -> dict[str, str]:
        found = {f"current_{self.number}.py": _APP}
        shared: list[str] = []
        if self.conftest:
            parts = [self.head]
            if self.installer:
                parts.append(_INSTALLER.replace("{scope}", self.installer))
            if self.random.random() < 0.5:
                parts.append(self.fixture("shared"))
                shared.append("shared")
            found["tests/conftest.py"] = "\n\n".join(parts)
        for name in ("a", "b"):
            path = f"tests/test_{name}{self.number}.py"
            found[path] = self.module(name, shared, last=name == "b")
        return found

    def fixture(self, name: str) -> str:
        options = []
        scope = self.random.choice(("", "", "", "module", "session"))
        if scope and not self.installer:
            options.append(f'scope="{scope}"')
        if self.random.random() < 0.1:
            options.append("autouse=True")
        given = f"({', '.join(options)})" if options else ""
        lines = [f"@pytest.fixture{given}", f"def {name}():"]
        lines.append(f"    made = app.{self.cls}(1)")
        if self.random.random() < 0.4:
            lines.append(f"    assert {_DRIVE}(made.get(1)) == 1")
        if self.random.random() < 0.4:
            return "\n".join([*lines, "    yield made", "    made.name = 0"]) + "\n"
        return "\n".join([*lines, "    return made"]) + "\n"

    def module(self, name: str, shared: list[str], last: bool) -> str:
        parts = [self.head]
        things = list(shared)
        if self.random.random() < 0.5:
            parts.append(self.fixture(f"own_{name}"))
            things.append(f"own_{name}")
        if self.random.random() < 0.2:
            parts.append(self.helper())
        parts += [
            self.test(number, things) for number in range(self.random.randint(1, 4))
        ]
        if self.random.random() < 0.3:
            parts.append(self.a_class())
        if self.random.random() < 0.3 and not self.installer:
            parts.append(self.a_case())
        if last and self.random.random() < 0.2:
            parts.append(
                "@pytest.mark.asyncio\nasync def test_last():\n"
                "    assert await app.Conn(1, 1).get(1) == 1\n"
            )
        return "\n\n".join(parts)

    def helper(self) -> str:
        return "def run(coro):\n" + f"    return {_DRIVE}(coro)\n"

    def body(self, thing: str) -> str:
        kind = self.random.choice(_KINDS)
        return _BODIES[kind].replace("{drive}", _DRIVE).replace("{thing}", thing)

    def test(self, number: int, things: list[str]) -> str:
        random = self.random
        marks: list[str] = []
        if things and random.random() < 0.6:
            thing = random.choice(things)
            way = random.random()
            asked = f"({thing})"
            first = ""
            if way < 0.1:
                asked = "(request)"
                first = f'    {thing} = request.getfixturevalue("{thing}")\n'
            elif way < 0.2:
                marks.append(f'@pytest.mark.usefixtures("{thing}")\n')
                asked, thing = "()", f"app.{self.cls}()"
        else:
            thing, asked, first = f"app.{self.cls}()", "()", ""
        if marks:
            first = ""
        lines = "".join(
            f"    {self.body(thing)}\n" for _ in range(random.randint(1, 2))
        )
        return f"{''.join(marks)}def test_{number}{asked}:\n{first}{lines}"

    def a_class(self) -> str:
        return (
            "class TestPlain:\n    def setup_method(self):\n"
            f"        self.conn = app.{self.cls}(1)\n\n"
            f"    def test_one(self):\n        {self.body('self.conn')}\n\n"
            f"    def test_two(self):\n        {self.body('self.conn')}\n"
        )

    def a_case(self) -> str:
        return (
            "class TestCase(unittest.TestCase):\n    def setUp(self):\n"
            f"        self.conn = app.{self.cls}(1)\n\n"
            f"    def test_one(self):\n        {self.body('self.conn')}\n\n"
            f"    def test_two(self):\n        {self.body('self.conn')}\n"
        )
