"""Mocks whose kind is, or only seems, wrong."""

from __future__ import annotations

import pytest

from tests.traps.support import check, left, run, texts

HEAD = """
from unittest import mock

import pytest

"""


def of(code: str, test: str) -> str:
    """Return a test module with the code that it tests."""
    return HEAD + texts(code)["test_it.py"] + "\n\n" + texts(test)["test_it.py"]


@pytest.mark.parametrize("made", ["MagicMock", "Mock"])
def test_spec_of_a_coroutine_function_makes_an_async_mock(made: str):
    """Whatever its class says: its calls can be awaited as they are."""
    code = """
        async def send():
            return 1

        async def use(call):
            return await call()
    """
    test = f"""
        @pytest.mark.asyncio
        async def test_use():
            call = mock.{made}(spec=send)
            assert await use(call) is call.return_value
    """
    assert left(of(code, test)) == []


def test_what_follows_a_misused_result_is_seen_in_the_same_run():
    """Once the session is sync, its connection is found to be awaited."""
    code = """
        async def use(session):
            return await session().fetch()
    """
    test = """
        @pytest.mark.asyncio
        async def test_use():
            session = mock.AsyncMock()
            fetch = mock.MagicMock(return_value=1)
            session.return_value.fetch = fetch
            assert await use(session) == 1
    """
    before = of(code, test)
    after = before.replace("session = mock.AsyncMock", "session = mock.MagicMock")
    after = after.replace("fetch = mock.MagicMock", "fetch = mock.AsyncMock")
    check(before, after)


def test_an_async_mock_stays_over_what_is_awaited():
    """Its children would be sync with it."""
    code = """
        async def use(session):
            session().limit
            return await session().fetch()
    """
    test = """
        @pytest.mark.asyncio
        async def test_use():
            session = mock.AsyncMock()
            await use(session)
    """
    assert left(of(code, test)) == ["mixed-use"]


def test_a_coroutine_that_is_closed_is_no_misuse():
    code = """
        def use(call):
            call().close()
    """
    test = """
        def test_use():
            call = mock.AsyncMock()
            use(call)
            assert call.mock_calls == [mock.call()]
    """
    assert left(of(code, test)) == []


def test_a_handler_that_hides_a_misuse_is_no_evidence():
    """The test passes because the first access raises."""
    code = """
        class Client:
            async def fetch(self): ...

        def use():
            try:
                Client().fetch.other(2)
            except Exception:
                return None
    """
    test = """
        def test_use():
            with mock.patch("test_it.Client", autospec=True):
                assert use() is None

        def test_it():
            client = mock.AsyncMock()
            try:
                client.limit().other
            except AttributeError:
                pass
    """
    assert not run(texts(of(code, test))).results


@pytest.mark.parametrize(
    ("body", "configured", "asserted"),
    [
        # A coroutine is true; what a test gives in its place is not.
        ("return 1 if mocked.ready() else 2", "mocked.ready.return_value = 0", "== 1"),
        (
            "return mocked.ready() is None",
            "mocked.ready.return_value = None",
            "is False",
        ),
        ("return mocked.ready() == 1", "mocked.ready.return_value = 1", "is False"),
        ("return f'{mocked.ready()}'", "mocked.ready.return_value = 1", "!= '1'"),
        # What a side effect does waits for the await.
        ("mocked.ready()", "mocked.ready.side_effect = ValueError", "is None"),
        ("mocked.ready()", "mocked.ready.side_effect = [ValueError]", "is None"),
    ],
)
def test_what_a_coroutine_keeps_from_being_seen(
    body: str, configured: str, asserted: str
):
    code = f"""
        def use(mocked):
            {body}
    """
    test = f"""
        def test_use():
            mocked = mock.AsyncMock()
            {configured}
            assert use(mocked) {asserted}
    """
    assert left(of(code, test)) == []


@pytest.mark.parametrize(
    "asserted",
    [
        "assert mocked.ready.await_count == 0",
        "mocked.ready.assert_not_awaited()",
        "assert isinstance(mocked.ready, mock.AsyncMock)",
    ],
)
def test_what_only_an_async_mock_has(asserted: str):
    code = """
        def use(mocked):
            mocked.ready()
    """
    test = f"""
        def test_use():
            mocked = mock.AsyncMock()
            use(mocked)
            {asserted}
    """
    assert left(of(code, test)) == []


@pytest.mark.parametrize(
    "manager",
    [
        "Quiet()",
        "quiet()",
        "mocked.lock",
        "contextlib.suppress(TypeError)",
    ],
)
def test_a_manager_that_hides_what_is_raised(manager: str):
    """The tests pass because the mock cannot be awaited."""
    code = f"""
        import contextlib

        class Quiet:
            def __enter__(self): return self
            def __exit__(self, *_): return True

        @contextlib.contextmanager
        def quiet():
            try:
                yield
            except Exception:
                pass

        async def use(mocked):
            with {manager}:
                return await mocked.send()
            return 2
    """
    test = """
        @pytest.mark.asyncio
        async def test_use():
            mocked = mock.MagicMock()
            mocked.lock.__exit__.return_value = True
            assert await use(mocked) == 2
    """
    assert not run(texts(of(code, test))).results


def test_a_stack_that_hides_what_is_raised():
    code = """
        import contextlib

        async def use(mocked):
            with contextlib.ExitStack() as stack:
                stack.enter_context(contextlib.suppress(TypeError))
                return await mocked.send()
            return 2
    """
    test = """
        @pytest.mark.asyncio
        async def test_use():
            assert await use(mock.MagicMock()) == 2
    """
    assert not run(texts(of(code, test))).results


@pytest.mark.parametrize("value", ["Ready()", "asyncio.gather(send())"])
def test_values_that_can_be_awaited_as_they_are(value: str):
    code = """
        import asyncio

        class Ready:
            def __await__(self):
                yield from asyncio.sleep(0).__await__()

        async def send():
            return 1

        async def use(mocked):
            return await mocked.send()
    """
    test = f"""
        @pytest.mark.asyncio
        async def test_use():
            mocked = mock.MagicMock()
            mocked.send.return_value = {value}
            await use(mocked)
    """
    assert left(of(code, test)) == ["unknown-value"]


@pytest.mark.parametrize("mark", ["pytest.mark.xfail(strict=True)", "expectedFailure"])
def test_a_test_that_is_to_fail_is_no_evidence(mark: str):
    code = """
        from unittest import IsolatedAsyncioTestCase, expectedFailure

        async def use(mocked):
            return await mocked.send()
    """
    test = f"""
        class TestUse(IsolatedAsyncioTestCase):
            @{mark}
            async def test_use(self):
                await use(mock.MagicMock())
    """
    assert not run(texts(of(code, test))).results
