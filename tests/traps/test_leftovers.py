"""Semantics 0.1: what stays sync and needs the current loop, beside async tests."""

import pytest

from tests.traps.support import cases, check, left, reasons, run

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import Client, f\n\n"
ON_LOOP = (
    "def test_f():\n    assert asyncio.get_event_loop().run_until_complete(f()) == 1\n"
)
ON_RUN = "def test_f():\n    assert asyncio.run(f()) == 1\n"
ASYNC = "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n"

NEEDS = {
    "fetches it": "client = Client(asyncio.get_event_loop())",
    "a future": "future = asyncio.Future()",
    "ensure_future": "task = asyncio.ensure_future(f())",
    "gather": "both = asyncio.gather(f(), f())",
    "through a helper": "make()",
    "in a method": "Maker().make()",
    "in its constructor": "Kept()",
    "through code under test": "app.connect()",
    "in code's constructor": "app.Connection()",
    "by a name of its own": "get_event_loop()",
    "wrap_future": "asyncio.wrap_future(Client())",
    "a task": "asyncio.Task(f())",
    "a stream": "asyncio.StreamReader()",
}
DEFINITIONS = (
    "def make():\n    return asyncio.get_event_loop()\n\n"
    "class Maker:\n    def make(self):\n        return asyncio.get_event_loop()\n\n"
    "class Kept:\n    def __init__(self):\n        self.loop = make()\n\n"
)
APP = (
    "import asyncio\n\nasync def f():\n    return 1\n\n"
    "def connect():\n    return Connection()\n\n"
    "class Connection:\n    def __init__(self):\n"
    "        self.loop = asyncio.get_event_loop()\n"
)


def project(body: str) -> dict[str, str]:
    """Return two modules: one that migrates, and one whose test needs the loop."""
    other = (
        "import asyncio\nfrom asyncio import get_event_loop\n\nimport pytest\n\n"
        f"import app\nfrom app import Client, f\n\n{DEFINITIONS}{body}"
    )
    return {"app.py": APP, "test_it.py": HEAD + ON_LOOP, "test_other.py": other}


PROMOTED = {
    "test_it.py": "import pytest\n\nfrom app import Client, f\n\n" + ASYNC,
}


@pytest.mark.parametrize("need", NEEDS.values(), ids=NEEDS)
def test_a_test_that_needs_the_current_loop_is_promoted(need):
    files = project(f"def test_g():\n    assert {need.partition(' = ')[2] or need}\n")
    after = files["test_other.py"].replace(
        "def test_g", "@pytest.mark.asyncio\nasync def test_g"
    )
    check(files, {**PROMOTED, "test_other.py": after})


@pytest.mark.parametrize(
    "body",
    [
        "def test_g():\n    client = Client(None or loop_of())\n",
        "def test_g(loop=None):\n"
        "    loop = loop or asyncio.get_event_loop()\n    assert loop\n",
        "def test_g(x):\n    if x:\n        asyncio.get_event_loop()\n",
        "def test_g():\n    try:\n        asyncio.get_event_loop()\n"
        "    except RuntimeError:\n        pass\n",
        "def test_g():\n    loop = asyncio.new_event_loop()\n"
        "    asyncio.set_event_loop(loop)\n    asyncio.get_event_loop()\n"
        "    loop.close()\n",
        "async def test_g():\n    asyncio.get_event_loop()\n",
        "def test_g():\n    async def go():\n        asyncio.get_event_loop()\n"
        "    Client(go)\n",
    ],
)
def test_what_may_do_without_the_current_loop_is_no_obstacle(body):
    found = reasons(project(body))
    assert "multi-loop" not in found


