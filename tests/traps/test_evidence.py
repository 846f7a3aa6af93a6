"""What was seen in a run decides about code that may start a loop, and how far."""

from dataclasses import replace

import pytest

from awaitify_codemods.evidence import APP, DEPENDENCY, TEST, Ran, SeenMock
from tests.evidence import Run
from tests.traps.support import cases, check, left, reasons, run, texts

APP_PY = """\
import asyncio


async def f(x=1):
    return x


def load(now=False):
    if now:
        return asyncio.run(f())
    return 1
"""
TESTS = """\
import asyncio

from app import f, load


def test_plain():
    assert asyncio.run(f()) == 1
    assert load() == 1


def test_now():
    assert asyncio.run(f(2)) == 2
    assert load(now=True) == 1
"""
FILES = {"app.py": APP_PY, "test_it.py": TESTS}
AFTER = """\
import asyncio

import pytest

from app import f, load


@pytest.mark.asyncio
async def test_plain():
    assert await f() == 1
    assert load() == 1


def test_now():
    assert asyncio.run(f(2)) == 2
    assert load(now=True) == 1
"""
PLAIN, NOW = "test_it.py::test_plain", "test_it.py::test_now"


def seen(files=FILES):
    """Return what a run of the project notes."""
    noted = Run(files).ran(PLAIN, NOW)
    noted.drove("asyncio.run(f()) == 1", PLAIN)
    noted.drove("asyncio.run(f(2))", NOW)
    return noted.app("asyncio.run(f())", "app.py::load", NOW)


def test_without_evidence_both_stay():
    assert left(FILES) == ["inner-loop", "inner-loop"]


def test_what_drove_nothing_is_not_refused():
    check(FILES, {"test_it.py": AFTER}, evidence=seen().evidence())


def test_what_drove_is_refused_with_the_place():
    migrated = run(texts(FILES), evidence=seen().evidence())
    [finding] = [each for each in migrated.plan.findings if each.status == "left"]
    assert finding.test == "test_now"
    message = "it starts a loop at app.py:10, seen in the baseline run"
    assert (finding.reason, finding.message) == ("inner-loop", message)


def test_a_test_that_did_not_run():
    noted = seen()
    del noted.tests[PLAIN]
    assert left(FILES, evidence=noted.evidence()) == ["inner-loop", "inner-loop"]


def test_a_test_that_was_skipped_for_one_parameter():
    noted = seen().ran(PLAIN, outcome="skipped", item="[other]")
    assert left(FILES, evidence=noted.evidence()) == ["inner-loop", "inner-loop"]


def test_a_test_that_failed_in_its_call():
    noted = seen().ran(PLAIN, outcome="failed")
    check(FILES, {"test_it.py": AFTER}, evidence=noted.evidence())


def test_a_test_whose_own_drives_were_not_seen():
    """Something drives loops in a way that the probe does not see."""
    noted = Run(FILES).ran(PLAIN, NOW)
    assert left(FILES, evidence=noted.evidence()) == ["inner-loop", "inner-loop"]


def test_code_under_test_that_has_changed():
    evidence = seen().evidence(stale=["app.py"])
    assert left(FILES, evidence=evidence) == ["inner-loop", "inner-loop"]


def test_a_test_module_that_has_changed():
    evidence = seen().evidence(stale=["test_it.py"])
    assert left(FILES, evidence=evidence) == ["inner-loop", "inner-loop"]


def test_another_test_module_that_has_changed():
    files = FILES | {"test_other.py": "def test_other():\n    assert 1\n"}
    evidence = seen(files).evidence(stale=["test_other.py"])
    check(files, {"test_it.py": AFTER}, evidence=evidence)


def test_a_changed_test_module_from_which_others_take():
    files = FILES | {"test_other.py": "def test_other():\n    assert 1\n"}
    files["test_it.py"] = TESTS.replace(
        "import asyncio\n", "import asyncio\n\nimport test_other\n"
    )
    evidence = seen(files).evidence(stale=["test_other.py"])
    assert left(files, evidence=evidence) == ["inner-loop", "inner-loop"]


def test_drives_in_other_threads_and_inside_of_loops():
    noted = seen()
    noted.app("asyncio.run(f())", "app.py::load", PLAIN, in_main_thread=False)
    noted.app("asyncio.run(f())", "app.py::load", PLAIN, nested=True)
    check(FILES, {"test_it.py": AFTER}, evidence=noted.evidence())


