"""AW421: what the examples in the rule itself are too plain to show."""

import pytest

from awaitify_codemods.plan import REPORT
from tests.support import check, check_unchanged

TEST = """
import pytest


@pytest.mark.asyncio
async def test_f():
    load = CoroutineMock({given})
    {more}
    assert await load() == 1
"""


def test_text(given="", more="assert load", head="from asynctest import CoroutineMock"):
    return f"{head}\n{TEST.format(given=given, more=more)}"


test_text.__test__ = False


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ("return_value=make()", "assert load"),
        ("side_effect=make", "assert load"),
        ("side_effect=[make(), 1]", "assert load"),
        ("side_effect=lambda: make()", "assert load"),
        ("", "load.return_value = make()"),
        ("", "load.side_effect = lambda: make()"),
        ("wraps=make", "assert load"),
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        "async def make():\n    return 1\n",
        "def make():\n    done = asyncio.Future()\n    return done\n",
    ],
    ids=["coroutine", "future"],
)
def test_asynctest_awaits_what_it_is_told(given, more, make):
    if "async" in make.partition("(")[0] and "=make" in given.partition("(")[0]:
        return  # unittest awaits coroutine functions, too
    source = f"import asyncio\n\n{test_text(given, more)}\n\n{make}"
    assert check_unchanged(source) == ["asynctest-mock"]


@pytest.mark.parametrize(
    "more",
    [
        "await load.awaited.wait()",
        "assert load.awaited",
        "assert load.is_coroutine",
    ],
)
def test_attributes_without_counterpart(more):
    assert check_unchanged(test_text("return_value=1", more)) == ["asynctest-mock"]


@pytest.mark.parametrize(
    "source",
    [
        "import asynctest\n\n\ndef test_f():\n"
        "    f = asynctest.Mock(side_effect=asynctest.return_once(1))\n"
        "    assert f() == 1\n",
        "from asynctest import Mock, set_read_ready\n\n\ndef test_f():\n"
        "    set_read_ready(Mock(), None)\n    assert Mock(is_coroutine=True)\n",
        "from asynctest import *\n\n\ndef test_f():\n    assert MagicMock()\n",
        "from asynctest import CoroutineMock\n\n\n"
        "class Reader(CoroutineMock):\n    pass\n\n\n"
        "def test_f():\n    assert Reader()\n",
        "from asynctest import mock\n\nfrom app import check\n\n\n"
        "def test_f():\n    assert check(mock)\n",
        "import sys\n\nif sys.version_info < (3, 8):\n"
        "    from asynctest import CoroutineMock as AsyncMock\n"
        "else:\n    from unittest.mock import AsyncMock\n\n\n"
        "def test_f():\n    assert AsyncMock()\n",
    ],
    ids=["return_once", "is_coroutine", "star", "subclass", "module", "version"],
)
def test_without_counterpart(source):
    assert check_unchanged(source) == ["asynctest-mock"]


def test_helpers_of_the_selector_stay_without_a_word_of_mocks():
    check_unchanged(
        """
        import asynctest


        def test_f():
            assert asynctest.FileMock()
        """
    )


@pytest.mark.parametrize("decorator", ["@pytest.fixture", "@asyncio.coroutine"])
def test_unittest_does_not_patch_within_generators(decorator):
    assert "asynctest-mock" in check_unchanged(
        f"""
        import asyncio

        import pytest
        from asynctest import patch


        {decorator}
        @patch("app.load")
        def loaded(load):
            yield load


        def test_f(loaded):
            assert loaded
        """
    )


def test_the_end_of_the_values_is_another_exception():
    assert check_unchanged(
        """
        import pytest
        from asynctest import CoroutineMock


        @pytest.mark.asyncio
        async def test_f():
            load = CoroutineMock(side_effect=[1])
            assert await load() == 1
            with pytest.raises(StopIteration):
                load()
        """
    ) == ["asynctest-mock"]