HELPED = {
    "a lambda": "def test_g():\n    Client(lambda: asyncio.run(f()))\n"
    "    asyncio.get_event_loop()\n",
    "a fixture": "@pytest.fixture\ndef loop():\n    return asyncio.get_event_loop()\n\n"
    "def test_g(loop):\n    Client(loop)\n",
    "a drive in a fixture": "@pytest.fixture\ndef thing():\n"
    "    return asyncio.get_event_loop().run_until_complete(f())\n\n"
    "THING = thing\n\ndef test_g(thing):\n    assert thing\n",
    "a set-up": "class TestG:\n    def setup_method(self):\n"
    "        self.loop = asyncio.get_event_loop()\n\n"
    "    def test_g(self):\n        assert self.loop\n",
    "a benchmark": "def test_g(benchmark):\n    asyncio.get_event_loop()\n"
    "    benchmark(f)\n",
    "a generator": "def test_g():\n    yield asyncio.get_event_loop()\n",
    "the loop is asked": "def test_g():\n"
    "    assert not asyncio.get_event_loop().is_running()\n",
    "the policy": "def test_g():\n"
    "    Client(asyncio.get_event_loop_policy().get_event_loop())\n",
    "a thread": "def test_g():\n    loop = asyncio.get_event_loop()\n"
    "    Client(loop.run_forever)\n",
    "a drive that stays": "def test_g():\n"
    "    asyncio.get_event_loop().run_until_complete(f())\n"
    "    asyncio.get_running_loop()\n",
    "code that starts a loop": "def test_g():\n    asyncio.get_event_loop()\n"
    "    app.main()\n",
    "an unknown decorator": "@app.wrapped\ndef test_g():\n"
    "    asyncio.get_event_loop()\n",
}


STAYS = {
    "a set-up of the module": "def setup_module():\n    asyncio.get_event_loop()\n",
    "a fixture of the module": "@pytest.fixture(scope='module')\ndef loop():\n"
    "    return asyncio.get_event_loop()\n\ndef test_g(loop):\n    Client(loop)\n",
    "a class of a framework": "class TestG(TornadoCase):\n    def test_g(self):\n"
    "        asyncio.get_event_loop()\n",
    "a loop that its module keeps": "LOOP = asyncio.get_event_loop()\n\n"
    "def test_g(benchmark):\n    assert asyncio.get_event_loop() is LOOP\n",
    "a test that looks at that one": "LOOP = asyncio.get_event_loop()\n\n"
    "def test_g():\n    assert asyncio.get_event_loop() is LOOP\n",
    "another loop for the module": "@pytest.fixture(scope='module')\ndef loop():\n"
    "    loop = asyncio.new_event_loop()\n    asyncio.set_event_loop(loop)\n"
    "    yield\n    loop.close()\n\n"
    "def test_g(benchmark):\n    asyncio.get_event_loop()\n",
    "an autouse fixture that comes first": "@pytest.fixture(autouse=True)\n"
    "def Loop():\n    return asyncio.get_event_loop()\n",
}


def staying(body: str) -> dict[str, str]:
    """Return a project in which something that stays sync needs the loop."""
    files = project(body)
    files["app.py"] += "\ndef main():\n    asyncio.run(f())\n"
    files["test_other.py"] = "import unittest\n" + files["test_other.py"]
    return files


@pytest.mark.parametrize(
    "body",
    cases(STAYS),
)
def test_what_stays_and_needs_the_current_loop_keeps_the_others_sync(body):
    assert "multi-loop" in left(staying(body))


FIXTURE = """\
@pytest.fixture(scope="session")
def _sync_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(autouse=True)
def _current_loop(_sync_loop):
    # Async tests leave no current event loop; sync tests need one.
    asyncio.set_event_loop(_sync_loop)


"""


def given_a_loop(files: dict[str, str], path: str = "test_other.py") -> dict[str, str]:
    """Return what becomes of files, one of which gets the fixture."""
    body = files[path].replace("\ndef make():", f"\n{FIXTURE}def make():", 1)
    body = body.replace("\n\n\ndef make", "\n\ndef make").replace(
        "\n\n\n@pytest", "\n\n@pytest"
    )
    return {**PROMOTED, path: body}


@pytest.mark.parametrize("body", HELPED.values(), ids=HELPED)
def test_what_stays_and_needs_the_current_loop_is_given_one(body):
    files = staying(body)
    check(files, given_a_loop(files))