UNSUSPECTED = {
    "app.py": """\
import asyncio


async def f(x=1):
    return x


def load():
    return vars(asyncio)["run"](f())
""",
    "test_it.py": """\
import asyncio

from app import f, load


def test_it():
    assert asyncio.run(f()) == 1
    assert load() == 1
""",
}


def test_a_drive_that_nothing_suspected():
    name = "test_it.py::test_it"
    noted = Run(UNSUSPECTED).ran(name).drove("asyncio.run(f())", name)
    assert not reasons(UNSUSPECTED, evidence=noted.evidence())
    noted.app("vars(asyncio)", "app.py::load", name)
    assert left(UNSUSPECTED, evidence=noted.evidence()) == ["inner-loop"]


def test_a_drive_by_what_is_installed():
    name = "test_it.py::test_it"
    noted = Run(UNSUSPECTED).ran(name).drove("asyncio.run(f())", name)
    noted.drove("assert load()", name, by=DEPENDENCY)
    assert left(UNSUSPECTED, evidence=noted.evidence()) == ["inner-loop"]


def test_a_drive_where_an_unsuspected_file_has_changed():
    name = "test_it.py::test_it"
    noted = Run(UNSUSPECTED).ran(name).drove("asyncio.run(f())", name)
    noted.app("vars(asyncio)", "app.py::load", name)
    assert not reasons(UNSUSPECTED, evidence=noted.evidence(stale=["app.py"]))


HELPERS = {
    "app.py": APP_PY,
    "test_it.py": """\
import asyncio

import pytest

from app import f, load


def helper(now):
    asyncio.run(f())
    return load(now)


def test_helped():
    assert helper(False) == 1


@pytest.mark.skipif("sys.platform == 'win32'")
def test_elsewhere():
    assert helper(now=True) == 1
""",
}
HELPED, ELSEWHERE = "test_it.py::test_helped", "test_it.py::test_elsewhere"


def helped(*tests):
    """Return what is noted where some tests ran."""
    noted = Run(HELPERS).ran(HELPED, ELSEWHERE, outcome="skipped").ran(*tests)
    for test in tests:
        noted.drove("asyncio.run(f())", "test_it.py::helper", test)
    return noted


def test_a_helper_that_was_seen():
    migrated = run(texts(HELPERS), evidence=helped(HELPED, ELSEWHERE).evidence())
    assert {each.status for each in migrated.plan.findings} == {"migrate"}


def test_a_helper_that_may_do_more_for_a_test_that_did_not_run():
    assert left(HELPERS, evidence=helped(HELPED).evidence()) == ["inner-loop"]


def test_a_helper_that_was_not_seen():
    assert left(HELPERS, evidence=helped().evidence()) == ["inner-loop"]


def test_a_helper_that_drove_for_one_test():
    noted = helped(HELPED, ELSEWHERE)
    noted.app("asyncio.run(f())", "app.py::load", "test_it.py::helper", ELSEWHERE)
    assert left(HELPERS, evidence=noted.evidence()) == ["inner-loop"]


HIDDEN = {
    "app.py": """\
import asyncio

from asgiref.sync import async_to_sync


async def f(x=1):
    return x


def serve(now=False):
    return async_to_sync(f)() if now else asyncio.run(f())
""",
    "test_it.py": """\
import asyncio

from app import f, serve


def test_it():
    assert asyncio.run(f()) == 1
    assert serve(now=True) == 1
""",
}


def test_what_drives_in_a_thread_and_minds_a_loop_that_runs():
    """async_to_sync raises where a loop runs; it drives in another thread."""
    name = "test_it.py::test_it"
    noted = Run(HIDDEN).ran(name).drove("asyncio.run(f())", name)
    noted.drove("", by=DEPENDENCY, in_main_thread=False)
    assert left(HIDDEN, evidence=noted.evidence()) == ["inner-loop"]
    files = HIDDEN | {"app.py": HIDDEN["app.py"].replace("async_to_sync(f)()", "2")}
    noted = Run(files).ran(name).drove("asyncio.run(f())", name)
    assert not reasons(files, evidence=noted.evidence())


def test_another_loop_than_that_of_asyncio():
    name, anyio = "test_it.py::test_it", "anyio.run(f, backend='trio')"
    app = HIDDEN["app.py"].replace("async_to_sync(f)()", anyio)
    files = HIDDEN | {
        "app.py": app.replace("from asgiref.sync import", "import anyio #")
    }
    noted = Run(files).ran(name).drove("asyncio.run(f())", name)
    assert left(files, evidence=noted.evidence()) == ["inner-loop"]