def test_a_name_that_another_file_takes_stays(tmp_path):
    from awaitify_codemods import Settings, Sources, migrate

    files = {
        "tests/helpers.py": b"from asynctest import CoroutineMock\n\n\n"
        b"def made():\n    return CoroutineMock()\n",
        "tests/test_f.py": b"from tests.helpers import CoroutineMock, made\n\n\n"
        b"def test_f():\n    assert made() and CoroutineMock()\n",
    }
    paths = frozenset(files)
    sources = Sources(files, paths, frozenset({"tests/test_f.py"}))
    done = migrate(sources, Settings())
    assert not done.results
    assert [each.reason for each in done.plan.findings] == ["asynctest-mock"]


def test_a_patch_does_not_know_the_mocks_that_another_file_keeps():
    from awaitify_codemods import Settings, Sources, migrate

    files = {
        "tests/base.py": b"import asyncio\n\nfrom asynctest import CoroutineMock\n\n\n"
        b"LOAD = CoroutineMock(return_value=asyncio.sleep(0))\n",
        "tests/test_f.py": b"from asynctest import patch\nfrom tests import base\n\n\n"
        b"def test_f():\n    with patch.object(base, 'LOAD') as load:\n"
        b"        assert load\n",
        "tests/test_g.py": b"from asynctest import patch\n\n\n"
        b"def test_g():\n    with patch('app.load') as load:\n"
        b"        assert load\n",
    }
    tests = frozenset({"tests/test_f.py", "tests/test_g.py"})
    done = migrate(Sources(files, frozenset(files), tests), Settings())
    assert list(done.results) == ["tests/test_g.py"]


def test_a_plain_mock_may_return_a_future():
    check(
        """
        import asyncio

        import pytest
        from asynctest import MagicMock


        async def remove(store):
            return await store.remove()


        @pytest.mark.asyncio
        async def test_remove():
            store = MagicMock()
            done = asyncio.get_running_loop().create_future()
            done.set_result(1)
            store.remove.return_value = done
            assert await remove(store) == 1
        """,
        """
        from unittest.mock import AsyncMock, MagicMock

        import pytest


        async def remove(store):
            return await store.remove()


        @pytest.mark.asyncio
        async def test_remove():
            store = MagicMock()
            store.remove = AsyncMock(return_value=1)
            assert await remove(store) == 1
        """,
    )


NAMES = [
    (
        "from asynctest import CoroutineMock as Async",
        "Async",
        "from unittest.mock import AsyncMock as Async",
        "Async",
    ),
    (
        "from asynctest import mock",
        "mock.CoroutineMock",
        "from unittest import mock",
        "mock.AsyncMock",
    ),
    (
        "from asynctest import mock as async_mock",
        "async_mock.CoroutineMock",
        "from unittest import mock as async_mock",
        "async_mock.AsyncMock",
    ),
    (
        "import asynctest.mock as am",
        "am.CoroutineMock",
        "from unittest import mock as am",
        "am.AsyncMock",
    ),
    (
        "import asynctest.mock",
        "asynctest.mock.CoroutineMock",
        "from unittest import mock",
        "mock.AsyncMock",
    ),
    (
        "import asynctest as at",
        "at.CoroutineMock",
        "from unittest import mock",
        "mock.AsyncMock",
    ),
    (
        "from asynctest.mock import CoroutineMock, mock",
        "CoroutineMock",
        "from unittest.mock import AsyncMock",
        "AsyncMock",
    ),
    (
        "import unittest.mock as um\n\nimport asynctest",
        "asynctest.CoroutineMock",
        "import unittest.mock as um",
        "um.AsyncMock",
    ),
]


@pytest.mark.parametrize(("head", "name", "new_head", "new_name"), NAMES)
def test_names(head, name, new_head, new_name):
    body = (
        "\n\ndef test_f():\n    f = {name}(return_value=1)\n"
        "    f.assert_not_awaited()\n"
    )
    check(
        head + "\n" + body.format(name=name),
        new_head + "\n" + body.format(name=new_name),
    )


def test_a_name_that_is_taken_gets_an_alias():
    check(
        """
        from asynctest import CoroutineMock

        from app import AsyncMock


        def test_f():
            assert AsyncMock(CoroutineMock(return_value=1))
        """,
        """
        from unittest.mock import AsyncMock as CoroutineMock

        from app import AsyncMock


        def test_f():
            assert AsyncMock(CoroutineMock(return_value=1))
        """,
    )


