"""Bad conversions, planted after the checks, for a proof to find and to take back.

Three of each kind. They are planted only where the plan makes a function async, so a
pin drops them with the edits that they spoil.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

from awaitify import engine, project, writing
from awaitify.engine import Means
from awaitify.journal import rounds as journal
from awaitify.prove import store
from awaitify.prove.bench import Trials
from awaitify.prove.conditions import Conditions
from awaitify.prove.evidence import gathered
from awaitify.prove.rounds import Baseline, Migrate, Rounds, Settled
from awaitify.prove.run import Suite, run
from awaitify.prove.vacuous import unrun, vacuous
from awaitify_codemods import Settings
from awaitify_codemods.directives import Directives
from awaitify_codemods.evidence import Evidence

_CONFIGURATION = """\
[project]
name = "app"
version = "1"

[tool.pytest.ini_options]
asyncio_default_fixture_loop_scope = "function"
"""
_APP = '''\
"""What the tests of all kinds are about."""

import asyncio


async def add(a, b):
    await asyncio.sleep(0)
    return a + b


class Client:
    def __init__(self):
        self.log = []
        self.waiting = None

    async def connect(self):
        await asyncio.sleep(0)
        self.log.append("connected")
        return self

    async def close(self):
        await asyncio.sleep(0)
        self.log.append("closed")

    async def later(self):
        self.log.append("later")

    async def start(self):
        vars(asyncio)["ensure_" + "future"](self.later())

    async def put(self, item):
        if self.waiting is None:
            self.waiting = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(self.waiting.set_result, item)
            await self.waiting
        assert self.waiting.get_loop() is asyncio.get_running_loop(), "another loop"
        return item


async def fetch(session):
    session.ping()
    await asyncio.sleep(0)
    return session.is_closed()
'''
_HEALTHY = """\
import asyncio

from app import add


def test_fine():
    assert asyncio.run(add(1, 2)) == 3


def test_fine_too():
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(add(2, 2)) == 4
    loop.close()
