"""AW403: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

import pytest

from awaitify_codemods import Migration, migrate
from awaitify_codemods.plan import LEFT, MIGRATE, REPORT
from tests.suite_runs import Run, run_pytest
from tests.traps.support import sources, texts

APP = """
import asyncio
import inspect


async def name_of(api):
    return await api.name()


async def greet(api):
    return f"{await api.greeting()} {await api.name()}"


async def safe_name_of(api):
    try:
        return await api.name()
    except ValueError as error:
        return str(error)


async def names_of(api, number):
    return [await safe_name_of(api) for _ in range(number)]


async def both(api):
    name = await asyncio.wait_for(api.name(), timeout=1)
    return [name, *await asyncio.gather(*[api.greeting() for _ in range(2)])]


async def soon(api):
    return await asyncio.wait_for(api.name(), 0)


async def at_last(api):
    while await api.name():
        pass


async def text_of(client):
    response = await client.session.get("/")
    return response.text()


async def touch(api):
    await api.name()


async def twice(api):
    name = api.name()
    return [await name, await name]


async def later(api):
    name = asyncio.ensure_future(api.name())
    return name.result() if name.done() else await name


async def whatever(api):
    if inspect.iscoroutinefunction(api.name):
        return await api.name()
    return await api.name()


def is_there(api):
    return api.name().done()


def start(api):
    api.name()


def fetch():
    return asyncio.ensure_future(asyncio.sleep(0, "fetched"))


async def load():
    return await fetch()


async def pull():
    return "pulled"


async def refresh():
    await pull()


async def pulled():
    return await pull()


class Lazy:
    is_kept = False

    def __init__(self, api):
        self.api = api

    def name(self):
        if not self.is_kept:
            self.is_kept, self.kept = True, self.api.name()
        return self.kept

    async def run(self):
        return await self.name()


class Service:
    def __init__(self, name):
        self.name = name

    async def run(self):
        return await self.name()
"""
HEAD = """
import asyncio
from unittest.mock import AsyncMock, MagicMock, Mock, patch

import pytest
import pytest_asyncio

import app

VALUE = {"text.return_value": "x"}
KEPT = (asyncio, pytest_asyncio, AsyncMock, MagicMock, Mock, patch)


"""
FUTURE = """
def future(value=None, error=None):
    fut = asyncio.Future()
    if error is not None:
        fut.set_exception(error)
    else:
        fut.set_result(value)
    return fut


"""
RETURN = """
async def result(value):
    return value


