"""AW432: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import REPORT
from tests.traps.support import check, left, run, texts

APP = """
import asyncio

from pkg import core
from pkg.core import serve

class Service:
    def __init__(self, loop):
        self.loop = loop

    def start(self):
        return self.loop.create_task(self._run())

    async def _run(self):
        return 1

def main(port=1):
    return asyncio.run(serve(port))

def stop():
    return asyncio.run(core.stop())

def nested():
    async def inner():
        return 1

    return asyncio.run(inner())

def checked():
    coroutine = serve(1)
    if asyncio.iscoroutine(coroutine):
        return asyncio.run(coroutine)

def closed():
    coroutine = serve(1)
    asyncio.run(coroutine)
    coroutine.close()

async def used(loop):
    loop.create_task(serve(1))
    return await serve(2)
"""
CORE = """
async def serve(port):
    return port

async def stop():
    return None
"""
HEAD = """
from unittest import mock
from unittest.mock import ANY, MagicMock, patch

import pytest

from pkg import cli
"""


def project(test: str) -> dict[str, str]:
    """Return a project with a command line, and a file with this text about it."""
    body = test.strip("\n")
    return {
        "pkg/__init__.py": "",
        "pkg/cli.py": APP,
        "pkg/core.py": CORE,
        "test_cli.py": f"{HEAD}\n\n{body}\n",
    }


def told(test: str) -> list[str]:
    """Assert that a file stays as it is; return what is reported about it."""
    files = project(test)
    assert left(files) == []
    found = run(texts(files)).plan.findings
    assert {each.status for each in found} <= {REPORT}
    return [each.message.rpartition("; ")[2] for each in found if each.rule == "AW432"]


class TestLeft:
    @pytest.mark.parametrize(
        "test",
        [
            pytest.param(
                """
@patch("asyncio.run", side_effect=lambda coro: coro.close())
def test_main(run):
    cli.main()
""",
                id="the mock closes it",
            ),
            pytest.param(
                """
@patch("asyncio.run")
def test_checked(run):
    cli.checked()
""",
                id="the code asks whether it is a coroutine",
            ),
            pytest.param(
                """
@patch("asyncio.run")
def test_closed(run):
    cli.closed()
""",
                id="the code closes it",
            ),
            pytest.param(
                """
@pytest.mark.asyncio
async def test_used():
    loop = MagicMock()
    assert await cli.used(loop) == 2
""",
                id="another coroutine of the function is awaited",
            ),
            pytest.param(
                """
@patch("pkg.cli.serve", new=MagicMock())
@patch("asyncio.run")
def test_main(run):
    cli.main()
""",
                id="it is replaced already",
            ),
            pytest.param(
                """
def test_warning():
    loop = MagicMock()
    with pytest.warns(RuntimeWarning, match="never awaited"):
        cli.Service(loop).start()
        loop.reset_mock()
""",
                id="the test asks for the warning",
            ),
            pytest.param(
                """
@patch("asyncio.run")
def test_registered(run):
    cli.main()
    pytest.register(cli.core.serve)
    pytest.register(cli.serve)
""",
                id="something else may call it",
            ),
            pytest.param(
                """
@patch("asyncio.run")
def test_name(run):
    cli.main()
    assert cli.serve.__name__ == "serve"
""",
                id="the test looks at the function",
            ),
            pytest.param(
                """
@patch("asyncio.run")
def test_raising(run):
    cli.main()
    raise SystemExit
""",
                id="what follows is not known",
            ),
            pytest.param(
                """
def test_own(flag=False):
    loop = MagicMock()
    loop.create_task(cli.core.stop())
""",
                id="the test makes it",
            ),
        ],
    )
    def test_and_nothing_is_said(self, test: str):
        assert told(test) == []

    @pytest.mark.parametrize(
        ("test", "why"),
        [
            pytest.param(
                """
@patch("asyncio.run")
def test_main(run):
    cli.main()
    assert run.call_args[0]
""",
                "the test looks at it",
                id="looked at",
            ),
            pytest.param(
                """
@patch("pkg.cli.asyncio")
def test_main(fake):
    cli.main()
    assert len(fake.mock_calls) == 1
""",
                "the test looks at it",
                id="looked at from above",
            ),
            pytest.param(
                """
@patch("asyncio.run")
def test_main(run):
    cli.main()
    run.assert_called_once_with(OF("serve"))
""",
                "the test compares it",
                id="compared",
            ),
            pytest.param(
                """
def test_two():
    first, second = MagicMock(), MagicMock()
    cli.Service(first).start()
    cli.Service(second).start()
    assert second.create_task.call_args
""",
                "the test looks at it",
                id="looked at once of two times",
            ),
            pytest.param(
                """
@patch("asyncio.run")
def test_nested(run):
    cli.nested()
""",
                "it has no name here to replace it by",
                id="within a function",
            ),
            pytest.param(
                """
@pytest.fixture
def run():
    with patch("asyncio.run") as run:
        yield run

def test_main(run):
    cli.main()
""",
                "the mock is that of several tests",
                id="of a fixture",
            ),
        ],
    )
    def test_and_reported(self, test: str, why: str):
        assert told(test) == [why]


class TestReplaced:
    def test_above_all_decorators(self):
        before = """
