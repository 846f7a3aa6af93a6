"""P14 and semantics 5: tests that break where a loop runs."""

import pytest

from awaitify_codemods.codes import NAMES
from tests.traps.support import check, left

APP = """
import asyncio

async def f():
    return 1

def main():
    return asyncio.run(f())

def through():
    return main()

class Client:
    def get_sync(self):
        return asyncio.get_event_loop().run_until_complete(f())

    def start(self):
        return self.get_sync()

class Session:
    def __init__(self):
        self.token = asyncio.run(f())

class Opened:
    def __enter__(self):
        asyncio.run(f())
        return self

    def __exit__(self, *args):
        pass

def make():
    return Client()

def make_client():
    return asyncio.get_running_loop()

def calls_make_client():
    return make_client()

def check():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return "sync"
    return "async"

def plain():
    return 1
"""


def legacy(body: str, imports: str = "") -> dict[str, str]:
    """Return a project with one test that drives a loop, too."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    head = f"import asyncio\n{imports}\nimport pytest\n\nimport app\n\n"
    test = f"def test_f(client=None):\n    asyncio.run(app.f())\n{lines}"
    return {"app.py": APP, "test_it.py": head + test}


INNER = [
    "assert app.main() == 1",
    "assert app.through() == 1",
    "assert app.Client().get_sync() == 1",
    "assert app.Client().start() == 1",
    "assert app.make().get_sync() == 1",
    "assert client.get_sync() == 1",
    "assert app.Session().token",
    "with app.Opened(): pass",
    "main = app.main\nassert main() == 1",
    "assert list(map(app.main, []))",
    "assert (lambda: app.main())()",
    "def go():\n    return app.main()\nassert go()",
    "assert [app.main() for _ in range(2)]",
    "from app import main as m\nassert m()",
]


@pytest.mark.parametrize("body", INNER)
def test_code_that_starts_a_loop_of_its_own(body):
    assert left(legacy(body)) == ["inner-loop"]


def test_code_that_starts_none():
    files = legacy("assert app.plain() == 1")
    after = files["test_it.py"].replace("import asyncio\n\n", "")
    after = after.replace("def test", "@pytest.mark.asyncio\nasync def test")
    check(files, {"test_it.py": after.replace("asyncio.run(app.f())", "await app.f()")})


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from asgiref.sync import async_to_sync", "use(async_to_sync(app.f))"),
        ("import trio", "trio.run(app.f)"),
        ("import uvloop", "uvloop.run(app.f())"),
        ("from click.testing import CliRunner", "CliRunner().invoke(app.main)"),
        ("from typer.testing import CliRunner", "CliRunner().invoke(app.main, [])"),
        ("from aiohttp.web import run_app", "run_app(app)"),
    ],
)
def test_libraries_that_start_a_loop(imports, call):
    reasons = left(legacy(call, imports + "\n"))
    assert reasons
    assert set(reasons) <= {"inner-loop", "unresolved", "drive-in-callback"}


def test_a_command_runner_of_a_fixture_with_a_command_that_starts_a_loop():
    assert left(legacy("client.invoke(app.main, ['x'])")) == ["inner-loop"]


def test_code_that_asks_whether_a_loop_runs():
    assert left(legacy('assert app.check() == "sync"')) == ["loop-asserted"]


@pytest.mark.parametrize("call", ["current_task", "get_running_loop"])
def test_an_expected_error_where_no_loop_runs(call):
    body = f"with pytest.raises(RuntimeError):\n    asyncio.{call}()"
    assert left(legacy(body)) == ["loop-asserted"]


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.get_event_loop()",
        "app.make_client()",
        "app.calls_make_client()",
        "asyncio.ensure_future(coro)",
        "asyncio.create_task(coro)",
        "asyncio.Future()",
    ],
)
def test_an_expected_error_of_code_that_needs_a_loop(call):
    body = f"with pytest.raises(RuntimeError):\n    {call}"
    assert left(legacy(body, "\ncoro = None\n")) == ["loop-asserted"]


@pytest.mark.parametrize(
    "text",
    [
        "cannot be called from a running event loop",
        "no running event loop",
        "This event loop is already running",
        "There is no current event loop",
    ],
)
def test_an_expected_message_about_loops(text):
    body = f'with pytest.raises(RuntimeError, match="{text}"):\n    app.plain()'
    assert left(legacy(body)) == ["loop-asserted"]


PATCHES = [
    'with patch("asyncio.run"): pass',
    'with patch("app.asyncio.run") as run: run()',
    'with patch("app.asyncio.new_event_loop"): pass',
    'with patch("asyncio.get_event_loop"): pass',
    'with patch("asyncio.events.get_running_loop"): pass',
    'with patch.object(asyncio, "run"): pass',
    'with patch.object(app.asyncio, "run"): pass',
    'with patch.object(asyncio, attribute="new_event_loop"): pass',
    'client.setattr(asyncio, "run", None)',
    'client.setattr("asyncio.run", None)',
    'client.patch("asyncio.run")',
    'client.patch.object(asyncio, "run")',
]


@pytest.mark.parametrize("patch", PATCHES)
def test_a_test_that_patches_what_drives(patch):
    files = legacy(patch, "from unittest.mock import patch\n")
    assert left(files) == ["runner-patched"]


@pytest.mark.parametrize(
    "decorator", ['@patch("asyncio.run")', '@patch.object(asyncio, "run")']
)
def test_a_test_whose_decorator_patches_what_drives(decorator):
    files = legacy("", "from unittest.mock import patch\n")
    files["test_it.py"] = files["test_it.py"].replace(
        "def test", f"{decorator}\ndef test"
    )
    assert left(files) == ["runner-patched"]


@pytest.mark.parametrize("name", ["run", "new_event_loop", "get_event_loop"])
def test_a_test_that_assigns_to_asyncio(name):
    body = f"asyncio.{name} = client\nasyncio.run(app.f())"
    assert set(left(legacy(body))) == {"runner-patched"}


THREADS = [
    "loop = asyncio.new_event_loop()\nThread(target=loop.run_forever).start()",
    "asyncio.run_coroutine_threadsafe(app.f(), client.loop).result()",
    "client.loop.call_soon_threadsafe(client.loop.stop)\nclient.loop.run_forever()",
]


@pytest.mark.parametrize("body", THREADS)
def test_a_loop_in_another_thread(body):
    reasons = left(legacy(body, "from threading import Thread\n"))
    assert set(reasons) & {"thread-loop", "run-forever"}


@pytest.mark.parametrize(
    "body",
    [
        "Process(target=app.plain).start()",
        "multiprocessing.Process(target=app.plain).start()",
        "multiprocessing.Pool().map(print, [1])",
        "context = multiprocessing.get_context('fork')",
    ],
)
def test_a_test_that_starts_processes(body):
    imports = "import multiprocessing\nfrom multiprocessing import Process\n"
    assert left(legacy(body, imports)) == ["thread-loop"]


@pytest.mark.parametrize(
    ("imports", "body"),
    [
        ("import os", "if os.fork() == 0:\n    os._exit(0)"),
        (
            "from concurrent.futures import ProcessPoolExecutor",
            "with ProcessPoolExecutor() as pool:\n    pool.submit(app.plain)",
        ),
    ],
)
def test_a_test_that_forks(imports, body):
    assert left(legacy(body, imports + "\n")) == ["thread-loop"]


def test_a_benchmark():
    assert left(
        """
        import asyncio

        from app import f

        def test_one(benchmark):
            benchmark(lambda: asyncio.run(f()))

        def test_two(benchmark):
            assert asyncio.run(f()) == benchmark(sum, [1])
        """
    ) == ["drive-in-lambda", "benchmark"]


def test_strings_are_never_rewritten():
    left(
        '''
        from textwrap import dedent

        def test_script(pytester):
            pytester.makepyfile("""
                import asyncio

                def test_inner():
                    asyncio.run(f())
            """)
            run(["python", "-c", "import asyncio; asyncio.run(f())"])
        '''
    )


def test_doctests_are_never_rewritten():
    left(
        '''
        def helper():
            """Run it.

            >>> import asyncio
            >>> asyncio.run(f())
            1
            """
        '''
    )


def test_generator_tests_stay():
    assert left(
        """
        import asyncio

        from app import f

        def test_f():
            yield asyncio.run(f())
        """
    ) == ["generator-test"]


@pytest.mark.parametrize("body", ["asyncio.all_tasks(loop)", "asyncio.all_tasks()"])
def test_every_task_of_a_loop(body):
    reasons = left(
        f"""
        import asyncio

        from app import f

        def test_f():
            loop = asyncio.new_event_loop()
            loop.run_until_complete(f())
            loop.run_until_complete(asyncio.gather(*{body}))
        """
    )
    assert set(reasons) == {"all-tasks"}


@pytest.mark.parametrize(
    "spelling", ["asyncio.Task.all_tasks(loop)", "asyncio.tasks.all_tasks(loop)"]
)
def test_every_task_of_a_loop_in_other_spellings(spelling):
    reasons = left(
        f"""
        import asyncio

        from app import f

        def test_f():
            loop = asyncio.new_event_loop()
            loop.run_until_complete(f())
            loop.run_until_complete(asyncio.gather(*{spelling}))
        """,
        rules=frozenset(NAMES) - {"AW532"},  # which spells it as of today
    )
    assert set(reasons) == {"all-tasks"}


def test_a_fixture_asked_for_by_name():
    assert left(
        """
        import asyncio

        from app import f

        def test_f(request):
            asyncio.run(f(request.getfixturevalue("thing")))
        """
    ) == ["dynamic-call"]


@pytest.mark.parametrize("name", ["loop", "io_loop"])
def test_a_loop_from_a_fixture_that_is_not_known(name):
    assert left(
        f"""
        import asyncio

        from app import f

        def test_f({name}):
            assert {name}.run_until_complete(f()) == 1

        def test_g({name}):
            assert asyncio.run(f()) == 1
        """
    ) == ["unresolved", "unresolved"]


@pytest.mark.parametrize("scope", ["module", "session", "class"])
def test_beside_a_fixture_on_a_wider_loop_without_a_scope_of_its_own(scope):
    assert left(
        f"""
        import asyncio

        import pytest
        import pytest_asyncio

        from app import f

        @pytest_asyncio.fixture(scope="{scope}", loop_scope="{scope}")
        async def thing():
            return await f()

        @pytest_asyncio.fixture
        async def other():
            return await f()

        def test_f(thing, other):
            assert asyncio.run(f()) == 1
        """
    ) == ["multi-loop"]


def test_a_fixture_that_somebody_calls_stays_beside_its_tests():
    check(
        """
        import asyncio

        import pytest

        from app import f

        @pytest.fixture
        def thing():
            return asyncio.run(f())

        THING = thing

        def test_f(thing):
            assert asyncio.run(f()) == thing
        """,
        """
        import asyncio

        import pytest

        from app import f

        @pytest.fixture
        def thing():
            return asyncio.run(f())

        THING = thing

        @pytest.mark.asyncio
        async def test_f(thing):
            assert await f() == thing
        """,
    )


@pytest.mark.parametrize(
    "drive",
    [
        "anyio.run(f, backend='trio')",
        "anyio.run(f, backend=backend)",
    ],
)
def test_anyio_on_another_backend(drive):
    assert left(
        f"""
        import anyio

        from app import f

        def test_f(backend):
            assert {drive} == 1
        """
    ) == ["anyio-or-trio"]


def test_anyio_with_options():
    assert left(
        """
        import anyio

        from app import f

        def test_f():
            assert anyio.run(f, backend_options={"use_uvloop": True}) == 1
        """
    ) == ["loop-asserted"]


def test_nested_drives_stay_together():
    reasons = left(
        """
        import asyncio

        import nest_asyncio

        from app import f

        nest_asyncio.apply()

        def test_f():
            async def go():
                return asyncio.run(f())
            assert asyncio.run(go()) == 1
        """
    )
    assert set(reasons) == {"nested-drive"}
