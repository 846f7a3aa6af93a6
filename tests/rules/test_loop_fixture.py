"""AW303: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check_taken, reported
from tests.traps.support import check, left

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import Client, f\n\n"
DONE = "import pytest\n\nfrom app import Client, f\n\n"
MADE = (
    "    loop = asyncio.new_event_loop()\n    asyncio.set_event_loop(loop)\n"
    "    yield loop\n    loop.close()\n\n"
)
LOOP = f"@pytest.fixture\ndef loop():\n{MADE}"
RUN = "@pytest.fixture\ndef run(loop):\n    return loop.run_until_complete\n\n"
TEST = "def test_f(loop):\n    assert loop.run_until_complete(f()) == 1\n"
MARKED = "@pytest.mark.asyncio\nasync def test_f():\n    assert await f() == 1\n"

STAYS = {
    "it does more": (LOOP.replace("    yield", "    print(loop)\n    yield"), TEST),
    "for all tests": (LOOP.replace("fixture", "fixture(autouse=True)"), TEST),
    "the class asks for it": (
        LOOP,
        '@pytest.mark.usefixtures("loop")\nclass TestF:\n'
        "    def test_f(self, loop):\n        loop.run_until_complete(f())\n",
    ),
    "a fixture that stays needs it": (
        LOOP,
        "@pytest.fixture\ndef client(loop):\n    yield from make(loop)\n\n"
        + TEST.replace("(loop)", "(client, loop)"),
    ),
    "a test asks about it": (
        LOOP,
        TEST + "    assert not loop.is_running()\n",
    ),
    "another one shares what is made on it": (
        f"{LOOP}@pytest.fixture\ndef client(loop):\n    return Client(loop=loop)\n\n",
        TEST.replace("(loop)", "(client, loop)")
        + "    assert not loop.is_running()\n\n"
        "def test_g(client, loop):\n    assert loop.run_until_complete(client.get())\n",
    ),
    "the session shares it": (
        LOOP.replace("fixture", 'fixture(scope="session")'),
        TEST + "\ndef test_g(loop):\n    loop.run_until_complete(f())\n"
        "    assert not loop.is_running()\n",
    ),
}


@pytest.mark.parametrize(("fixtures", "tests"), STAYS.values(), ids=STAYS)
def test_what_shares_a_loop_stays_together(fixtures, tests):
    found = set(left(f"{HEAD}from app import make\n\n{fixtures}{tests}"))
    assert found and found <= {"multi-loop", "loop-asserted", "generator-test"}


def test_a_loop_that_is_overridden():
    files = {
        "conftest.py": HEAD + LOOP + RUN,
        "tests/conftest.py": HEAD + LOOP,
        "tests/test_it.py": "from app import f\n\ndef test_f(run):\n    run(f())\n",
        "test_top.py": "from app import f\n\ndef test_f(run):\n    run(f())\n",
    }
    assert set(left(files)) == {"multi-loop", "drive-in-callback"}


def test_a_loop_of_another_plugin_is_not_known():
    assert left(HEAD + TEST) == ["unresolved"]


# What changes


@pytest.mark.parametrize(
    "fixture",
    [
        LOOP,
        LOOP.replace(
            "    yield loop\n", "    try:\n        yield loop\n    finally:\n    "
        ),
        LOOP.replace("def loop", "def loop_") + "\n" + LOOP.replace("yield", "yield"),
        f'@pytest.fixture(name="loop")\ndef _loop():\n{MADE}',
        "@pytest.fixture\ndef loop():\n    return asyncio.new_event_loop()\n\n",
        LOOP.replace("    loop.close()\n", "    loop.close()\n    gc.collect()\n"),
    ],
)
def test_ways_to_give_a_loop(fixture):
    unused = f"{fixture.partition('@')[0]}" if "loop_" not in fixture else ""
    if "def loop_" in fixture:
        unused = LOOP.replace("def loop", "def loop_") + "\n"
    collects = "gc.collect" in fixture
    head = HEAD.replace("import asyncio\n", "import asyncio\nimport gc\n")
    done = HEAD if unused else DONE
    check((head if collects else HEAD) + fixture + TEST, done + unused + MARKED)


RUNNERS = {
    "of the loop": LOOP + RUN,
    "a loop of its own": (
        "@pytest.fixture\ndef run():\n    loop = asyncio.new_event_loop()\n"
        "    yield loop.run_until_complete\n    loop.close()\n\n"
    ),
    "a function": (
        "@pytest.fixture\ndef run():\n    def _run(coro):\n"
        "        return asyncio.run(coro)\n    return _run\n\n"
    ),
    "a function on the loop": (
        f"{LOOP}@pytest.fixture\ndef run(loop):\n    def _run(coro):\n"
        "        return loop.run_until_complete(coro)\n\n    return _run\n\n"
    ),
}


@pytest.mark.parametrize("fixtures", RUNNERS.values(), ids=RUNNERS)
@pytest.mark.parametrize("name", ["run", "run_async"])
def test_runners_of_a_conftest(fixtures, name):
    test = f"from app import f\n\ndef test_f({name}):\n    assert {name}(f()) == 1\n"
    other = "import pytest\n\n@pytest.fixture\ndef other():\n    return 1\n"
    check(
        {
            "conftest.py": HEAD + fixtures.replace("def run(", f"def {name}("),
            "tests/conftest.py": other,
            "tests/test_it.py": test,
            "test_top.py": "",
        },
        {
            "conftest.py": DONE.replace("import pytest\n\n", ""),
            "tests/test_it.py": f"import pytest\n\nfrom app import f\n\n{MARKED}",
        },
    )


def test_what_still_asks_for_it_keeps_it():
    other = '\n@pytest.mark.usefixtures("loop")\ndef test_g():\n    assert Client\n'
    check(HEAD + LOOP + TEST + other, HEAD + LOOP + MARKED + other)


def test_an_async_test_that_asks_for_it_keeps_it():
    other = "\n@pytest.mark.asyncio\nasync def test_g(loop):\n    assert loop\n"
    check(HEAD + LOOP + TEST + other, HEAD + LOOP + MARKED + other)


def test_what_is_made_on_the_loop_of_a_test_becomes_async():
    client = "@pytest.fixture\ndef client(loop):\n    return Client(loop=loop)\n\n"
    test = (
        "def test_f(client, loop):\n    assert loop.run_until_complete(client.get())\n"
    )
    check(
        HEAD + LOOP + client + test,
        HEAD.replace("import pytest\n", "import pytest\nimport pytest_asyncio\n")
        + "@pytest_asyncio.fixture\nasync def client():\n"
        "    loop = asyncio.get_running_loop()\n    return Client(loop=loop)\n\n"
        "@pytest.mark.asyncio\nasync def test_f(client):\n"
        "    assert await client.get()\n",
    )


def test_a_loop_of_the_session_stays_one():
    wide = LOOP.replace("fixture", 'fixture(scope="session")')
    other = "\ndef test_g():\n    assert f\n"
    check(
        HEAD + wide + TEST + other,
        DONE + MARKED.replace("asyncio\n", 'asyncio(loop_scope="session")\n') + other,
    )


def test_marks_and_parameters_lose_the_name_alone():
    test = (
        '@pytest.mark.usefixtures("loop", "tmp_path")\n'
        "def test_f(loop: asyncio.AbstractEventLoop, capsys, *, caplog):\n"
        "    assert loop.run_until_complete(f()) == 1\n"
    )
    check(
        HEAD + LOOP + test,
        DONE + '@pytest.mark.usefixtures("tmp_path")\n@pytest.mark.asyncio\n'
        "async def test_f(capsys, *, caplog):\n    assert await f() == 1\n",
    )


def test_a_comment_on_a_parameter_goes_with_it():
    test = (
        "def test_f(\n    loop,  # made for it\n    capsys,  # kept\n):\n"
        "    assert loop.run_until_complete(f()) == 1\n"
    )
    done = (
        "@pytest.mark.asyncio\nasync def test_f(\n    capsys,  # kept\n):\n"
        "    assert await f() == 1\n"
    )
    check(HEAD + LOOP + test, DONE + done)


def test_a_future_that_is_pending_is_awaited_plainly():
    test = (
        "def test_f(loop):\n    fut = loop.create_future()\n"
        "    loop.call_soon(fut.set_result, 1)\n"
        "    assert loop.run_until_complete(fut) == 1\n"
    )
    done = (
        "@pytest.mark.asyncio\nasync def test_f():\n"
        "    loop = asyncio.get_running_loop()\n    fut = loop.create_future()\n"
        "    loop.call_soon(fut.set_result, 1)\n    assert await fut == 1\n"
    )
    check(HEAD + LOOP + test, HEAD + done)


def test_it_takes_the_drive_and_the_marker_too():
    check_taken(HEAD + LOOP + TEST, "AW102", "AW109", "AW303")


def test_every_site_is_reported():
    assert reported(HEAD + LOOP + TEST) == [
        "8:1 AW303 migrate",
        "15:12 AW102 migrate",
    ]