"""


def module(body: str, above: str = "") -> str:
    """Return a file with one test, or with all that `body` defines."""
    text = dedent(body).strip("\n")
    if "def test" not in text:
        test = "@pytest.mark.asyncio\nasync def test_it():\n"
        text = test + indent(text, "    ")
    return HEAD.lstrip() + above.lstrip("\n") + text + "\n"


# name -> (what stands above, the test, what becomes of it; None: nothing above)
CHANGED: Mapping[str, tuple[str, str, str]] = {
    "two_statements": (
        "",
        """
        api = MagicMock()
        api.name.return_value = asyncio.Future()  # why
        api.name.return_value.set_result({"a": [1, 2]})
        assert await app.name_of(api) == {"a": [1, 2]}
        api.name.assert_called_once_with()
        assert [call[0] for call in api.mock_calls] == ["name"]
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value={"a": [1, 2]})  # why
        assert await app.name_of(api) == {"a": [1, 2]}
        api.name.assert_called_once_with()
        assert [call[0] for call in api.mock_calls] == ["name"]
        """,
    ),
    "two_statements_with_others_between": (
        "",
        """
        api = Mock()
        api.name.return_value = asyncio.Future()
        api.greeting.return_value = asyncio.get_running_loop().create_future()
        api.name.return_value.set_result("ada")
        api.greeting.return_value.set_result("hello")
        assert await app.greet(api) == "hello ada"
        """,
        """
        api = Mock()
        api.name = AsyncMock(return_value="ada")
        api.greeting = AsyncMock(return_value="hello")
        assert await app.greet(api) == "hello ada"
        """,
    ),
    "three_statements": (
        "",
        """
        api = MagicMock()
        name = "ada"
        fut = asyncio.Future()
        fut.set_result(name)
        api.name.return_value = fut
        assert await app.name_of(api) == name
        """,
        """
        api = MagicMock()
        name = "ada"
        api.name = AsyncMock(return_value=name)
        assert await app.name_of(api) == name
        """,
    ),
    "completed_once_it_is_given": (
        "",
        """
        fut = asyncio.Future()
        api = MagicMock()
        api.name.return_value = fut
        fut.set_result("ada")
        assert await app.name_of(api) == "ada"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="ada")
        assert await app.name_of(api) == "ada"
        """,
    ),
    "an_exception": (
        "",
        """
        api = MagicMock()
        api.name.return_value = asyncio.Future()
        api.name.return_value.set_exception(ValueError("none"))
        assert await app.safe_name_of(api) == "none"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(side_effect=ValueError("none"))
        assert await app.safe_name_of(api) == "none"
        """,
    ),
    "an_exception_for_a_constructor": (
        FUTURE,
        """
        name = MagicMock(
            return_value=future(error=ValueError("none")),  # why
        )
        with pytest.raises(ValueError, match="none"):
            await app.Service(name).run()
        """,
        """
        name = AsyncMock(
            side_effect=ValueError("none"),  # why
        )
        with pytest.raises(ValueError, match="none"):
            await app.Service(name).run()
        """,
    ),
    "a_constructor_and_a_second_statement": (
        "",
        """
        api = MagicMock()
        api.name = MagicMock(return_value=asyncio.Future())
        api.name.return_value.set_result("ada")
        assert await app.name_of(api) == "ada"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="ada")
        assert await app.name_of(api) == "ada"
        """,
    ),
    "helpers": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        api.greeting = Mock(return_value=future(value="hello"))
        assert await app.greet(api) == "hello ada"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="ada")
        api.greeting = AsyncMock(return_value="hello")
        assert await app.greet(api) == "hello ada"
        """,
    ),
    "a_list": (
        FUTURE,
        """
        api = MagicMock()
        api.name.side_effect = [
            future("a"),  # one
            future(error=ValueError("b")),
            future(),
        ]
        assert await app.names_of(api, 3) == ["a", "b", None]
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(side_effect=[
            "a",  # one
            ValueError("b"),
            None,
        ])
        assert await app.names_of(api, 3) == ["a", "b", None]
        """,
    ),
    "a_list_of_variables": (
        "",
        """
        one, api = 1, MagicMock()
        first = asyncio.Future()
        first.set_result(one)
        second = asyncio.Future()
        second.set_result(2)
        api.name = MagicMock(side_effect=[first, second])
        assert await app.names_of(api, 2) == [1, 2]
        """,
        """
        one, api = 1, MagicMock()
        api.name = AsyncMock(side_effect=[one, 2])
        assert await app.names_of(api, 2) == [1, 2]
        """,
    ),
    "a_list_with_an_exception": (
        FUTURE,
        """
        api = MagicMock()
        api.name.side_effect = [future("a"), ValueError("b")]
        assert await app.names_of(api, 2) == ["a", "b"]
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(side_effect=["a", ValueError("b")])
        assert await app.names_of(api, 2) == ["a", "b"]
        """,
    ),
    "deep_below_a_mock": (
        FUTURE,
        """
        client = MagicMock()
        client.session.get.return_value = future(MagicMock(**VALUE))
        assert await app.text_of(client) == "x"
        """,
        """
        client = MagicMock()
        client.session.get = AsyncMock(return_value=MagicMock(**VALUE))
        assert await app.text_of(client) == "x"
        """,
    ),
    "consumers": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        api.greeting.return_value = future("hello")
        assert await app.both(api) == ["ada", "hello", "hello"]
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="ada")
        api.greeting = AsyncMock(return_value="hello")
        assert await app.both(api) == ["ada", "hello", "hello"]
        """,
    ),
    "configured_again": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("a")
        assert await app.name_of(api) == "a"
        api.name.return_value = future("b")
        assert await app.name_of(api) == "b"
        api.name.return_value = future(error=ValueError("c"))
        assert await app.safe_name_of(api) == "c"
        assert api.name.call_count == 3
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="a")
        assert await app.name_of(api) == "a"
        api.name.return_value = "b"
        assert await app.name_of(api) == "b"
        api.name.side_effect = ValueError("c")
        assert await app.safe_name_of(api) == "c"
        assert api.name.call_count == 3
        """,
    ),
    "configured_by_a_fixture_and_again": (
        FUTURE,
        """
        @pytest_asyncio.fixture
        async def api():
            made = MagicMock()
            made.name.return_value = future("a")
            return made


        @pytest.fixture
        def service(api):
            return app.Service(api.name)


        @pytest.mark.asyncio
        async def test_a(api):
            assert await app.name_of(api) == "a"


        @pytest.mark.asyncio
        async def test_b(api, service):
            api.name.return_value = future("b")
            assert await service.run() == "b"
        """,
        """
        @pytest_asyncio.fixture
        async def api():
            made = MagicMock()
            made.name = AsyncMock(return_value="a")
            return made


        @pytest.fixture
        def service(api):
            return app.Service(api.name)


        @pytest.mark.asyncio
        async def test_a(api):
            assert await app.name_of(api) == "a"


        @pytest.mark.asyncio
        async def test_b(api, service):
            api.name.return_value = "b"
            assert await service.run() == "b"
        """,
    ),
    "a_list_for_each_of_something": (
        FUTURE,
        """
        api = MagicMock()
        api.name.side_effect = [future(name) for name in "ab"] + [future()] * 2
        assert await app.names_of(api, 4) == ["a", "b", None, None]
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(side_effect=[name for name in "ab"] + [None] * 2)
        assert await app.names_of(api, 4) == ["a", "b", None, None]
        """,
    ),
    "a_future_of_the_module": (
        """
DONE = asyncio.get_event_loop_policy().new_event_loop().create_future()
DONE.set_result(None)


""",
        """
        api = MagicMock()
        api.name.return_value = DONE
        api.greeting = Mock(return_value=DONE)
        assert await app.greet(api) == "None None"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value=None)
        api.greeting = AsyncMock(return_value=None)
        assert await app.greet(api) == "None None"
        """,
    ),
    "one_future_for_two_mocks": (
        "",
        """
        api = MagicMock()
        fut = asyncio.Future()
        fut.set_result("x")
        api.name.return_value = fut
        api.greeting.return_value = fut
        assert await app.greet(api) == "x x"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="x")
        api.greeting = AsyncMock(return_value="x")
        assert await app.greet(api) == "x x"
        """,
    ),
    "a_patch": (
        FUTURE,
        """
        with patch("app.fetch", return_value=future("x")):
            assert await app.load() == "x"
        """,
        """
        with patch("app.fetch", return_value="x", new_callable=AsyncMock):
            assert await app.load() == "x"
        """,
    ),
    "a_patch_that_is_configured": (
        FUTURE,
        """
        with patch.object(app, "fetch") as fetch:
            fetch.return_value = future("x")
            assert await app.load() == "x"
        fetch.assert_called_once_with()
        """,
        """
        with patch.object(app, "fetch", new_callable=AsyncMock) as fetch:
            fetch.return_value = "x"
            assert await app.load() == "x"
        fetch.assert_called_once_with()
        """,
    ),
    "what_a_coroutine_returns": (
        RETURN,
        """
        api = MagicMock()
        api.name.return_value = result("ada")
        api.greeting = MagicMock(side_effect=[result("hello")])
        assert await app.greet(api) == "hello ada"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="ada")
        api.greeting = AsyncMock(side_effect=["hello"])
        assert await app.greet(api) == "hello ada"
        """,
    ),
    "what_a_coroutine_of_the_test_returns": (
        "",
        """
        async def ada():
            return "ada"

        api = MagicMock()
        api.name.return_value = ada()
        assert await app.name_of(api) == "ada"
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="ada")
        assert await app.name_of(api) == "ada"
        """,
    ),
    "a_coroutine_function_that_does_more": (
        """
SEEN = []


async def ada():
    SEEN.append(1)
    return len(SEEN)


""",
        """
        api = MagicMock()
        api.name.return_value = ada()
        assert await app.name_of(api) == 1
        """,
        """
        api = MagicMock()
        api.name = AsyncMock(side_effect=ada)
        assert await app.name_of(api) == 1
        """,
    ),
    "an_async_mock_whose_result_nothing_sees": (
        FUTURE,
        """
        with patch("app.pull", return_value=future("x")) as pull:
            await app.refresh()
        pull.assert_awaited_once_with()
        """,
        """
        with patch("app.pull", return_value="x") as pull:
            await app.refresh()
        pull.assert_awaited_once_with()
        """,
    ),
    "methods_that_make_futures": (
        "",
        """
        class TestIt:
            @staticmethod
            def completed(value):
                fut = asyncio.get_event_loop().create_future()
                fut.set_result(value)
                return fut

            @pytest.mark.asyncio
            async def test_it(self):
                api = MagicMock()
                api.name.return_value = self.completed("ada")
                assert await app.name_of(api) == "ada"
        """,
        """
        class TestIt:
            @pytest.mark.asyncio
            async def test_it(self):
                api = MagicMock()
                api.name = AsyncMock(return_value="ada")
                assert await app.name_of(api) == "ada"
        """,
    ),
}
LASTING = {"a_coroutine_function_that_does_more"}
"""What stands above these is still used."""

