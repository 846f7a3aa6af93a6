"""Functions at home that only make, install or end a loop: gone with their last use."""

import pytest

from tests.traps.support import MODULE, check, left, result, run, texts

APP = """
async def f():
    return 1
"""
UTILITIES = """
import asyncio


def configure_test_event_loop():
    \"\"\"Make a loop for a test.\"\"\"
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def cleanup_event_loop(loop):
    if not loop.is_closed():
        loop.close()
    asyncio.set_event_loop(None)


def prepare():
    asyncio.set_event_loop(asyncio.new_event_loop())


def finish():
    asyncio.get_event_loop().close()
"""
NAMES = ("configure_test_event_loop", "cleanup_event_loop", "prepare", "finish")
AFTER = """
import pytest

import app


@pytest.mark.asyncio
async def test_it():
    assert await app.f() == 1
"""


def project(body: str, utilities: str = UTILITIES) -> dict[str, str]:
    """Return a project whose test uses utilities of its conftest."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    head = "import app\nimport conftest\n\n\n"
    head = f"import asyncio\n\n{head}" if "asyncio" in lines else head
    return {
        "app.py": APP,
        "conftest.py": utilities,
        "test_it.py": f"{head}def test_it():\n{lines}",
    }


@pytest.mark.parametrize(
    "body",
    [
        "loop = conftest.configure_test_event_loop()\n"
        "try:\n    assert loop.run_until_complete(app.f()) == 1\n"
        "finally:\n    conftest.cleanup_event_loop(loop)",
        "loop = conftest.configure_test_event_loop()\n"
        "assert loop.run_until_complete(app.f()) == 1\n"
        "conftest.cleanup_event_loop(loop)",
        "conftest.prepare()\n"
        "assert asyncio.get_event_loop().run_until_complete(app.f()) == 1\n"
        "conftest.finish()",
    ],
)
def test_they_go_with_the_drive(body):
    files = texts(project(body))
    found = result(files, run(files))
    assert found["test_it.py"] == texts(AFTER)[MODULE]
    for name in (
        "configure_test_event_loop",
        "cleanup_event_loop",
        "prepare",
        "finish",
    ):
        # Those that nothing used before are there for others.
        assert (f"def {name}" in str(found["conftest.py"])) == (name not in body)


def test_the_fixture_that_calls_them_goes_too():
    fixture = (
        "\n\nimport pytest\n\n\n@pytest.fixture\ndef loop():\n"
        "    loop = configure_test_event_loop()\n    yield loop\n"
        "    cleanup_event_loop(loop)\n"
    )
    utilities = UTILITIES.partition("\n\ndef prepare")[0]
    files = project("", utilities + fixture)
    files["test_it.py"] = (
        "import app\n\n\ndef test_it(loop):\n"
        "    assert loop.run_until_complete(app.f()) == 1\n"
    )
    check(files, {"test_it.py": AFTER, "conftest.py": None})


DRIVE = "assert asyncio.get_event_loop().run_until_complete(app.f()) == 1"
MORE = """
import asyncio

import app


def finish():
    app.count += 1
    asyncio.get_event_loop().close()


def finish_all():
    finish()


def shut_down(loop):
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def remember():
    global loop
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
"""


@pytest.mark.parametrize("name", ["finish", "finish_all", "remember"])
def test_one_that_does_more_keeps_the_test(name):
    files = project(f"{DRIVE}\nconftest.{name}()", MORE)
    assert "multi-loop" in left(files)


def test_one_that_runs_the_loop_keeps_the_test():
    body = "loop = asyncio.new_event_loop()\n"
    body += "assert loop.run_until_complete(app.f()) == 1\nconftest.shut_down(loop)"
    assert "inner-loop" in left(project(body, MORE))


def test_one_whose_answer_is_used_keeps_the_test():
    files = project(f"{DRIVE}\nassert conftest.finish() is None")
    assert "multi-loop" in left(files)


@pytest.mark.parametrize("folder", ["", "tests/"])
def test_set_ups_that_call_them_keep_the_test(folder):
    methods = "".join(
        f"    def {name}(self):\n        helpers.{called}()\n\n"
        for name, called in (("setup_method", "prepare"), ("teardown_method", "finish"))
    )
    files = {
        "app.py": APP,
        f"{folder}helpers.py": UTILITIES,
        f"{folder}test_it.py": "import asyncio\n\nimport app\nimport helpers\n\n\n"
        f"class TestIt:\n{methods}    def test_it(self):\n        {DRIVE}\n",
    }
    assert "multi-loop" in left(files)


@pytest.mark.parametrize("name", ["prepare", "finish"])
def test_one_that_is_tested_is_called(name):
    files = project(f"{DRIVE}\nmaking.{name}()")
    files["making.py"] = UTILITIES
    files["test_it.py"] = f"import making\n{files['test_it.py']}"
    files["main.py"] = "from making import prepare\n"
    assert "multi-loop" in left(files)


def test_a_loop_that_a_tested_function_makes_is_not_replaced():
    body = "loop = making.configure_test_event_loop()\n"
    body += "assert loop.run_until_complete(app.f()) == 1\nloop.close()"
    files = project(body)
    files["making.py"] = UTILITIES
    files["test_it.py"] = f"import making\n{files['test_it.py']}"
    files["main.py"] = "from making import prepare\n"
    assert left(files)
