"""Random fixture graphs: scopes, generators, autouse, overrides in two conftests."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.properties.writing import text

_PLACES = ("tests/conftest.py", "tests/sub/conftest.py", "module")
_SCOPES = ("function", "class", "module", "session")
_KINDS = (
    "return",
    "return",
    "yield",
    "yield",
    "finalizer",
    "sync",
    "sync yield",
    "async",
)
_APP = text("""
    import asyncio

    class Conn:
        def __init__(self, name):
            self.name = name
            self.open = False
            self.loop = None

        async def start(self):
            await asyncio.sleep(0)
            self.open = True
            return self

        async def get(self, key):
            assert self.loop in (None, asyncio.get_running_loop())
            await asyncio.sleep(0)
            return key

        async def close(self):
            assert self.loop in (None, asyncio.get_running_loop())
            self.open = False

    class Bound(Conn):
        async def start(self):
            self.loop = asyncio.get_running_loop()
            return await super().start()
""")


@dataclass
class Fixture:
    """One fixture, and where it is defined."""

    name: str
    place: int
    """Index into the places; the module is the last of them."""
    scope: str
    kind: str
    autouse: bool
    asks: list[str] = field(default_factory=list)


@dataclass
class Graph:
    """A random project; it is written for the number it has in its batch."""

    seed: int

    def files(self, number: int) -> dict[str, str]:
        """Return the project's files."""
        return _Writer(Random(self.seed), number).files()


