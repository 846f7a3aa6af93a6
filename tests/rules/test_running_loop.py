"""AW317: what the examples in the rule itself are too plain to show."""

import pytest

from awaitify_codemods import Sources, migrate
from awaitify_codemods.facts.index import Index
from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project

HEAD = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.mark.asyncio\nasync def test_f():\n"
)
CALL = f"{HEAD}    loop = asyncio.get_event_loop()\n    assert loop.time()\n"
DONE = CALL.replace("get_event_loop", "get_running_loop")


@pytest.mark.parametrize(
    "body",
    [
        "def inner():\n        return asyncio.get_event_loop()\n    call(inner)",
        "call(lambda: asyncio.get_event_loop())",
        "get = asyncio.get_event_loop\n    get_loop(get)",
        "asyncio.get_event_loop_policy().get_event_loop()",
        "own.get_event_loop()",
    ],
    ids=["inner", "lambda", "uncalled", "policy", "own"],
)
def test_what_is_no_call_in_the_frame_of_the_coroutine(body):
    assert check_unchanged(f"{HEAD}    {body}\n") == []


@pytest.mark.parametrize(
    "code",
    [
        "def loop():\n    return asyncio.get_event_loop()\n",
        "async def f(loop=asyncio.get_event_loop()):\n    pass\n",
        "LOOP = asyncio.get_event_loop()\n\nasync def f():\n    pass\n",
    ],
    ids=["sync", "default", "module"],
)
def test_what_runs_outside_coroutines(code):
    assert check_unchanged(f"import asyncio\n\n\n{code}") == []


@pytest.mark.parametrize(
    "patch",
    [
        "mock.patch('asyncio.get_event_loop', fake)",
        "mock.patch.object(asyncio, 'get_event_loop')",
        "monkeypatch.setattr(asyncio, 'get_event_loop', fake)",
        "monkeypatch.setattr('asyncio.events.get_event_loop', fake)",
    ],
)
def test_tests_that_replace_it(patch):
    source = f"{CALL}\n\ndef test_other(monkeypatch):\n    {patch}\n"
    assert check_unchanged(source) == ["runner-patched"]


def test_a_module_that_assigns_it():
    source = CALL.replace(
        HEAD[:14], "import asyncio\n\nasyncio.get_event_loop = f\n", 1
    )
    assert check_unchanged(source) == ["runner-patched"]


def test_a_conftest_that_replaces_it():
    conftest = "import asyncio\n\n\ndef pytest_configure():\n"
    conftest += "    asyncio.get_event_loop = fake\n"
    files = {"conftest.py": conftest, "test_it.py": CALL}
    check_project(files, files)


def test_another_test_module_that_replaces_it():
    other = "def test_it(monkeypatch):\n"
    other += "    monkeypatch.setattr('asyncio.get_event_loop', None)\n"
    files = {"test_other.py": other, "test_it.py": CALL}
    check_project(files, {**files, "test_it.py": DONE})


def test_trio_has_no_running_loop_of_asyncio():
    assert check_unchanged(f"import trio\n{CALL}") == []


def test_a_name_that_is_taken():
    source = "from asyncio import get_event_loop\n\n\nasync def f(asyncio):\n"
    source += "    return get_event_loop()\n"
    assert check_unchanged(source) == ["name-taken"]


def test_code_that_is_tested():
    code = "import asyncio\n\n\nasync def f():\n    asyncio.get_event_loop()\n"
    files = {"src/app.py": code}
    check_project(files, files)


def test_imported_by_name():
    check(
        "from asyncio import get_event_loop\n\n\nasync def f():\n"
        "    return get_event_loop().time()\n",
        "import asyncio\n\n\nasync def f():\n"
        "    return asyncio.get_running_loop().time()\n",
    )


def test_a_helper_and_a_fixture_and_a_method():
    before = (
        "import asyncio as aio\n\nimport pytest_asyncio\n\n\n"
        "@pytest_asyncio.fixture\nasync def loop():\n"
        "    yield aio.get_event_loop()\n\n\n"
        "class Server:\n    async def start(self):\n"
        "        self.done = aio.get_event_loop().create_future()\n"
    )
    check(before, before.replace("get_event_loop", "get_running_loop"))


def test_a_test_that_becomes_async_says_it_at_once():
    check(
        "import asyncio\n\nfrom app import f\n\n\ndef test_f():\n"
        "    asyncio.run(f(asyncio.get_event_loop()))\n",
        "import asyncio\n\nimport pytest\n\nfrom app import f\n\n\n"
        "@pytest.mark.asyncio\nasync def test_f():\n"
        "    await f(asyncio.get_running_loop())\n",
    )


@pytest.mark.parametrize(
    "call",
    ["create_task(f(), loop=1)", "create_task(*fs)", "create_task", "call_soon(f)"],
)
def test_calls_that_are_no_plain_task(call):
    source = f"{HEAD}    asyncio.get_event_loop().{call}\n"
    check(source, source.replace("get_event_loop", "get_running_loop"))


def test_a_named_task():
    check(
        f'{HEAD}    asyncio.get_event_loop().create_task(f(), name="f")\n',
        f'{HEAD}    asyncio.create_task(f(), name="f")\n',
    )


def test_what_is_reported():
    assert reported(CALL) == ["8:12 AW317 migrate"]


@pytest.mark.parametrize("comment", ["ignore", "ignore[AW317]"])
def test_a_comment_keeps_it(comment):
    source = CALL.replace("loop()\n", f"loop()  # awaitify: {comment}\n", 1)
    assert check_unchanged(source) == []
    assert reported(source) == ["8:12 AW317 suppressed pinned"]


def test_files_without_it_are_not_even_parsed(monkeypatch):
    monkeypatch.setattr(Index, "module", None)
    source = b"async def f():\n    await asyncio.sleep(0)\n"
    paths = frozenset({"test_it.py"})
    assert not migrate(Sources({"test_it.py": source}, paths, paths)).results


@pytest.mark.parametrize(
    "line",
    [
        "assert asyncio.get_event_loop().time()",
        "client.assert_called_with(asyncio.get_event_loop())",
    ],
)
def test_no_assertion_changes(line: str):
    assert check_unchanged(f"{HEAD}    {line}\n") == []