def test_a_parameter_called_mock_hides_the_module():
    check(
        """
        import asynctest


        @asynctest.patch("app.load")
        def test_f(mock):
            assert mock is not asynctest.ANY
        """,
        """
        import unittest.mock


        @unittest.mock.patch("app.load")
        def test_f(mock):
            assert mock is not unittest.mock.ANY
        """,
    )


@pytest.mark.parametrize(
    "shim",
    [
        """
        try:
            from asynctest import CoroutineMock
        except ImportError:
            from unittest.mock import AsyncMock as CoroutineMock
        """,
        """
        try:
            from unittest.mock import AsyncMock as CoroutineMock
        except ImportError:  # Python 3.7
            from asynctest import CoroutineMock
        """,
    ],
)
def test_an_import_with_a_fallback_is_a_plain_one(shim):
    body = """

        def test_f():
            assert {name}(return_value=1)
        """
    check(
        shim + body.format(name="CoroutineMock"),
        "\nfrom unittest.mock import AsyncMock\n"
        + "\n\ndef test_f():\n    assert AsyncMock(return_value=1)\n",
    )


def test_the_scope_of_a_patch_goes():
    check(
        """
        from asynctest import GLOBAL, patch


        @patch("app.load", scope=GLOBAL)
        def test_f(load):
            assert load
        """,
        """
        from unittest.mock import patch


        @patch("app.load")
        def test_f(load):
            assert load
        """,
    )


def test_imports_within_a_function():
    check(
        """
        def test_f():
            from asynctest import CoroutineMock, MagicMock

            assert MagicMock(load=CoroutineMock(return_value=1))
        """,
        """
        def test_f():
            from unittest.mock import AsyncMock, MagicMock

            assert MagicMock(load=AsyncMock(return_value=1))
        """,
    )


def test_a_mock_that_nobody_calls_is_a_plain_one():
    check(
        """
        import pytest
        from asynctest import CoroutineMock


        async def talk(writer):
            await writer.drain()
            writer.close()


        @pytest.mark.asyncio
        async def test_talk():
            writer = CoroutineMock()
            writer.drain = CoroutineMock()
            await talk(writer)
            writer.close.assert_called_once_with()
        """,
        """
        from unittest.mock import AsyncMock, MagicMock

        import pytest


        async def talk(writer):
            await writer.drain()
            writer.close()


        @pytest.mark.asyncio
        async def test_talk():
            writer = MagicMock()
            writer.drain = AsyncMock()
            await talk(writer)
            writer.close.assert_called_once_with()
        """,
    )


def test_what_has_a_name_may_be_called_by_others():
    body = """

        from app import serve


        @pytest.mark.asyncio
        async def test_serve():
            handler = {}(__name__="handler", timeout=3)
            await serve(handler)
            assert handler.timeout == 3
        """
    check(
        "\n        import pytest\n        from asynctest import CoroutineMock"
        + body.format("CoroutineMock"),
        "\n        from unittest.mock import AsyncMock\n\n        import pytest"
        + body.format("AsyncMock"),
    )


def test_what_is_returned_is_no_async_mock():
    check(
        """
        import pytest
        from asynctest import CoroutineMock


        async def status(get):
            return (await get("/")).json()


        @pytest.mark.asyncio
        async def test_status():
            get = CoroutineMock()
            get.return_value.json.return_value = {}
            assert await status(get) == {}
        """,
        """
        from unittest.mock import AsyncMock, MagicMock

        import pytest


        async def status(get):
            return (await get("/")).json()


        @pytest.mark.asyncio
        async def test_status():
            get = AsyncMock(return_value=MagicMock())
            get.return_value.json.return_value = {}
            assert await status(get) == {}
        """,
    )