@pytest.mark.parametrize("port", [1, 2])
@patch.object(cli.asyncio, "run", return_value=4)
def test_main(run, port):
    assert cli.main(port) == 4
    run.assert_called_once_with(ANY)
"""
        after = f'@patch("pkg.cli.serve", new=MagicMock()){before}'
        check(project(before), project(after))

    def test_what_a_block_patches(self):
        before = """
def test_stop():
    with mock.patch("asyncio.run") as run:
        cli.stop()
    assert run.called
"""
        after = f'@patch("pkg.cli.core.stop", new=MagicMock()){before}'
        check(project(before), project(after))

    def test_with_the_fixture_of_pytest_mock(self):
        before = """
def test_main(mocker):
    run = mocker.patch("pkg.cli.asyncio.run")
    cli.main()
    assert run.called
"""
        new = '    mocker.patch("pkg.cli.serve", new=mocker.MagicMock())\n    run ='
        check(project(before), project(before.replace("    run =", new)))

    def test_a_method(self):
        before = """
class TestService:
    def test_start(self):
        loop = MagicMock()
        assert cli.Service(loop).start() is loop.create_task.return_value
"""
        new = '    @patch("pkg.cli.Service._run", new=MagicMock())\n    def'
        check(project(before), project(before.replace("    def", new)))

    def test_several(self):
        before = """
@patch("asyncio.run")
def test_both(run):
    cli.main()
    cli.stop()
"""
        after = (
            '@patch("pkg.cli.core.stop", new=MagicMock())\n'
            '@patch("pkg.cli.serve", new=MagicMock())'
        )
        check(project(before), project(after + before))

    def test_in_the_style_of_the_file(self):
        files = project("")
        head = "from unittest import mock\n\nfrom pkg import cli\n\n"
        test = '@mock.patch("asyncio.run")\ndef test_main(run):\n    cli.main()\n'
        new = '@mock.patch("pkg.cli.serve", new=mock.MagicMock())\n'
        before = {**files, "test_cli.py": head + test}
        check(before, {**files, "test_cli.py": head + new + test})


class TestMocksOfCoroutineFunctions:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (
                '@patch("pkg.cli.serve")',
                '@patch("pkg.cli.serve", new_callable=MagicMock)',
            ),
            (
                '@patch.object(cli, "serve", return_value=1)',
                '@patch.object(cli, "serve", return_value=1, new_callable=MagicMock)',
            ),
            (
                '@patch("pkg.cli.serve", new_callable=mock.AsyncMock)',
                '@patch("pkg.cli.serve", new_callable=MagicMock)',
            ),
        ],
    )
    def test_become_plain_ones(self, before: str, after: str):
        test = """
@patch("asyncio.run")
def test_main(run, serve):
    cli.main()
    serve.assert_called_once_with(1)
    assert mock.ANY == run
"""
        check(project(f"{before}{test}"), project(f"{after}{test}"))

    @pytest.mark.parametrize(
        "test",
        [
            pytest.param(
                """
@patch("pkg.cli.serve")
@patch("asyncio.run")
def test_main(run, serve):
    cli.main()
    serve.assert_not_awaited()
""",
                id="asked whether they are awaited",
            ),
            pytest.param(
                """
@patch("pkg.cli.serve", side_effect=ValueError)
@patch("asyncio.run")
def test_main(run, serve):
    cli.main()
""",
                id="a plain one would raise at the call",
            ),
            pytest.param(
                """
@patch("pkg.cli.serve")
@patch("asyncio.run")
def test_main(run, serve):
    cli.main()
    run.call_args[0][0].close()
""",
                id="the test looks at the coroutine",
            ),
            pytest.param(
                """
@patch("pkg.cli.serve")
@patch("asyncio.run", side_effect=lambda coro: coro.close())
def test_main(run, serve):
    cli.main()
""",
                id="the mock closes it",
            ),
            pytest.param(
                """
@patch("pkg.cli.serve")
@pytest.mark.asyncio
async def test_used(serve):
    assert await cli.used(MagicMock())
""",
                id="another one is awaited",
            ),
            pytest.param(
                """
@patch("pkg.cli.serve")
@patch("asyncio.run")
def test_checked(run, serve):
    cli.checked()
""",
                id="the code asks whether it is a coroutine",
            ),
        ],
    )
    def test_stay(self, test: str):
        assert told(test) == []


@pytest.mark.parametrize(
    "call", ["Child(MagicMock()).start()", "cli.Service(MagicMock()).start()"]
)
def test_a_method_of_a_subclass(call: str):
    before = f"""
class Child(cli.Service):
    pass

def test_start():
    assert {call}
"""
    new = '@patch("pkg.cli.Service._run", new=MagicMock())\ndef'
    check(project(before), project(before.replace("def", new)))


def test_a_package_that_hides_its_module():
    test = """
@patch("asyncio.run")
def test_main(run):
    main()
"""
    head = "from unittest.mock import MagicMock, patch\n\nfrom pkg.main import main\n\n"
    app = "import asyncio\n\nasync def work():\n    pass\n\n"
    app += "def main():\n    return asyncio.run(work())\n"
    files = {"pkg/__init__.py": "", "pkg/main.py": app, "test_cli.py": head + test}
    new = f'\n@patch("pkg.main.work", new=MagicMock()){test}'
    check(files, {**files, "test_cli.py": head + new})
    assert left({**files, "pkg/__init__.py": "from pkg.main import main\n"}) == []