DOUBTFUL = {
    "in a lambda": "def test_g():\n    assert (lambda: app.connect())()\n",
    "handed on": "def test_g():\n    assert [*map(app.Connection, [])] == []\n"
    "    assert [f() for f in [app.connect]]\n",
    "by a parameter": "@pytest.mark.parametrize('x', [0, 1])\ndef test_g(x):\n"
    "    if x:\n        asyncio.get_event_loop()\n",
    "a default that lacks": "def test_g():\n    assert app.Lenient().loop\n",
    "another default": "def test_g():\n    assert app.Late().loop\n",
    "a property": "def test_g():\n    assert app.Late(1).current\n",
    "an object that is not known": "def test_g():\n    for each in app.things():\n"
    "        each.begin()\n",
    "a factory of a field": "def test_g():\n    assert app.Field().loop\n",
    "an inherited constructor": "class Mine(app.Late):\n    pass\n\n"
    "def test_g():\n    assert Mine().loop\n",
    "a context manager": "def test_g():\n    with app.Entered():\n        pass\n",
    "imported late": "def test_g():\n    import late\n    assert late.LOOP\n",
    "by another name": "from asyncio import get_event_loop as now\n\n"
    "def test_g():\n    Client(lambda: now())\n",
}
DOUBTS = """
class Lenient:
    def __init__(self, loop=None):
        self.loop = loop or asyncio.get_event_loop()

class Late:
    def __init__(self, loop=None):
        if loop is None:
            loop = asyncio.get_event_loop()
        self.loop = loop

    @property
    def current(self):
        return asyncio.get_event_loop()

    def begin(self):
        return self.current

@dataclass
class Field:
    loop: object = field(default_factory=asyncio.get_event_loop)

class Entered:
    def __enter__(self):
        return asyncio.get_event_loop()

    def __exit__(self, *args):
        pass
"""


@pytest.mark.parametrize("body", cases(DOUBTFUL))
def test_what_may_need_the_current_loop_is_given_one(body):
    files = staying(body)
    files["app.py"] += DOUBTS
    files["late.py"] = "import asyncio\n\nLOOP = asyncio.get_event_loop()\n"
    results = run(files).results
    assert b"def _current_loop" in results.get("test_other.py", b"")
    assert "async def test_f" in results["test_it.py"].decode()


def test_a_method_of_a_class_that_the_file_has_nothing_to_do_with():
    files = staying("def test_g():\n    Client().begin()\n")
    other = files["test_other.py"].replace("import app\n", "")
    files["test_other.py"] = other.replace("from app import", "from client import")
    files["client.py"] = "from app import f\n\nclass Client:\n    pass\n"
    files["app.py"] += DOUBTS
    assert b"_current_loop" not in run(files).results.get("test_other.py", b"")


def test_a_given_loop_is_no_need():
    files = staying(
        "def test_g(loop):\n    app.Lenient(loop)\n    app.Late(loop=loop)\n"
    )
    files["app.py"] += DOUBTS
    check(files, PROMOTED)


def test_the_nearest_conftest_of_all_gets_the_fixture():
    body = "def test_g(benchmark):\n    asyncio.get_event_loop()\n"
    files = staying(body)
    files["tests/test_x.py"] = files["tests/test_y.py"] = files.pop("test_other.py")
    files["conftest.py"] = files["tests/conftest.py"] = "import pytest\n"
    conftest = f"import asyncio\n\nimport pytest\n\n\n{FIXTURE.rstrip()}\n"
    check(files, {**PROMOTED, "tests/conftest.py": conftest})


def test_without_a_conftest_several_files_would_have_several_loops():
    body = "def test_g(benchmark):\n    asyncio.get_event_loop()\n"
    files = staying(body)
    files["test_more.py"] = files["test_other.py"]
    assert "multi-loop" in left(files)