def test_children_of_a_mock_that_is_called_are_given():
    check(
        """
        import pytest
        from asynctest import CoroutineMock


        async def run(job):
            job.log("start")
            return await job()


        @pytest.mark.asyncio
        async def test_run():
            job = CoroutineMock(return_value=1)
            assert await run(job) == 1
            assert job.log.called
        """,
        """
        from unittest.mock import AsyncMock, MagicMock

        import pytest


        async def run(job):
            job.log("start")
            return await job()


        @pytest.mark.asyncio
        async def test_run():
            job = AsyncMock(return_value=1, log=MagicMock())
            assert await run(job) == 1
            assert job.log.called
        """,
    )


def test_a_call_that_is_dropped_is_reported():
    outcome = check(
        """
        import pytest
        from asynctest import CoroutineMock


        async def close(response):
            response.release()


        @pytest.mark.asyncio
        async def test_close():
            release = CoroutineMock()
            release()
            assert release.call_count == 1
        """,
        """
        from unittest.mock import AsyncMock

        import pytest


        async def close(response):
            response.release()


        @pytest.mark.asyncio
        async def test_close():
            release = AsyncMock()
            release()
            assert release.call_count == 1
        """,
    )
    (found,) = [each for each in outcome.findings if each.status == REPORT]
    assert found.message.startswith("nobody awaits what it returns at")


def test_what_the_code_drops_is_a_plain_mock():
    check(
        """
        import pytest
        from asynctest import CoroutineMock, Mock


        async def end(response):
            await response.drain()
            response.release()


        @pytest.mark.asyncio
        async def test_end():
            response = Mock(drain=CoroutineMock(), release=CoroutineMock())
            await end(response)
            assert response.release.call_count == 1
        """,
        """
        from unittest.mock import AsyncMock, MagicMock, Mock

        import pytest


        async def end(response):
            await response.drain()
            response.release()


        @pytest.mark.asyncio
        async def test_end():
            response = Mock(drain=AsyncMock(), release=MagicMock())
            await end(response)
            assert response.release.call_count == 1
        """,
    )


def test_a_patch_is_not_renamed_with_the_mock_that_it_makes():
    code = """
        import pytest
        from asynctest import CoroutineMock, patch


        def log(text):
            print(text)


        async def run():
            log("start")


        @pytest.mark.asyncio
        async def test_run():
            with patch("test_module.log", new_callable=CoroutineMock) as logged:
                await run()
            assert logged.called
        """
    assert check_unchanged(code) == ["asynctest-mock"]


def test_a_coroutine_that_is_used_as_it_is_may_be_what_lets_the_test_pass():
    assert check_unchanged(
        """
        import pytest
        from asynctest import CoroutineMock, Mock


        async def state(door):
            return "open" if door.is_open() else "closed"


        @pytest.mark.asyncio
        async def test_state():
            door = Mock(is_open=CoroutineMock(return_value=False))
            assert await state(door) == "open"
        """
    ) == ["asynctest-mock"]


def test_what_a_context_gives_is_a_plain_mock_to_asynctest():
    assert check_unchanged(
        """
        import pytest
        from asynctest import CoroutineMock, MagicMock


        async def fetch(session):
            async with session.get() as response:
                response.raise_for_status()
                return await response.json()


        @pytest.mark.asyncio
        async def test_fetch():
            session = MagicMock()
            response = session.get.return_value.__aenter__.return_value
            response.json = CoroutineMock(return_value=1)
            assert await fetch(session) == 1
        """
    ) == ["asynctest-mock"]


@pytest.mark.parametrize(
    ("given", "between"),
    [("return_value=1", "load.return_value = 2"), ("side_effect=next", "later()")],
)
def test_asynctest_computes_the_value_at_the_call(given, between):
    assert check_unchanged(
        f"""
        import pytest
        from asynctest import CoroutineMock

        from app import later


        @pytest.mark.asyncio
        async def test_f():
            load = CoroutineMock({given})
            loading = load()
            {between}
            assert await loading == 1
        """
    ) == ["asynctest-mock"]


def test_a_comment_keeps_the_mocks_of_a_file():
    check_unchanged(
        """
        from asynctest import CoroutineMock, call


        def test_f():
            assert CoroutineMock()  # awaitify: ignore[AW421]
            assert call(1)
        """
    )