class _Writer:
    def __init__(self, random: Random, number: int) -> None:
        self.random = random
        self.app = f"app_{number}"
        self.number = number
        self.loop = random.choice(("", "", "function", "session"))
        """Scope of a fixture for the loop; each run has its own if there is none."""
        self.runner = bool(self.loop) and random.random() < 0.4
        self.cls = "Bound" if self.loop else "Conn"
        self.fixtures: list[Fixture] = []

    def files(self) -> dict[str, str]:
        for number in range(self.random.randint(1, 6)):
            self.add(f"fix{number}")
        texts: dict[str, list[str]] = {place: [] for place in _PLACES[:2]}
        if self.loop:
            texts[_PLACES[0]].append(self.loop_fixtures())
        for fixture in self.fixtures:
            if fixture.place < 2:
                texts[_PLACES[fixture.place]].append(self.fixture(fixture))
        head = "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n"
        head += f"from {self.app} import Bound, Conn\n"
        found = {f"{self.app}.py": _APP}
        for place, parts in texts.items():
            if parts:
                found[place] = "\n\n".join([head, *parts])
        found[f"tests/test_a{self.number}.py"] = self.module(head, 0)
        found[f"tests/sub/test_b{self.number}.py"] = self.module(head, 1)
        return found

    def add(self, name: str) -> None:
        random = self.random
        below = [each for each in self.fixtures if each.place < 2]
        overrides = below and random.random() < 0.2
        fixture = Fixture(
            random.choice(below).name if overrides else name,
            random.choice((0, 0, 1, 2)),
            random.choice(_SCOPES) if random.random() < 0.4 else "function",
            random.choice(_KINDS),
            random.random() < 0.15,
        )
        if self.loop == "function":
            fixture.scope = "function"
        if overrides:
            over = next(e for e in below if e.name == fixture.name)
            fixture.place, fixture.scope = over.place + 1, over.scope
            if any((e.name, e.place) == (fixture.name, fixture.place) for e in below):
                return
        for each in self.fixtures:
            wide = _SCOPES.index(each.scope) >= _SCOPES.index(fixture.scope)
            known = each.place < fixture.place or (
                each.place == fixture.place and each.name != fixture.name
            )
            if wide and known and each.name not in fixture.asks:
                # The modules share their fixtures, but not the second conftest.
                seen = each.place != 1 or fixture.place == 1
                if seen and self._all_wide(each.name, fixture.scope):
                    if random.random() < 0.3:
                        fixture.asks.append(each.name)
        self.fixtures.append(fixture)

    def _all_wide(self, name: str, scope: str) -> bool:
        """Whether all fixtures of a name live long enough for one that asks."""
        alike = [each for each in self.fixtures if each.name == name]
        return all(_SCOPES.index(e.scope) >= _SCOPES.index(scope) for e in alike)

    # Fixtures

    def loop_fixtures(self) -> str:
        given = f'(scope="{self.loop}")' if self.loop != "function" else ""
        loop = (
            f"@pytest.fixture{given}\ndef loop():\n"
            "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
        )
        run = (
            f"\n\n@pytest.fixture{given}\ndef run(loop):\n"
            "    return loop.run_until_complete\n"
        )
        return loop + (run if self.runner else "")

    def drive(self, what: str) -> str:
        return f"{'loop.run_until_complete' if self.loop else 'asyncio.run'}({what})"

    def fixture(self, fixture: Fixture) -> str:
        options = []
        if fixture.scope != "function":
            options.append(f'scope="{fixture.scope}"')
        if fixture.autouse:
            options.append("autouse=True")
        if fixture.kind == "async" and fixture.scope != "function":
            options.append(f'loop_scope="{fixture.scope}"')
        given = f"({', '.join(options)})" if options else ""
        asks = list(fixture.asks)
        driving = "sync" not in fixture.kind
        if driving and self.loop:
            asks.append("loop")
        if fixture.kind == "finalizer":
            asks.append("request")
        kind = (
            ("pytest_asyncio", "async ") if fixture.kind == "async" else ("pytest", "")
        )
        lines = [f"@{kind[0]}.fixture{given}"]
        lines.append(f"{kind[1]}def {fixture.name}({', '.join(asks)}):")
        lines += [f"    assert {each}.open" for each in fixture.asks]
        lines += self.body(fixture, driving)
        return "\n".join(lines) + "\n"

    def body(self, fixture: Fixture, driving: bool) -> list[str]:
        made = f'{self.cls}("{fixture.name}")'
        lines = [f"    made = {made}"]
        if driving:
            lines = [f"    made = {self.drive(f'{made}.start()')}"]
            if fixture.asks and self.random.random() < 0.4:
                each = self.random.choice(fixture.asks)
                lines.append(f"    assert {self.drive(f'{each}.get(1)')} == 1")
        else:
            lines.append("    made.open = True")
        match fixture.kind:
            case "yield":
                lines += ["    yield made", f"    {self.drive('made.close()')}"]
            case "sync yield":
                lines += ["    yield made", "    made.open = False"]
            case "finalizer":
                closing = self.drive("made.close()")
                lines += [f"    request.addfinalizer(lambda: {closing})"]
                lines += ["    return made"]
            case _:
                lines += ["    return made"]
        return lines

    # Tests

    def module(self, head: str, depth: int) -> str:
        own = [each for each in self.fixtures if each.place == 2]
        visible = [e for e in self.fixtures if e.place in (0, 2) or e.place == depth]
        names = list(dict.fromkeys(each.name for each in visible))
        parts = [head, *map(self.fixture, own)]
        parts += [self.test(n, names) for n in range(self.random.randint(2, 4))]
        if not self.loop and self.random.random() < 0.3:
            parts.append(self.methods())
        if not self.loop and names and self.random.random() < 0.4:
            parts.append(self.a_class(self.random.choice(names)))
        return "\n\n".join(parts)

    def test(self, number: int, names: list[str]) -> str:
        random = self.random
        used = [each for each in names if random.random() < 0.5]
        asks, lines, marks = list(used), [], []
        if used and random.random() < 0.15:
            name = used[0]
            asks = [*used[1:], "request"]
            lines.append(f'    {name} = request.getfixturevalue("{name}")')
        elif names and random.random() < 0.15:
            marks.append(f'@pytest.mark.usefixtures("{random.choice(names)}")')
        kind = random.choice(("drive", "drive", "drive", "plain", "stay", "async"))
        if lines and kind == "async":
            kind = "plain"
        lines += [f"    assert {each}.open" for each in used]
        if kind in ("drive", "stay"):
            call = "run" if self.runner and random.random() < 0.5 else ""
            if self.loop and (not call or kind == "stay"):
                asks.append("loop")
            if call:
                asks.append("run")
            what = f"{random.choice(used)}.get(1)" if used else "Conn(1).get(1)"
            driven = f"run({what})" if call else self.drive(what)
            lines.append(f"    assert {driven} == 1")
        if kind == "stay":
            asked = "loop.is_closed()" if self.loop else "asyncio._get_running_loop()"
            lines.append(f"    assert not {asked}")
        lines = lines or ["    assert Conn(1).name == 1"]
        start = "async def" if kind == "async" else "def"
        if kind == "async":
            marks.append("@pytest.mark.asyncio")
        definition = f"{start} test_{number}({', '.join(asks)}):"
        return "\n".join([*marks, definition, *lines]) + "\n"

    def a_class(self, name: str) -> str:
        """Return a class with a fixture of its own, and one test by mark."""
        return text(f"""
            @pytest.mark.usefixtures("{name}")
            class TestClass:
                @pytest.fixture
                def own(self, {name}):
                    assert {name}.open
                    made = asyncio.run(Conn("own").start())
                    yield made
                    asyncio.run(made.close())

                def test_own(self, own):
                    assert asyncio.run(own.get(1)) == 1

                def test_none(self):
                    assert Conn(1).name == 1
        """)

    def methods(self) -> str:
        return text("""
            class TestMethods:
                def setup_method(self, method):
                    self.conn = asyncio.run(Conn(1).start())

                def teardown_method(self, method):
                    asyncio.run(self.conn.close())

                def test_open(self):
                    assert self.conn.open

                def test_get(self):
                    assert asyncio.run(self.conn.get(1)) == 1
        """)