REMEMBERING = {
    "a global": (
        "_client = None\n\n\n"
        "def client(renew=False):\n"
        "    global _client\n"
        "    if _client is None or renew:\n"
        "        _client = asyncio.run(f())\n"
        "    return _client\n"
    ),
    "a cache": (
        "import functools\n\n\n"
        "@functools.lru_cache\n"
        "def client(renew=False):\n"
        "    return asyncio.run(f())\n"
    ),
    "a default": (
        "def client(renew=False, known={}):\n"
        "    if 1 not in known or renew:\n"
        "        known[1] = asyncio.run(f())\n"
        "    return known[1]\n"
    ),
    "what is not found": (
        "_known = {}\n\n\n"
        "def client(renew=False):\n"
        "    try:\n"
        "        return _known[1]\n"
        "    except KeyError:\n"
        "        _known[1] = asyncio.run(f())\n"
        "        return _known[1]\n"
    ),
    "an attribute": (
        "class Client:\n"
        "    conn = None\n\n"
        "    def go(self):\n"
        "        if self.conn is None:\n"
        "            self.conn = asyncio.run(f())\n"
        "        return self.conn\n\n\n"
        "_client = Client()\n\n\n"
        "def client(renew=False):\n"
        "    return _client.go()\n"
    ),
    "what another function asks": (
        "_ready = []\n\n\n"
        "def start():\n"
        "    _ready.append(asyncio.run(f()))\n"
        "    return 1\n\n\n"
        "def client(renew=False):\n"
        "    if renew or not _ready:\n"
        "        start()\n"
        "    return 1\n"
    ),
    "a clean-up": (
        "_open = [1]\n\n\n"
        "def client(renew=False):\n"
        "    while _open:\n"
        "        _open.pop()\n"
        "        asyncio.run(f())\n"
        "    return 1\n"
    ),
}
HEAD = "import asyncio\n\n\nasync def f(x=1):\n    return x\n\n\n"
CLIENTS = """\
import asyncio

from app import client, f


def test_first():
    assert client(True) == 1


def test_second():
    assert asyncio.run(f()) == 1
    assert client() == 1
"""


def clients(code):
    """Return a project, and what a run of it notes: only the first test drives."""
    files = {"app.py": HEAD + code, "test_it.py": CLIENTS}
    first, second = "test_it.py::test_first", "test_it.py::test_second"
    noted = Run(files).ran(first, second).drove("asyncio.run(f())", second)
    inner = next(n for n in ("go", "start", "client") if f"def {n}(" in code)
    return files, noted.app("asyncio.run(f())", f"app.py::{inner}", first)


@pytest.mark.parametrize("code", cases(REMEMBERING))
def test_what_was_driven_by_an_earlier_test_and_remembered(code):
    """Run alone, or in another order, the second test drives a loop."""
    files, noted = clients(code)
    assert left(files, evidence=noted.evidence()) == ["inner-loop"]


ALIKE = {
    "by a parameter": (
        "def client(renew=False):\n    return asyncio.run(f()) if renew else 1\n"
    ),
    "by its kind": (
        "def client(renew=False):\n"
        "    if isinstance(renew, bool) and len(str(renew)) == 4:\n"
        "        return asyncio.run(f())\n"
        "    return 1\n"
    ),
    "by what an object is made with": (
        "class Client:\n"
        "    def __init__(self, now):\n"
        "        self.now = now\n\n"
        "    def go(self):\n"
        "        return asyncio.run(f()) if self.now else 1\n\n\n"
        "def client(renew=False):\n"
        "    return Client(renew).go()\n"
    ),
    "by a constant": (
        "DEFAULT = True\n\n\n"
        "def client(renew=False):\n"
        "    now = renew is DEFAULT\n"
        "    if now:\n"
        "        return asyncio.run(f())\n"
        "    return 1\n"
    ),
}


@pytest.mark.parametrize("code", cases(ALIKE))
def test_what_depends_on_what_it_is_given_is_not_remembered(code):
    files, noted = clients(code)
    assert not reasons(files, evidence=noted.evidence())


