"""AW304: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import Setting
from tests.support import check_taken
from tests.traps.support import check, left, reasons, run, texts

HEAD = "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\nfrom app import f\n\n"
PLAIN = "import pytest\n\nfrom app import f\n\n"
MADE = "    loop = asyncio.new_event_loop()\n"
GIVEN = f"{MADE}    yield loop\n    loop.close()\n"
OVERRIDE = f'@pytest.fixture(scope="session")\ndef event_loop():\n{GIVEN}\n'
NARROW = OVERRIDE.replace('(scope="session")', "")
CONFTEST = f"import asyncio\n\nimport pytest\n\n{OVERRIDE}"
DB = "\nasync def db():\n    yield await f()\n\n"
WIDE = f'@pytest_asyncio.fixture(scope="session"){DB}'
TEST = "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n\n"
SCOPED = TEST.replace(".asyncio", '.asyncio(loop_scope="session")')
SYNC = "def test_g(event_loop):\n    assert event_loop.run_until_complete(f()) == 1\n"


def override(body: str, declared: str = "") -> str:
    """Return a conftest with an override."""
    return (
        "import asyncio\nimport sys\n\nimport pytest\nimport uvloop\n\n"
        f"@pytest.fixture{declared}\ndef event_loop():\n{body}"
    )


DOES_MORE = {
    "another library's loop": ("    yield uvloop.new_event_loop()\n", "old-plugin"),
    "a class": ("    return asyncio.SelectorEventLoop()\n", "old-plugin"),
    "a class of the project": (
        "    class MyLoop(asyncio.SelectorEventLoop):\n        pass\n"
        "    yield MyLoop()\n",
        "mixed-use",
    ),
    "a policy": (
        "    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())\n" + GIVEN,
        "old-plugin",
    ),
    "a policy for one system": (
        '    if sys.platform == "win32":\n        asyncio.set_event_loop_policy('
        f"asyncio.WindowsSelectorEventLoopPolicy())\n{GIVEN}",
        "old-plugin",
    ),
    "something before": (f"    print(1)\n{GIVEN}", "mixed-use"),
    "something after": (f"{GIVEN}    print(1)\n", "mixed-use"),
    "what it asks for": (
        "    import nest_asyncio\n" + MADE + "    nest_asyncio.apply(loop)\n"
        "    yield loop\n",
        "mixed-use",
    ),
    "it drives": (
        f"{MADE}    loop.run_until_complete(asyncio.sleep(1))\n    yield loop\n",
        "mixed-use",
    ),
    "it drives something in the end": (
        f"{MADE}    yield loop\n    loop.run_until_complete(uvloop.close())\n",
        "mixed-use",
    ),
    "told in one case": (
        f"{MADE}    if sys.argv:\n        loop.set_debug(True)\n    yield loop\n",
        "mixed-use",
    ),
    "told something of its own": (
        f"{MADE}    seen = []\n    loop.set_exception_handler(seen.append)\n"
        "    yield loop\n",
        "mixed-use",
    ),
}


@pytest.mark.parametrize(("body", "reason"), DOES_MORE.values(), ids=DOES_MORE)
def test_an_override_that_does_more(body, reason):
    test = TEST.replace("test_f()", "test_f(event_loop)")
    files = {"conftest.py": override(body), "test_it.py": PLAIN + test}
    assert reason in left(files, lacking=["loop_factories"])


@pytest.mark.parametrize(
    "declared", ["(scope=SCOPE)", "(params=[1, 2])", '("session")', "(**options)"]
)
def test_a_declaration_that_is_not_written_out(declared):
    files = {"conftest.py": override(GIVEN, declared), "test_it.py": PLAIN + TEST}
    assert left(files) == ["mixed-use"]


def test_an_override_on_one_system():
    conftest = 'import sys\n\nif sys.platform == "win32":\n\n    '
    conftest += CONFTEST.replace("\n", "\n    ").rstrip() + "\n"
    assert left({"conftest.py": conftest, "test_it.py": PLAIN + TEST}) == ["mixed-use"]


def test_an_override_that_asks_for_something():
    asking = override(GIVEN).replace("event_loop()", "event_loop(event_loop)", 1)
    assert left({"conftest.py": asking, "test_it.py": PLAIN + TEST}) == ["mixed-use"]


STAYS = {
    "a sync test asks about its loop": (
        SYNC + "    assert not event_loop.is_running()\n",
        {"multi-loop", "loop-asserted"},
    ),
    "an async test asks about it": (
        "@pytest.mark.asyncio\nasync def test_g(event_loop):\n"
        "    assert not event_loop.is_running()\n",
        {"loop-asserted"},
    ),
    "an async test runs it in a thread": (
        "@pytest.mark.asyncio\nasync def test_g(event_loop):\n"
        "    threading.Thread(target=event_loop.run_forever).start()\n",
        {"loop-asserted", "thread-loop"},
    ),
    "an async test binds the name": (
        "@pytest.mark.asyncio\nasync def test_g(event_loop):\n"
        "    event_loop = event_loop or 1\n    print(event_loop)\n",
        {"name-taken"},
    ),
    "a mark gives it": (
        '@pytest.mark.asyncio\n@pytest.mark.parametrize("event_loop", [1])\n'
        "async def test_g(event_loop):\n    print(event_loop)\n",
        {"dynamic-call"},
    ),
    "a mark around asks for it": (
        '@pytest.mark.usefixtures("event_loop")\nclass TestG:\n'
        "    @pytest.mark.asyncio\n    async def test_g(self):\n        pass\n",
        {"unknown-value"},
    ),
    "a string names it": (
        "def test_g(request):\n    assert 'event_loop' in request.fixturenames\n",
        {"dynamic-call"},
    ),
    "a comment keeps a test": (
        "@pytest.mark.asyncio\n"
        "async def test_g(event_loop):  # awaitify: ignore\n    pass\n",
        {"multi-loop"},
    ),
    "a scope of another loop": (
        '@pytest.mark.asyncio(loop_scope="module")\nasync def test_g(db):\n    pass\n',
        set(),
    ),
}


@pytest.mark.parametrize(("test", "expected"), STAYS.values(), ids=STAYS)
def test_what_still_asks_for_an_override_keeps_it(test, expected):
    conftest = CONFTEST.replace(
        "import pytest\n", "import pytest\nimport pytest_asyncio\n"
    )
    files = {
        "conftest.py": conftest + WIDE.replace("await f()", "1"),
        "test_it.py": f"import threading\n\n{PLAIN}{test}",
    }
    if expected:
        assert set(left(files)) == expected
    else:
        assert "test_it.py" not in run(texts(files)).results


def test_a_test_that_would_see_the_tasks_of_others():
    test = (
        "import asyncio\n\nimport pytest\n\n@pytest.mark.asyncio\n"
        "async def test_f():\n    assert len(asyncio.all_tasks()) == 1\n"
    )
    assert left({"conftest.py": CONFTEST, "test_it.py": test}) == ["all-tasks"]
    narrow = f"import asyncio\n\nimport pytest\n\n{NARROW}"
    check({"conftest.py": narrow, "test_it.py": test}, {"conftest.py": None})


def test_a_comment_in_an_override_keeps_it():
    conftest = CONFTEST.replace("    yield loop", "    yield loop  # awaitify: ignore")
    assert left({"conftest.py": conftest, "test_it.py": PLAIN + TEST}) == ["pinned"]


def test_an_override_that_is_imported_by_name():
    files = {
        "tests/loops.py": CONFTEST,
        "tests/conftest.py": "from tests.loops import event_loop\n",
        "tests/test_it.py": PLAIN + TEST,
    }
    assert left(files) == ["import-shared"]


def test_an_override_outside_of_what_is_selected():
    files = {"conftest.py": CONFTEST, "test_it.py": PLAIN + TEST}
    assert not run(texts(files), selected=frozenset({"test_it.py"})).results


def test_a_test_outside_of_what_is_selected():
    files = {"conftest.py": CONFTEST, "test_it.py": PLAIN + TEST}
    assert not run(texts(files), selected=frozenset({"conftest.py"})).results


def test_a_plugin_that_may_have_an_event_loop_of_its_own():
    files = {
        "conftest.py": 'pytest_plugins = ["somewhere.fixtures"]\n',
        "test_it.py": PLAIN + SYNC,
    }
    assert left(files) == ["unresolved"]
    source = {"somewhere.fixtures": "def event_loop(): pass"}
    assert left(files, foreign=source) == ["unresolved"]


def test_sync_code_that_needs_the_loop_which_is_current():
    files = {
        "conftest.py": CONFTEST.replace('session"', 'session", autouse=True'),
        "test_it.py": "import asyncio\n\nfrom app import Client\n\n"
        "class TestG:\n    def setup_class(self):\n"
        "        self.client = Client(asyncio.get_event_loop())\n\n"
        "    def test_g(self):\n        assert self.client\n",
    }
    assert left(files) == ["multi-loop"]


def test_a_narrow_override_goes_without_a_trace():
    check(
        {
            "conftest.py": f"import asyncio\n\nimport pytest\n\n{NARROW}"
            "@pytest.fixture\ndef one():\n    return 1\n",
            "test_it.py": PLAIN + TEST,
        },
        {"conftest.py": "import pytest\n\n@pytest.fixture\ndef one():\n    return 1\n"},
    )


LIFE_CYCLES = {
    "fetched": "    return asyncio.get_event_loop()\n",
    "of the policy": "    policy = asyncio.get_event_loop_policy()\n"
    "    loop = policy.new_event_loop()\n    asyncio.set_event_loop(loop)\n"
    "    yield loop\n    loop.close()\n    asyncio.set_event_loop(None)\n",
    "kept open": "    loop = asyncio.new_event_loop()\n    loop._close = loop.close\n"
    "    loop.close = lambda: None\n    yield loop\n    loop._close()\n",
    "fetched or made": "    try:\n        loop = asyncio.get_running_loop()\n"
    "    except RuntimeError:\n        loop = asyncio.new_event_loop()\n"
    "    yield loop\n    loop.close()\n",
    "with what is left over": f"{MADE}    try:\n        yield loop\n    finally:\n"
    "        pending = asyncio.all_tasks(loop)\n        for task in pending:\n"
    "            task.cancel()\n        if pending:\n"
    "            loop.run_until_complete(\n"
    "                asyncio.gather(*pending, return_exceptions=True)\n"
    "            )\n        loop.run_until_complete(loop.shutdown_asyncgens())\n"
    "        if not loop.is_closed():\n            loop.close()\n",
}


@pytest.mark.parametrize("body", LIFE_CYCLES.values(), ids=LIFE_CYCLES)
def test_ways_to_make_a_loop_and_to_end_it(body):
    check(
        {
            "conftest.py": override(body, '(scope="session")').replace(
                "import uvloop\n", ""
            ),
            "test_it.py": PLAIN + TEST,
        },
        {"conftest.py": "import sys\n", "test_it.py": PLAIN + SCOPED},
    )


def test_sync_tests_and_fixtures_share_the_loop_of_the_session():
    check(
        {
            "conftest.py": f"{HEAD}{OVERRIDE}@pytest.fixture\ndef row(event_loop):\n"
            "    return event_loop.run_until_complete(f())\n",
            "test_it.py": f"{PLAIN}def test_f(row):\n    assert row\n\n{SYNC}",
        },
        {
            "conftest.py": "import pytest_asyncio\n\nfrom app import f\n\n"
            '@pytest_asyncio.fixture(loop_scope="session")\nasync def row():\n'
            "    return await f()\n",
            "test_it.py": f"{PLAIN}def test_f(row):\n    assert row\n\n"
            '@pytest.mark.asyncio(loop_scope="session")\nasync def test_g():\n'
            "    assert await f() == 1\n",
        },
    )


def test_a_sync_fixture_and_an_async_test_ask_for_one_loop():
    fixture = "@pytest.fixture\ndef row(event_loop):\n"
    test = "@pytest.mark.asyncio\nasync def test_row({}):\n    assert row\n"
    check(
        PLAIN + fixture + "    return event_loop.run_until_complete(f())\n\n"
        f"{test.format('row, event_loop')}",
        "import pytest\nimport pytest_asyncio\n\nfrom app import f\n\n"
        "@pytest_asyncio.fixture\nasync def row():\n    return await f()\n\n"
        f"{test.format('row')}",
    )


def test_a_fixture_that_only_asks_for_the_loop_runs_on_it():
    check(
        {
            "test_it.py": f"{PLAIN}@pytest.fixture\ndef client(event_loop):\n"
            "    return f(event_loop)\n\n"
            "def test_client(client):\n    assert client\n"
        },
        {
            "test_it.py": "import asyncio\n\nimport pytest_asyncio\n\n"
            "from app import f\n\n@pytest_asyncio.fixture\nasync def client():\n"
            "    event_loop = asyncio.get_running_loop()\n    return f(event_loop)\n\n"
            "def test_client(client):\n    assert client\n"
        },
    )


def test_another_name_for_the_loop():
    alias = "@pytest.fixture\ndef loop(event_loop):\n    return event_loop\n\n"
    check(
        f"{HEAD}{NARROW}{alias}"
        "@pytest.mark.asyncio\nasync def test_f(loop):\n"
        "    await loop.run_in_executor(None, f)\n",
        "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n"
        "from app import f\n\n@pytest.mark.asyncio\nasync def test_f():\n"
        "    loop = asyncio.get_running_loop()\n"
        "    await loop.run_in_executor(None, f)\n",
    )


def test_marks_and_requests_by_name():
    check(
        f'{HEAD}@pytest.mark.usefixtures("event_loop", "tmp_path")\n'
        "@pytest.mark.asyncio\nasync def test_f():\n    await f()\n\n"
        '@pytest.mark.asyncio\n@pytest.mark.usefixtures("event_loop")\n'
        "async def test_g(request):\n"
        '    loop = request.getfixturevalue("event_loop")\n    await f(loop)\n',
        f'{HEAD}@pytest.mark.usefixtures("tmp_path")\n'
        "@pytest.mark.asyncio\nasync def test_f():\n    await f()\n\n"
        "@pytest.mark.asyncio\nasync def test_g(request):\n"
        "    loop = asyncio.get_running_loop()\n    await f(loop)\n",
    )


TELLING = "import asyncio\n\nimport pytest\n\nfrom app import handle\n\n"
CONFIGURED = (
    "# ours\n@pytest.fixture(scope='session')\ndef event_loop(request):\n"
    '    """The loop."""\n    loop = asyncio.new_event_loop()\n'
    "    asyncio.set_event_loop(loop)\n    loop.set_debug(True)  # slow\n"
    "    loop.set_exception_handler(handle)\n    yield loop\n    loop.close()\n"
)


def test_what_an_override_tells_its_loop():
    check(
        {
            "conftest.py": TELLING + CONFIGURED,
            "test_it.py": PLAIN + TEST,
        },
        {
            "conftest.py": "import asyncio\n\nimport pytest_asyncio\n\n"
            "from app import handle\n\n# ours\n@pytest_asyncio.fixture("
            "scope='session', loop_scope=\"session\", autouse=True)\n"
            'async def configured_event_loop():\n    """The loop."""\n'
            "    loop = asyncio.get_running_loop()\n    loop.set_debug(True)  # slow\n"
            "    loop.set_exception_handler(handle)\n",
            "test_it.py": PLAIN + SCOPED,
        },
    )


@pytest.mark.parametrize(
    "test",
    [
        "@pytest.mark.anyio\nasync def test_f():\n    pass\n",
        "class TestF(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_f(self):\n        pass\n",
    ],
)
def test_loops_that_cannot_be_told(test):
    head = "import unittest\n\nimport pytest\n\n"
    found = left({"conftest.py": TELLING + CONFIGURED, "test_it.py": head + test})
    assert found[0] in ("anyio-or-trio", "foreign-base")


FOLDERS = {
    "conftest.py": f"{HEAD}@pytest_asyncio.fixture{DB}",
    "a/conftest.py": CONFTEST,
    "a/test_a.py": PLAIN + TEST,
    "b/test_b.py": PLAIN + TEST,
}


def test_a_folder_has_a_loop_of_its_own():
    check(FOLDERS, {"a/conftest.py": None, "a/test_a.py": PLAIN + SCOPED})


def test_what_two_folders_use_is_on_one_loop():
    uses = {
        path: FOLDERS[path].replace("()", "(db)", 1) for path in FOLDERS if "_" in path
    }
    uses |= {"a/conftest.py": CONFTEST}
    after = {
        path: text.replace(".asyncio\n", '.asyncio(loop_scope="session")\n')
        for path, text in uses.items()
    }
    check(
        FOLDERS | uses,
        after
        | {
            "conftest.py": FOLDERS["conftest.py"].replace(
                "asyncio.fixture", 'asyncio.fixture(loop_scope="session")'
            ),
            "a/conftest.py": None,
        },
    )


def test_a_marker_for_a_module():
    module = (
        "pytestmark = pytest.mark.asyncio\n\n\nasync def test_f():\n    await f()\n"
    )
    check(
        {"conftest.py": CONFTEST, "test_it.py": PLAIN + module},
        {
            "conftest.py": None,
            "test_it.py": PLAIN
            + module.replace(".asyncio", '.asyncio(loop_scope="session")'),
        },
    )


def test_auto_mode():
    unmarked = "async def test_f(row):\n    await f()\n"
    check(
        {
            "conftest.py": f"{HEAD}{OVERRIDE}"
            f'@pytest.fixture(scope="session"){DB}@pytest.fixture{DB}'.replace(
                "db():\n    yield await f()\n\n@pytest.fixture\nasync def db",
                "db():\n    yield await f()\n\n@pytest.fixture\nasync def row",
            ),
            "test_it.py": "from app import f\n\n" + unmarked,
        },
        {
            "conftest.py": HEAD.replace("import asyncio\n\n", "")
            + f'@pytest.fixture(scope="session"){DB}'
            '@pytest_asyncio.fixture(loop_scope="session")\nasync def row():\n'
            "    yield await f()\n\n",
            "test_it.py": PLAIN
            + 'pytestmark = pytest.mark.asyncio(loop_scope="session")\n\n\n'
            + unmarked,
        },
        modes={"": "auto"},
    )


def test_tests_that_say_their_loops_are_taken_at_their_word():
    # With such a version an override has had no effect on them.
    check(
        {
            "conftest.py": CONFTEST,
            "test_it.py": PLAIN + TEST + SCOPED.replace("test_f", "test_g"),
        },
        {"conftest.py": None},
    )


def test_settings_say_it_for_all_tests():
    files = {
        "tests/conftest.py": f"{HEAD}{OVERRIDE}{WIDE}",
        "tests/test_it.py": f"{PLAIN}{TEST}{SYNC}",
    }
    after = {
        "tests/conftest.py": "import pytest_asyncio\n\nfrom app import f\n\n" + WIDE,
        "tests/test_it.py": f"{PLAIN}{TEST}@pytest.mark.asyncio\n"
        "async def test_g():\n    assert await f() == 1\n",
    }
    plan = run(texts(files), settable=[""]).plan
    reason = "one loop for each session, as the event_loop fixture gave"
    assert plan.settings == tuple(
        Setting("", f"asyncio_default_{each}_loop_scope", "session", reason)
        for each in ("fixture", "test")
    )
    migrated = run(texts(files), settable=[""]).results
    assert {path: text.decode().rstrip() for path, text in migrated.items()} == {
        path: text.rstrip() for path, text in after.items()
    }


@pytest.mark.parametrize(
    "more",
    [
        {"other/test_other.py": PLAIN + TEST},
        {
            "tests/unit/conftest.py": f"{HEAD}{NARROW}",
            "tests/unit/test_u.py": PLAIN + TEST,
        },
    ],
    ids=["tests beside it", "another override"],
)
def test_settings_would_be_for_others_too(more):
    files = {
        "tests/conftest.py": f"{HEAD}{OVERRIDE}{WIDE}",
        "tests/test_it.py": PLAIN + TEST,
    }
    plan = run(texts(files | more), settable=[""]).plan
    assert not plan.settings
    assert plan.files


def test_a_module_says_it_itself():
    plan = run(texts({"test_it.py": f"{HEAD}{OVERRIDE}{TEST}"}), settable=[""]).plan
    assert not plan.settings


def test_the_rules_that_it_takes():
    check_taken(f"{PLAIN}{SYNC}", "AW102", "AW109", "AW304")


def test_it_is_not_selected():
    files = {"conftest.py": CONFTEST, "test_it.py": PLAIN + TEST}
    rules = frozenset({"AW102", "AW109"})
    assert reasons(files, rules=rules) == []
    assert not run(texts(files), rules=rules).results


def test_a_hook_that_runs_coroutines():
    hook = (
        "import asyncio\n\ndef pytest_pyfunc_call(pyfuncitem):\n"
        "    asyncio.run(pyfuncitem.obj(**pyfuncitem.funcargs))\n    return True\n"
    )
    test = "async def test_f(event_loop):\n    await f(event_loop)\n"
    assert not run(texts({"conftest.py": hook, "test_it.py": PLAIN + test})).results


def test_a_hook_that_marks_coroutines():
    hook = (
        "def pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        if inspect.iscoroutinefunction(item.obj):\n"
        "            item.add_marker(pytest.mark.asyncio)\n"
    )
    test = "async def test_f():\n    await f()\n"
    check(
        {
            "conftest.py": f"import inspect\n{CONFTEST}{hook}",
            "test_it.py": PLAIN + test,
        },
        {
            "conftest.py": f"import inspect\n\nimport pytest\n\n{hook}",
            "test_it.py": PLAIN
            + 'pytestmark = pytest.mark.asyncio(loop_scope="session")\n\n\n'
            + test,
        },
    )