def test_what_may_need_one_has_a_loop_of_its_own_rather_than_none():
    files = staying(
        "def test_g():\n    if app.SOME:\n        asyncio.get_event_loop()\n"
    )
    files["test_more.py"] = files["test_other.py"]
    results = run(files).results
    assert b"def _current_loop" in results["test_other.py"]
    assert b"def _current_loop" in results["test_more.py"]


BOUND = {
    "a fixture": "@pytest.fixture\ndef thing():\n    return app.Lenient()\n\n"
    "def test_g(thing):\n    asyncio.get_event_loop().run_until_complete(f())\n",
    "a set-up": "class TestG:\n    def setup_method(self):\n"
    "        self.thing = app.Late()\n\n    def test_g(self):\n"
    "        asyncio.get_event_loop().run_until_complete(f())\n",
}


@pytest.mark.parametrize("body", cases(BOUND))
def test_what_is_made_on_the_current_loop_keeps_its_tests_on_it(body):
    files = staying(body)
    files["app.py"] += DOUBTS
    results = run(files).results
    assert b"async def test_f" in results["test_it.py"]
    assert b"async def" not in results["test_other.py"]
    assert b"def _current_loop" in results["test_other.py"]


def test_what_is_made_on_a_loop_of_no_concern_is_no_obstacle():
    files = staying(BOUND["a fixture"])
    files["app.py"] += DOUBTS
    files["test_other.py"] = files["test_other.py"].replace(
        "asyncio.get_event_loop().run_until_complete", "asyncio.run"
    )
    assert b"async def test_g" in run(files).results["test_other.py"]


def test_unittest_alone_knows_no_fixtures():
    head = "import asyncio\nimport unittest\n\nfrom app import connect, f\n\n"
    case = "class TestIt(unittest.TestCase):\n    def test_it(self):\n        "
    drive = "asyncio.get_event_loop().run_until_complete(f())\n"
    stays = "asyncio.get_event_loop().is_running() or [connect]\n"
    files = {"app.py": APP, "test_it.py": head + case + drive}
    files["test_other.py"] = head + case + stays
    assert left(files) == ["multi-loop"]
    files["conftest.py"] = "import pytest\n"
    assert b"def _current_loop" in run(files).results["test_other.py"]


def test_the_fixture_is_a_choice():
    body = "def test_g(benchmark):\n    asyncio.get_event_loop()\n"
    rules = frozenset({"AW101", "AW102", "AW109"})
    assert "multi-loop" in left(staying(body), rules=rules)


RUNNING = {
    "an unmarked test": "async def test_f():\n    assert await f() == 1\n",
    "a fixture that was none": "@pytest.fixture\nasync def thing():\n    return 1\n\n"
    "@pytest.mark.asyncio\nasync def test_f(thing):\n    assert thing == 1\n",
    "a test case that awaited nothing": "import unittest\n\n"
    "class TestF(unittest.TestCase):\n    async def test_f(self):\n"
    "        assert await f() == 1\n",
}


@pytest.mark.parametrize("body", cases(RUNNING))
def test_tests_that_begin_to_run_take_the_loop_away(body):
    files = staying("def test_g(benchmark):\n    asyncio.get_event_loop()\n")
    files["test_it.py"] = HEAD + body
    results = run(files).results
    assert b"def _current_loop" in results.get("test_other.py", b"")


def test_tests_that_would_begin_to_run_stay_where_no_fixture_helps():
    files = staying("def setup_module():\n    asyncio.get_event_loop()\n")
    files["test_it.py"] = HEAD + RUNNING["an unmarked test"]
    assert left(files) == ["multi-loop"]


MAYBE = {
    "it may be skipped": "def test_f():\n    if not f:\n        pytest.skip('no')\n"
    "    assert asyncio.run(f()) == 1\n",
    "it may not come there": "def test_f():\n    if f:\n        asyncio.run(f())\n",
    "a method may be skipped": "import unittest\n\nclass TestF(unittest.TestCase):\n"
    "    def test_e(self):\n        pass\n\n"
    "    @unittest.skipIf(f, 'no')\n    def test_f(self):\n"
    "        self.assertEqual(asyncio.run(f()), 1)\n",
}