def test_what_is_installed_may_remember():
    """Nobody knows what it does; for the second test it did nothing."""
    app = (
        f"{HEAD}import lib\n\n\ndef main():\n    return asyncio.run(f())\n\n\n"
        "def client(renew=False):\n    return lib.open()\n"
    )
    lib = "import asyncio\n\n\ndef open():\n    return asyncio.run(g())\n"
    files = {"app.py": app, "test_it.py": CLIENTS}
    first, second = "test_it.py::test_first", "test_it.py::test_second"
    noted = Run(files).ran(first, second).drove("asyncio.run(f())", second)
    how = {"evidence": noted.evidence(), "foreign": {"lib": lib}}
    assert not reasons(files, **how)
    noted.drove("lib.open()", "app.py::client", first, by=DEPENDENCY)
    how["evidence"] = noted.evidence()
    assert left(files, **how) == ["inner-loop"]


SERVED = {
    "conftest.py": """\
import asyncio

import pytest

from app import f


@pytest.fixture
def value():
    return asyncio.run(f())
""",
    "app.py": APP_PY,
    "test_it.py": """\
from app import load


def test_it(value):
    assert load(now=False) == value
""",
}


def test_a_test_that_drives_nothing_itself():
    """Its fixture becomes async, and so it does."""
    name = "test_it.py::test_it"
    assert left(SERVED) == ["multi-loop"]
    noted = Run(SERVED).ran(name).drove("asyncio.run(f())", "conftest.py::value")
    assert not reasons(SERVED, evidence=noted.evidence())
    noted.app("asyncio.run(f())", "app.py::load", name)
    assert left(SERVED, evidence=noted.evidence()) == ["multi-loop"]


MOCKED = {
    "app.py": """\
import sys


async def title(client):
    if sys.platform != "x":
        return await client.get("/")
    return ""
""",
    "test_it.py": """\
from unittest.mock import MagicMock

import pytest

from app import title


@pytest.mark.asyncio
async def test_title():
    client = MagicMock()
    client.get.return_value = "dune"
    assert await title(client) == "dune"
""",
}


def mocked(name="mock.get", created=10, stale=()):
    """Return what is noted where a mock could not be awaited."""
    at, test = ("app.py", 6), "test_it.py::test_title"
    awaited = SeenMock("awaited", "MagicMock", name, ("test_it.py", created), at, ())
    return replace(Run(MOCKED).evidence(stale), mocks=(awaited,), tests={test: FAILED})


FAILED = Ran(("test_it.py", 8), "failed")


def test_a_mock_that_was_awaited_on_a_way_that_may_not_be_taken():
    assert not run(texts(MOCKED)).results
    after = MOCKED["test_it.py"].replace(
        "import MagicMock", "import AsyncMock, MagicMock"
    )
    old = 'client.get.return_value = "dune"'
    new = 'client.get = AsyncMock(return_value="dune")'
    check(MOCKED, {"test_it.py": after.replace(old, new)}, evidence=mocked())


@pytest.mark.parametrize(
    "how",
    [
        {"name": "mock.post"},
        {"name": "mock"},
        {"name": "mock.get()"},
        {"created": 11},
        {"stale": ["app.py"]},
        {"stale": ["test_it.py"]},
    ],
)
def test_another_mock_was_awaited(how):
    assert not run(texts(MOCKED), evidence=mocked(**how)).results


COMMANDS = {
    "cli.py": """\
import asyncio

import click


async def f():
    return 1


@click.group()
def main():
    pass


@main.command()
@click.option("--now", is_flag=True)
def go(now):
    print(asyncio.run(f()))


@main.command()
def show():
    print("shown")
""",
    "test_it.py": """\
import asyncio

from cli import f, main
from click.testing import CliRunner


def test_go():
    assert asyncio.run(f()) == 1
    assert CliRunner().invoke(main, ["go"]).output == "1\\n"


def test_show():
    assert asyncio.run(f()) == 1
    assert CliRunner().invoke(main, ["show"]).output == "shown\\n"
""",
}


def test_commands():
    """Which of them is invoked is not looked at; a run shows it."""
    assert left(COMMANDS) == ["inner-loop", "inner-loop"]
    go, show = "test_it.py::test_go", "test_it.py::test_show"
    noted = Run(COMMANDS).ran(go, show)
    at = (
        COMMANDS["test_it.py"].split("\n").index("    assert asyncio.run(f()) == 1") + 1
    )
    for name, line in ((go, at), (show, at + 5)):
        noted.drove("asyncio.run", name, line=line)
    noted.app("print(asyncio.run(f()))", "cli.py::go", go)
    assert reasons(COMMANDS, evidence=noted.evidence()) == ["inner-loop"]