"""
HEALTHY = ("tests/test_healthy.py::test_fine", "tests/test_healthy.py::test_fine_too")


@dataclass(frozen=True)
class Bad:
    """A conversion that goes wrong."""

    name: str
    """The function or class, ``path::TestX::test_y``, as it was."""
    spoil: Callable[[str], str]
    """From the text of its definition in the result to what takes its place."""
    beside: tuple[str, ...] = ()
    """What becomes async with it or not at all, and may be blamed for it."""

    @property
    def path(self) -> str:
        """The file that it is in."""
        return self.name.partition("::")[0]

    def is_in(self, coloured: frozenset[str]) -> bool:
        """Whether a plan makes it async, or something that stands in it."""
        return any(f"{each}::".startswith(f"{self.name}::") for each in coloured)


@dataclass(frozen=True)
class Kind:
    """Three bad conversions of one kind, beside what is converted as it should be."""

    name: str
    files: Mapping[str, str]
    bad: tuple[Bad, ...]
    healthy: tuple[str, ...] = ()
    """Functions beside them, which must stay async."""


def make(folder: Path, kind: Kind) -> Path:
    """Write the project of a kind."""
    root = folder / "project"
    files = {
        "pyproject.toml": _CONFIGURATION,
        "app.py": _APP,
        "tests/__init__.py": "",
        "tests/test_healthy.py": _HEALTHY,
        **{f"tests/{path}": dedent(text) for path, text in kind.files.items()},
    }
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.lstrip("\n"), encoding="utf-8")
    return root


# What is planted


def spoiled(migrate: Migrate, bad: tuple[Bad, ...]) -> Migrate:
    """Return what makes the same plans, with results that are not as good."""

    def migrated(directives: Directives) -> engine.Run:
        made = migrate(directives)
        units = made.migration.plan.units
        coloured = frozenset(each for unit in units for each in unit.functions)
        results = dict(made.migration.results)
        for each in bad:
            if each.is_in(coloured):
                source = results[each.path]
                assert source is not None
                results[each.path] = _planted(source.decode(), each).encode()
        return replace(made, migration=replace(made.migration, results=results))

    return migrated


def _planted(text: str, bad: Bad) -> str:
    name = bad.name.partition("::")[2]
    lines = text.splitlines(keepends=True)
    first, last = definition(text, name)
    found = bad.spoil("".join(lines[first - 1 : last]))
    return _IMPORTS + "".join([*lines[: first - 1], found, *lines[last:]])


# Whatever is planted may say these names; what is imported twice is no matter.
_IMPORTS = "import asyncio\nimport unittest\nimport pytest\n"


def definition(text: str, name: str) -> tuple[int, int]:
    """Return the first line of a definition, decorators included, and its last."""
    node: ast.AST = ast.parse(text)
    for part in name.split("::"):
        node = next(
            each
            for each in ast.iter_child_nodes(node)
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and each.name == part
        )
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return first, node.end_lineno or node.lineno


def _replacing(pattern: str, new: str, count: int = 1) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text, count=count, flags=re.MULTILINE)


_RUNNER = _replacing(r"await (.*?\))(?= ==|$)", r"asyncio.run(\1)")
_NO_AWAIT = _replacing(r"await (?!asyncio\.sleep)", "")
_NO_MARKER = _replacing(r"^ *@pytest\.mark\.asyncio.*\n", "")
_OLD_BASE = _replacing(r"unittest\.IsolatedAsyncioTestCase", "unittest.TestCase")
_NARROW = _replacing(r'\(loop_scope="\w+"\)', "")
_WHOLE_MOCK = _replacing(r"mock\.MagicMock\(\)", "mock.AsyncMock()")
_MOCK_HOP = _replacing(r"\.assert_", ".mock.assert_")
_PLAIN_FIXTURE = _replacing(r"@pytest_asyncio\.fixture", "@pytest.fixture")
_NOT_ASYNC_SET_UP = _replacing(r"def asyncS", "def s")
_NO_SET_UP = _replacing(r"^( *)async def (async\w+)\((\w*)\):(\n\1 .*)+", r"\1x = 1")


def _without_task(text: str) -> str:
    text = re.sub(r"^ *await asyncio\.sleep\(0\)\n", "", text, flags=re.MULTILINE)
    return re.sub(r"asyncio\.(create_task|ensure_future)\((.*)\)", r"\2", text)


_HEAD = "import asyncio\nimport unittest\nfrom unittest import mock\n\n" + (
    "import pytest\n\nfrom app import Client, add, fetch\n\n\n"
)


def _file(text: str) -> str:
    return _HEAD + dedent(text).lstrip("\n")


def _narrow(number: int, name: str, other: str) -> Bad:
    path = f"tests/test_bad{number}.py"
    return Bad(f"{path}::test_{name}", _NARROW, (f"{path}::test_{other}",))


def _fixture(name: str) -> Bad:
    path = "tests/test_bad.py"
    return Bad(f"{path}::{name}", _PLAIN_FIXTURE, (f"{path}::test_{name}",))


def _kinds() -> Iterator[Kind]:
    yield Kind(
        "runner left in an async test",
        {
            "test_bad.py": _file("""
                def test_run():
                    assert asyncio.run(add(1, 1)) == 2


                def test_loop():
                    loop = asyncio.new_event_loop()
                    client = Client()
                    loop.run_until_complete(client.connect())
                    loop.close()
                    assert client.log == ["connected"]


                class TestIt:
                    def test_method(self):
                        assert asyncio.run(add(1, 3)) == 4

                    def test_fine(self):
                        assert asyncio.run(add(1, 4)) == 5
            """)
        },
        (
            Bad("tests/test_bad.py::test_run", _RUNNER),
            Bad("tests/test_bad.py::test_loop", _RUNNER),
            Bad("tests/test_bad.py::TestIt::test_method", _RUNNER),
        ),
        ("tests/test_bad.py::TestIt::test_fine",),
    )
    yield Kind(
        "await missing",
        {
            "test_bad.py": _file("""
                def test_compared():
                    assert asyncio.run(add(1, 1)) == 2


                def test_true():
                    assert asyncio.run(add(1, 2))


                def test_dropped():
                    client = Client()
                    asyncio.run(client.close())
                    assert client is not None


                def test_fine():
                    assert asyncio.run(add(1, 4)) == 5
            """)
        },
        (
            Bad("tests/test_bad.py::test_compared", _NO_AWAIT),
            Bad("tests/test_bad.py::test_true", _NO_AWAIT),
            Bad("tests/test_bad.py::test_dropped", _NO_AWAIT),
        ),
        ("tests/test_bad.py::test_fine",),
    )
    yield Kind(
        "marker missing",
        {
            "test_bad.py": _file("""
                def test_bare():
                    assert asyncio.run(add(1, 1)) == 2


                @pytest.mark.parametrize("one", [1, 2])
                def test_parameters(one):
                    assert asyncio.run(add(one, 1)) == one + 1


                class TestIt:
                    def test_method(self, tmp_path):
                        assert asyncio.run(add(1, 3)) == 4

                    def test_fine(self):
                        assert asyncio.run(add(1, 4)) == 5
            """)
        },
        (
            Bad("tests/test_bad.py::test_bare", _NO_MARKER),
            Bad("tests/test_bad.py::test_parameters", _NO_MARKER),
            Bad("tests/test_bad.py::TestIt::test_method", _NO_MARKER),
        ),
        ("tests/test_bad.py::TestIt::test_fine",),
    )
    yield Kind(
        "base not swapped",
        {
            "test_bad.py": _file("""
                class TestOne(unittest.TestCase):
                    def test_it(self):
                        self.assertEqual(asyncio.run(add(1, 1)), 2)


                class TestTwo(unittest.TestCase):
                    def test_it(self):
                        self.assertEqual(asyncio.run(add(1, 2)), 3)

                    def test_sync(self):
                        self.assertEqual(1, 1)

                    def test_more(self):
                        self.assertTrue(asyncio.run(add(1, 3)))


                class TestThree(unittest.TestCase):
                    def setUp(self):
                        self.client = Client()

                    def test_it(self):
                        asyncio.run(self.client.connect())


                class TestFine(unittest.TestCase):
                    def test_it(self):
                        self.assertEqual(asyncio.run(add(1, 4)), 5)
            """)
        },
        (
            Bad("tests/test_bad.py::TestOne", _OLD_BASE),
            Bad("tests/test_bad.py::TestTwo", _OLD_BASE),
            Bad("tests/test_bad.py::TestThree", _OLD_BASE),
        ),
        ("tests/test_bad.py::TestFine::test_it",),
    )
    yield Kind(
        "asyncSetUp lost",
        {
            "test_bad.py": _file("""
                class TestOne(unittest.TestCase):
                    def setUp(self):
                        self.client = asyncio.run(Client().connect())

                    def test_it(self):
                        self.assertEqual(asyncio.run(add(1, 1)), 2)
                        self.assertEqual(self.client.log, ["connected"])


                class TestTwo(unittest.TestCase):
                    client = Client()

                    def setUp(self):
                        asyncio.run(self.client.connect())

                    def test_it(self):
                        self.assertEqual(asyncio.run(add(1, 2)), 3)


                class TestThree(unittest.TestCase):
                    def setUp(self):
                        self.client = asyncio.run(Client().connect())

                    def test_it(self):
                        self.assertEqual(asyncio.run(add(1, 3)), 4)
                        self.assertTrue(self.client.log)


                class TestFine(unittest.TestCase):
                    def setUp(self):
                        self.client = asyncio.run(Client().connect())

                    def test_it(self):
                        self.assertEqual(asyncio.run(add(1, 4)), 5)
                        self.assertTrue(self.client.log)
            """)
        },
        (
            Bad("tests/test_bad.py::TestOne", _NOT_ASYNC_SET_UP),
            Bad("tests/test_bad.py::TestTwo", _NOT_ASYNC_SET_UP),
            Bad("tests/test_bad.py::TestThree", _NO_SET_UP),
        ),
        ("tests/test_bad.py::TestFine::test_it",),
    )
    shared = _file("""
        LOOP = asyncio.new_event_loop()
        client = Client()


        def test_first():
            assert LOOP.run_until_complete(client.put(1)) == 1


        def test_second():
            assert LOOP.run_until_complete(client.put(2)) == 2


        def test_sync():
            assert client is not None
    """)
    yield Kind(
        "loop scope narrowed",
        {f"test_bad{n}.py": shared for n in (1, 2, 3)} | {"test_good.py": shared},
        (
            _narrow(1, "first", "second"),
            _narrow(2, "second", "first"),
            _narrow(3, "second", "first"),
        ),
        ("tests/test_good.py::test_first", "tests/test_good.py::test_second"),
    )
    yield Kind(
        "whole mock swapped",
        {
            "test_bad.py": _file("""
                def test_value():
                    session = mock.MagicMock()
                    session.is_closed.return_value = False
                    assert asyncio.run(fetch(session)) is False


                def test_true():
                    session = mock.MagicMock()
                    assert asyncio.run(fetch(session))


                def test_ignored():
                    session = mock.MagicMock()
                    asyncio.run(fetch(session))
                    session.ping.assert_called_once_with()


                def test_fine():
                    session = mock.MagicMock()
                    assert asyncio.run(fetch(session))
            """)
        },
        (
            Bad("tests/test_bad.py::test_value", _WHOLE_MOCK),
            Bad("tests/test_bad.py::test_true", _WHOLE_MOCK),
            Bad("tests/test_bad.py::test_ignored", _WHOLE_MOCK),
        ),
        ("tests/test_bad.py::test_fine",),
    )
    yield Kind(
        ".mock left",
        {
            "test_bad.py": _file("""
                def test_once():
                    get = mock.AsyncMock(return_value=1)
                    assert asyncio.run(get("a")) == 1
                    get.assert_called_once()


                def test_with():
                    get = mock.AsyncMock(return_value=1)
                    assert asyncio.run(get("a")) == 1
                    get.assert_awaited_once_with("a")


                def test_not():
                    get, put = mock.AsyncMock(return_value=1), mock.AsyncMock()
                    assert asyncio.run(get("a")) == 1
                    put.assert_not_called()


                def test_fine():
                    get = mock.AsyncMock(return_value=1)
                    assert asyncio.run(get("a")) == 1
                    get.assert_called_once()
            """)
        },
        (
            Bad("tests/test_bad.py::test_once", _MOCK_HOP),
            Bad("tests/test_bad.py::test_with", _MOCK_HOP),
            Bad("tests/test_bad.py::test_not", _MOCK_HOP),
        ),
        ("tests/test_bad.py::test_fine",),
    )
    yield Kind(
        "fixture decorator missing",
        {
            "test_bad.py": _file("""
                @pytest.fixture
                def returned():
                    return asyncio.run(Client().connect())


                @pytest.fixture
                def yielded():
                    client = asyncio.run(Client().connect())
                    yield client
                    asyncio.run(client.close())


                @pytest.fixture
                def unused():
                    asyncio.run(Client().connect())


                @pytest.fixture
                def good():
                    return asyncio.run(Client().connect())


                def test_returned(returned):
                    assert returned.log == ["connected"]
                    assert asyncio.run(add(1, 1)) == 2


                def test_yielded(yielded):
                    assert yielded.log == ["connected"]
                    assert asyncio.run(add(1, 2)) == 3


                @pytest.mark.usefixtures("unused")
                def test_unused():
                    assert asyncio.run(add(1, 3)) == 4


                def test_fine(good):
                    assert good.log == ["connected"]
                    assert asyncio.run(add(1, 4)) == 5
            """)
        },
        (
            _fixture("returned"),
            _fixture("yielded"),
            _fixture("unused"),
        ),
        ("tests/test_bad.py::test_fine", "tests/test_bad.py::good"),
    )
    started = """
        async def later(log):
            log.append("later")


        async def start(log):
            asyncio.ensure_future(later(log))


        async def starts(log):
            asyncio.ensure_future(start(log))


        def test_before():
            log = []
            loop = asyncio.new_event_loop()
            loop.run_until_complete(start(log))
            assert log == ["later"]
            loop.close()


        def test_cleared():
            log = [1]
            loop = asyncio.new_event_loop()
            loop.run_until_complete(start(log))
            log.remove("later")
            loop.close()


        class TestIt:
            def test_method(self):
                log = []
                loop = asyncio.new_event_loop()
                loop.run_until_complete(start(log))
                assert len(log) == 1
                loop.close()

            def test_fine(self):
                assert asyncio.run(add(1, 4)) == 5
    """
    yield Kind(
        "task boundary dropped",
        {"test_bad.py": _file(started)},
        (
            Bad("tests/test_bad.py::test_before", _without_task),
            Bad("tests/test_bad.py::test_cleared", _without_task),
            Bad("tests/test_bad.py::TestIt::test_method", _without_task),
        ),
        ("tests/test_bad.py::TestIt::test_fine",),
    )


KINDS = tuple(_kinds())


# The proof


def migrating(root: Path, evidence: Evidence | None = None) -> Migrate:
    """Return what makes the migration of a project."""
    found = project.load(project.locate([root]), python=sys.executable)

    def migrate(directives: Directives) -> engine.Run:
        settings = Settings(directives=directives, evidence=evidence)
        return engine.migrate(found, settings, Means(1))

    return migrate


def settle(root: Path, bad: tuple[Bad, ...], limit: int = 20) -> Settled:
    """Prove a migration in which some conversions are bad; leave what stands."""
    found = project.load(project.locate([root]), python=sys.executable)
    suite = Suite((sys.executable, "-m", "pytest"), (), root, root)
    first = run(suite, deadline=60)
    evidence = gathered(first, found.files, found.tests)
    migrate = migrating(root, evidence)
    findings = migrate(Directives()).migration.plan.findings
    baseline = Baseline((first,), unrun(vacuous(first, findings)))
    with journal.opened(found.root, writing.occasion(found)) as kept:
        trials = Trials(suite, Conditions(), kept, store.at(root), deadline=60)
        settled = Rounds(spoiled(migrate, bad), trials, baseline, limit).settle()
        trials.show(settled.attempt.run)
        kept.finish()
    return settled