@pytest.mark.parametrize("body", cases(MAYBE))
def test_a_run_that_may_not_happen_did_not_take_the_loop(body):
    files = staying("def test_g(benchmark):\n    asyncio.get_event_loop()\n")
    files["test_it.py"] = HEAD + body
    results = run(files).results
    assert b"def _current_loop" in results.get("test_other.py", b"")


@pytest.mark.parametrize("body", STAYS.values(), ids=STAYS)
def test_tests_of_asyncio_run_alone_take_nothing_away(body):
    files = staying(body)
    files["test_it.py"] = HEAD + ON_RUN
    assert run_changes(files) == {"test_it.py"}


def run_changes(files: dict[str, str]) -> set[str]:
    """Return which files change."""
    return set(run(files).results)


def test_a_fixture_that_installs_a_loop_needs_none():
    body = (
        "@pytest.fixture\ndef loop():\n    loop = asyncio.new_event_loop()\n"
        "    asyncio.set_event_loop(loop)\n    yield asyncio.get_event_loop()\n"
        "    loop.close()\n\ndef test_g(loop):\n    Client(loop)\n"
    )
    check(project(body), PROMOTED)


def test_a_loop_that_a_fixture_installs_for_all_is_there():
    files = project("def test_g():\n    asyncio.get_event_loop()\n")
    files["conftest.py"] = (
        "import asyncio\n\nimport pytest\n\n@pytest.fixture(autouse=True)\n"
        "def current():\n    loop = asyncio.new_event_loop()\n"
        "    asyncio.set_event_loop(loop)\n    yield\n    loop.close()\n"
    )
    check(files, PROMOTED)


def test_at_import_there_was_no_async_test_yet():
    assert run_changes(project("LOOP = asyncio.get_event_loop()\n")) == {"test_it.py"}


def test_a_helper_runner_on_the_current_loop_that_stays_is_given_one():
    body = (
        "def run(coro):\n    return asyncio.get_event_loop().run_until_complete(coro)\n"
        "\ndef test_g():\n    Client(lambda: run(f()))\n    run(f())\n"
    )
    results = run(project(body)).results
    assert b"def _current_loop" in results["test_other.py"]
    assert b"def test_g" in results["test_other.py"]


def test_a_helper_that_other_code_calls_on_the_current_loop():
    body = (
        "def run(coro):\n    return asyncio.get_event_loop().run_until_complete(coro)\n"
        "\n@pytest.fixture\ndef thing():\n    return run(f())\n\n"
        "THING = thing\n\ndef test_g(thing):\n    assert thing == 1\n"
    )
    results = run(project(body)).results
    assert b"def _current_loop" in results["test_other.py"]
    assert b"def thing" in results["test_other.py"]


def test_promotion_follows_the_mode():
    files = project("def test_g():\n    asyncio.Future()\n")
    after = files["test_other.py"].replace("def test_g", "async def test_g")
    done = {
        "test_it.py": "from app import Client, f\n\n" + ASYNC.partition("\n")[2],
        "test_other.py": after,
    }
    files["test_it.py"] = files["test_it.py"].replace("import pytest\n\n", "")
    check(files, done, modes={"": "auto"})


def test_a_promoted_test_that_is_called_is_awaited():
    body = "def test_g():\n    assert asyncio.Future()\n\ndef test_h():\n    test_g()\n"
    files = project(body)
    after = files["test_other.py"].replace(
        body,
        "@pytest.mark.asyncio\nasync def test_g():\n    assert asyncio.Future()\n\n"
        "@pytest.mark.asyncio\nasync def test_h():\n    await test_g()\n",
    )
    check(files, {**PROMOTED, "test_other.py": after})


def test_what_needs_the_loop_in_files_that_are_not_selected_stays():
    files = project("def test_g():\n    asyncio.get_event_loop()\n")
    assert left(files, selected=frozenset({"test_it.py"})) == ["multi-loop"]