PARAMETRISED = {
    "conftest.py": """\
import asyncio

import pytest

from app import f, load


@pytest.fixture
def value(request):
    return asyncio.run(f()) + load(request.param)
""",
    "app.py": APP_PY,
    "test_it.py": """\
import pytest


@pytest.mark.parametrize("value", [False], indirect=True)
def test_it(value):
    assert value == 2


@pytest.mark.skipif("sys.platform == 'win32'")
@pytest.mark.parametrize("value", [True], indirect=True)
def test_elsewhere(value):
    assert value == 2
""",
}


def test_a_fixture_that_may_do_more_for_a_test_that_did_not_run():
    names = "test_it.py::test_it", "test_it.py::test_elsewhere"
    noted = Run(PARAMETRISED).ran(*names)
    noted.drove("asyncio.run(f())", "conftest.py::value")
    assert not reasons(PARAMETRISED, evidence=noted.evidence())
    noted.ran(names[1], outcome="skipped")
    assert left(PARAMETRISED, evidence=noted.evidence()) == ["inner-loop"]


GUARDED = (
    HEAD
    + """\
class Client:
    conn = None

    def open(self):
        self.conn = 1

    def close(self):
        if self.conn is None:
            return 0
        return asyncio.run(f())
"""
)
CLOSING = """\
import asyncio

import pytest

from app import Client, f


@pytest.fixture
def client():
    return Client()


def test_closed(client):
    client.open()
    assert client.close() == 1


def test_never_opened(client):
    assert asyncio.run(f()) == 1
    assert client.close() == 0
"""


def closing(app=GUARDED, tests=CLOSING):
    """Return a project, and what a run of it notes: only the first test drives."""
    files = {"app.py": app, "test_it.py": tests}
    names = "test_it.py::test_closed", "test_it.py::test_never_opened"
    noted = Run(files).ran(*names).drove("asyncio.run(f())", names[1])
    return files, noted.app("asyncio.run(f())", "app.py::close", names[0])


def test_what_objects_remember_that_each_test_makes_for_itself():
    files, noted = closing()
    assert not reasons(files, evidence=noted.evidence())


KEPT = {
    "for a module": (GUARDED, CLOSING.replace(".fixture", '.fixture(scope="module")')),
    "in a global": (
        f"{GUARDED}\n\nTHE = Client()\n",
        CLOSING.replace("return Client()", "return THE").replace("Client, f", "THE, f"),
    ),
    "by the code": (
        f"{GUARDED}\n\ndef make():\n    return Client()\n",
        CLOSING.replace("return Client()", "return make()").replace("Client,", "make,"),
    ),
    "on the class": (GUARDED.replace("self.conn = 1", "Client.conn = 1"), CLOSING),
    "in a list of the class": (
        GUARDED.replace("conn = None", "conn = []")
        .replace("self.conn = 1", "self.conn.append(1)")
        .replace("self.conn is None", "not self.conn"),
        CLOSING,
    ),
    "under another name": (
        GUARDED,
        CLOSING.replace("Client, f", "Client as C, f").replace("Client()", "C()"),
    ),
}


@pytest.mark.parametrize(("app", "tests"), cases(KEPT))
def test_what_objects_remember_that_tests_share(app, tests):
    files, noted = closing(app, tests)
    assert left(files, evidence=noted.evidence()) == ["inner-loop"]


LAMBDA = {
    "app.py": APP_PY,
    "tests/helpers.py": "import asyncio\n\nrun = lambda c: asyncio.run(c)\n",
    "tests/test_it.py": """\
from app import f, load
from helpers import run


def test_it():
    assert run(f()) == 1
    assert load() == 1
""",
}


STAYING = {"helper-escapes", "inner-loop"}


@pytest.mark.parametrize("by", [TEST, APP])
def test_a_runner_that_is_a_lambda(by):
    """It has no name in evidence; and its file may look like code under test."""
    name = "tests/test_it.py::test_it"
    noted = Run(LAMBDA).ran(name)
    assert set(left(LAMBDA, evidence=noted.evidence())) == STAYING
    noted.drove("run(f())", name, by=by)
    drive = replace(noted.drives.pop(), at=("tests/helpers.py", 3))
    noted.drives.append(drive)
    assert not reasons(LAMBDA, evidence=noted.evidence())
    noted.drives.append(replace(drive, by=APP, at=("app.py", 10)))
    assert set(left(LAMBDA, evidence=noted.evidence())) == STAYING