# name -> (what stands above, the test, the reasons)
STAYS: Mapping[str, tuple[str, str, list[str]]] = {
    "completed_later": (
        "",
        """
        api = MagicMock()
        fut = asyncio.Future()
        api.name.return_value = fut
        task = asyncio.ensure_future(app.name_of(api))
        await asyncio.sleep(0)
        fut.set_result("ada")
        assert await task == "ada"
        """,
        ["future-completed-later"],
    ),
    "completed_later_by_its_mock": (
        "",
        """
        api = MagicMock()
        api.name.return_value = asyncio.Future()
        task = asyncio.ensure_future(app.name_of(api))
        await asyncio.sleep(0)
        api.name.return_value.set_result("ada")
        assert await task == "ada"
        """,
        ["future-completed-later"],
    ),
    "never_completed": (
        "",
        """
        api = MagicMock()
        api.name.return_value = asyncio.Future()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(app.name_of(api), 0.01)
        """,
        ["future-completed-later"],
    ),
    "the_value_changes_before_it_is_complete": (
        "",
        """
        api = MagicMock()
        name = "a"
        api.name.return_value = asyncio.Future()
        name = "b"
        api.name.return_value.set_result(name)
        assert await app.name_of(api) == "b"
        """,
        ["future-completed-later"],
    ),
    "the_value_changes_afterwards": (
        "",
        """
        api = MagicMock()
        name = "a"
        fut = asyncio.Future()
        fut.set_result(name)
        name = "b"
        api.name.return_value = fut
        assert await app.name_of(api) == "a"
        """,
        ["future-completed-later"],
    ),
    "the_test_looks_at_the_future": (
        "",
        """
        api = MagicMock()
        fut = asyncio.Future()
        fut.set_result("ada")
        api.name.return_value = fut
        assert await app.name_of(api) == "ada"
        assert fut.done()
        """,
        ["mixed-use"],
    ),
    "the_test_looks_at_the_future_of_its_mock": (
        "",
        """
        api = MagicMock()
        api.name.return_value = asyncio.Future()
        api.name.return_value.set_result("ada")
        assert await app.name_of(api) == api.name.return_value.result()
        """,
        ["mixed-use"],
    ),
    "the_code_looks_at_the_future": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert app.is_there(api) and await app.name_of(api) == "ada"
        """,
        ["mixed-use"],
    ),
    "the_code_makes_a_task_of_it": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert await app.later(api) == "ada"
        """,
        ["mixed-use"],
    ),
    "timed_out_before_it_runs": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert await app.soon(api) == "ada"
        """,
        ["mixed-use"],
    ),
    "until_it_runs_out": (
        FUTURE,
        """
        api = MagicMock()
        api.name.side_effect = [future("ada"), future("eve")]
        with pytest.raises(RuntimeError):
            await app.at_last(api)
        """,
        ["mixed-use"],
    ),
    "the_test_looks_at_what_it_has_configured": (
        FUTURE,
        """
        @pytest.fixture
        def api():
            made = MagicMock()
            made.name.return_value = asyncio.new_event_loop().create_future()
            made.name.return_value.set_result("ada")
            return made


        @pytest.mark.asyncio
        async def test_it(api):
            assert await app.name_of(api) == api.name.return_value.result()
        """,
        ["mixed-use"],
    ),
    "the_test_looks_at_a_mock_of_its_own": (
        FUTURE,
        """
        name = MagicMock(return_value=future("ada"))
        assert await app.Service(name).run() == name.return_value.result()
        """,
        ["mixed-use"],
    ),
    "a_future_with_a_comment": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future(  # why
            "ada"
        )
        assert await app.name_of(api) == "ada"
        """,
        ["unknown-value"],
    ),
    "awaited_twice": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert await app.twice(api) == ["ada", "ada"]
        """,
        ["mixed-use"],
    ),
    "dropped": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        app.start(api)
        assert await app.name_of(api) == "ada"
        """,
        ["mixed-use"],
    ),
    "never_called": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        api.name.assert_not_called()
        """,
        ["no-await-evidence"],
    ),
    "asked_for_its_kind": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert await app.whatever(api) == "ada"
        """,
        ["branch-on-kind"],
    ),
    "held_before": (
        FUTURE,
        """
        api = MagicMock()
        service = app.Service(api.name)
        api.name.return_value = future("ada")
        assert await service.run() == "ada"
        """,
        ["mixed-use"],
    ),
    "called_before": (
        FUTURE,
        """
        api = MagicMock()
        api.name()
        api.name.return_value = future("ada")
        assert await app.name_of(api) == "ada"
        assert api.name.call_count == 2
        """,
        ["mixed-use"],
    ),
    "either_branch": (
        FUTURE,
        """
        @pytest.mark.parametrize("known", [True, False])
        @pytest.mark.asyncio
        async def test_it(known):
            api = MagicMock()
            if known:
                api.name.return_value = future("ada")
            else:
                api.name.return_value = future()
            assert await app.name_of(api) == ("ada" if known else None)
        """,
        ["mixed-use", "mixed-use"],
    ),
    "asked_for_its_class": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert await app.name_of(api) == "ada"
        assert isinstance(api.name, MagicMock)
        """,
        ["mixed-use"],
    ),
    "a_future_that_is_kept": (
        FUTURE,
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        service = app.Lazy(api)
        assert [await service.run(), await service.run()] == ["ada", "ada"]
        """,
        ["mixed-use"],
    ),
    "configured_in_a_loop": (
        FUTURE,
        """
        api = MagicMock()
        for name in ["a", "b"]:
            api.name.return_value = future(name)
            assert await app.name_of(api) == name
        assert api.name.call_count == 2
        """,
        ["mixed-use"],
    ),
    "configured_twice_by_a_function": (
        FUTURE,
        """
        def name_it(api, name):
            api.name.return_value = future(name)


        @pytest.mark.asyncio
        async def test_it():
            api = MagicMock()
            name_it(api, "a")
            assert await app.name_of(api) == "a"
            name_it(api, "b")
            assert await app.name_of(api) == "b"
            assert api.name.call_count == 2
        """,
        ["mixed-use"],
    ),
    "by_another_name": (
        FUTURE,
        """
        api = MagicMock()
        name = api.name
        name.return_value = future("ada")
        assert await app.name_of(api) == "ada"
        """,
        ["mixed-use"],
    ),
    "children_that_are_called": (
        FUTURE,
        """
        name = MagicMock(return_value=future("ada"))
        name.reset.return_value = 3
        assert await app.Service(name).run() == "ada"
        assert name.reset() == 3
        """,
        ["mixed-use"],
    ),
    "a_spec": (
        FUTURE,
        """
        name = MagicMock(spec=app.fetch, return_value=future("ada"))
        assert await app.Service(name).run() == "ada"
        """,
        ["unknown-value"],
    ),
    "a_helper_that_does_more": (
        FUTURE.replace("    return fut", "    print(fut)\n    return fut"),
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert await app.name_of(api) == "ada"
        """,
        ["unknown-value"],
    ),
    "a_helper_whose_value_is_its_own": (
        FUTURE.replace("set_result(value)", "set_result([value])"),
        """
        api = MagicMock()
        api.name.return_value = future("ada")
        assert await app.name_of(api) == ["ada"]
        """,
        ["unknown-value"],
    ),
    "an_exception_as_a_value": (
        FUTURE,
        """
        api = MagicMock()
        api.name.side_effect = [future(ValueError("a"))]
        assert str(await app.name_of(api)) == "a"
        """,
        ["unknown-value"],
    ),
    "a_value_with_effects_for_two_mocks": (
        "",
        """
        api = MagicMock()
        fut = asyncio.Future()
        fut.set_result(object())
        api.name.return_value = fut
        api.greeting.return_value = fut
        assert len({await api.name(), await api.greeting()}) == 1
        """,
        ["mixed-use", "mixed-use"],
    ),
    "one_future_for_two_mocks_of_which_one_stays": (
        "",
        """
        api = MagicMock()
        fut = asyncio.Future()
        fut.set_result("x")
        api.name.return_value = fut
        api.greeting.return_value = fut
        assert await app.name_of(api) == "x"
        assert api.greeting().done()
        """,
        ["mixed-use", "no-await-evidence"],
    ),
    "functions_are_right_with_these_mocks": (
        RETURN,
        """
        api = MagicMock()
        api.name.side_effect = lambda: result("ada")
        api.greeting = MagicMock(side_effect=app.pull)
        assert await app.greet(api) == "pulled ada"
        """,
        [],
    ),
    "coroutine_functions_in_the_place_of_mocks": (
        RETURN,
        """
        api = MagicMock()
        api.name = app.pull
        api.greeting = lambda: result("hello")
        assert await app.greet(api) == "hello pulled"
        """,
        [],
    ),
    "what_sleeps_gives_a_turn": (
        "",
        """
        api = MagicMock()
        api.name.return_value = asyncio.sleep(0, "ada")
        assert await app.name_of(api) == "ada"
        """,
        [],
    ),
    "plain_values": (
        "",
        """
        api = MagicMock()
        api.name = AsyncMock(return_value="ada")
        api.greeting = AsyncMock(side_effect=["hello"])
        assert await app.greet(api) == "hello ada"
        """,
        [],
    ),
}


@pytest.fixture(scope="module")
def project() -> dict[str, str]:
    """One project of all tests."""
    table = {name: module(test, above) for name, (above, test, _) in CHANGED.items()}
    table |= {name: module(test, above) for name, (above, test, _) in STAYS.items()}
    files = {f"test_{name}.py": text for name, text in table.items()}
    return {"app.py": APP.lstrip(), **files}


@pytest.fixture(scope="module")
def migrated(project: dict[str, str]) -> Migration:
    found = migrate(sources(texts(project)))
    assert not found.errors and not found.bugs
    return found


@pytest.fixture(scope="module")
def runs(
    project: dict[str, str],
    migrated: Migration,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Run, Run]:
    """What pytest says before and after."""
    found = []
    results = {path: (new or b"").decode() for path, new in migrated.results.items()}
    for files in (project, project | results):
        folder = tmp_path_factory.mktemp("project")
        for path, text in files.items():
            (folder / path).write_text(text, encoding="utf-8")
        found.append(run_pytest(folder, ["-q"], Path(f"{folder}.json")))
    return found[0], found[1]


@pytest.mark.parametrize("name", CHANGED)
def test_what_changes(migrated: Migration, name: str):
    above, _, after = CHANGED[name]
    result = migrated.results.get(f"test_{name}.py") or b""
    assert result.decode() == module(after, above if name in LASTING else "")
    said = [
        each.status for each in migrated.plan.findings if each.path == f"test_{name}.py"
    ]
    assert set(said) == {MIGRATE}


@pytest.mark.parametrize("name", STAYS)
def test_what_stays(migrated: Migration, name: str):
    path = f"test_{name}.py"
    assert path not in migrated.results
    said = [
        each.reason
        for each in migrated.plan.findings
        if each.path == path and each.rule == "AW403" and each.status == LEFT
    ]
    assert said == STAYS[name][2]


def test_every_test_passes_before_and_after(runs: tuple[Run, Run]):
    before, after = runs
    assert set(before.tests.values()) == {"passed"}, before.log
    assert after.tests == before.tests, after.log
    assert after.never_awaited <= before.never_awaited


def test_what_an_async_mock_returns_is_reported():
    test = """
        api = MagicMock()
        api.name = AsyncMock(return_value=future("ada"))
        assert await (await app.name_of(api)) == "ada"
    """
    found = migrate(sources({"app.py": APP, "test_it.py": module(test, FUTURE)}))
    assert not found.results
    (said,) = found.plan.findings
    assert (said.rule, said.status) == ("AW403", REPORT)


UTIL = """
import asyncio


async def result(value=None):
    return value


def future(value):
    done = asyncio.Future()
    done.set_result(value)
    return done
"""
OTHER = """
from unittest.mock import MagicMock

import pytest

import app
{imports}


@pytest.mark.asyncio
async def test_it():
    api = MagicMock()
    api.name.return_value = {future}("ada")
    api.greeting.return_value = {result}("hello")
    assert await app.greet(api) == "hello ada"
"""


@pytest.mark.parametrize(
    ("imports", "future", "result"),
    [
        ("from util import future, result", "future", "result"),
        ("from util import future as fut, result", "fut", "result"),
        ("import util", "util.future", "util.result"),
    ],
)
def test_functions_of_other_modules_go(imports: str, future: str, result: str):
    test = OTHER.format(imports=imports, future=future, result=result)
    files = {"app.py": APP, "tests/test_it.py": test, "tests/util.py": UTIL}
    found = migrate(sources(files))
    text = (found.results["tests/test_it.py"] or b"").decode()
    assert "util" not in text
    assert 'api.name = AsyncMock(return_value="ada")' in text
    assert found.results["tests/util.py"] is None


def test_functions_of_the_code_under_test_stay():
    code = f"{APP}\n\n{UTIL}"
    test = OTHER.format(imports="", future="app.future", result="app.result")
    found = migrate(sources({"app.py": code, "test_it.py": test}))
    assert set(found.results) == {"test_it.py"}


def test_a_name_that_is_taken():
    taken = "class AsyncMock(MagicMock):\n    pass\n\n\nmock = 3\n\n\n"
    test = OTHER.format(imports="import asyncio", future="future", result="result")
    test = test.replace("@pytest", f"{taken}{FUTURE}{RETURN}@pytest", 1)
    found = migrate(sources({"app.py": APP, "test_it.py": test}))
    assert not found.results
    said = [each.reason for each in found.plan.findings if each.rule == "AW403"]
    assert said == ["name-taken", "name-taken"]
