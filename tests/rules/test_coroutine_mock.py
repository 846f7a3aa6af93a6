"""AW413: what the examples in the rule itself are too plain to show."""

import pytest

from awaitify_codemods.plan import REPORT
from tests.support import apply, check, check_unchanged, codes, source

HEAD = "import asyncio\nfrom unittest import mock\n\nfrom app import Client, make\n\n\n"


def test_text(value, more="assert client"):
    body = f"def test_f(client):\n    f = {value}\n    {more}\n"
    return f"{HEAD}{body}"


test_text.__test__ = False


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("asyncio.coroutine(make)", "unknown-value"),
        ("asyncio.coroutine(make())", "unknown-value"),
        ("asyncio.coroutine(*make())", "unknown-value"),
        ("asyncio.coroutine(lambda: 5)()", "unknown-value"),
        ("asyncio.coroutine(lambda: asyncio.sleep(0))", "unknown-value"),
        ("asyncio.coroutine(lambda self: self.x)", "class-patched-helper"),
        (
            "mock.patch.object(Client, 'f', asyncio.coroutine(lambda *a: a))",
            "class-patched-helper",
        ),
        (
            "client.setattr('app.Client.f', asyncio.coroutine(lambda *a: len(a)))",
            "class-patched-helper",
        ),
        (
            "mock.patch('app.Client.f', asyncio.coroutine(mock.Mock()))",
            "class-patched-helper",
        ),
    ],
)
def test_doubtful(value, reason):
    assert check_unchanged(test_text(value)) == [reason]


def test_a_generator_stays():
    code = test_text("asyncio.coroutine(steps)")
    steps = "\n\ndef steps():\n    yield from asyncio.sleep(0)\n"
    assert check_unchanged(code + steps) == ["generator-test"]


def test_a_parent_that_is_asked_for_all_calls_would_record_more():
    code = test_text(
        "client.f = asyncio.coroutine(lambda: 5)", "assert not client.mock_calls"
    )
    assert check_unchanged(code) == ["mixed-use"]


def test_a_method_of_a_class_is_no_mock():
    assert check_unchanged(
        """
        import asyncio


        class Client:
            f = asyncio.coroutine(lambda self: 5)


        def test_f():
            assert Client().f
        """
    ) == ["class-patched-helper"]


def test_a_line_that_puts_it_back_is_reported():
    code = """
        import asyncio
        import types

        asyncio.coroutine = types.coroutine


        def test_f(client):
            client.f = asyncio.coroutine(lambda: 5)
            assert client.f
        """
    outcome = apply(codes_of("AW413"), source(code).encode())
    assert outcome.source.decode() == source(code)
    assert codes(outcome, REPORT) == {"AW413"}


def codes_of(code):
    from awaitify_codemods import SUITE

    return [rule for rule in SUITE if rule.META.code == code]


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("asyncio.coroutine(lambda *a, **k: 5)", "mock.AsyncMock(return_value=5)"),
        ("asyncio.coroutine(lambda: -1)", "mock.AsyncMock(return_value=-1)"),
        (
            "asyncio.coroutine(lambda: client)",
            "mock.AsyncMock(return_value=client)",
        ),
        ("asyncio.coroutine(lambda x: x)", "mock.AsyncMock(side_effect=lambda x: x)"),
        (
            "asyncio.coroutine(mock.Mock(return_value=[1], name='f'))",
            "mock.AsyncMock(return_value=[1], name='f')",
        ),
        ("asyncio.coroutine(mock.MagicMock())", "mock.AsyncMock()"),
        (
            "mock.Mock(name='f', side_effect=asyncio.coroutine(lambda: [1]))",
            "mock.AsyncMock(name='f', side_effect=lambda: [1])",
        ),
        (
            "mock.AsyncMock(side_effect=asyncio.coroutine(lambda: [1]))",
            "mock.AsyncMock(side_effect=lambda: [1])",
        ),
    ],
)
def test_replaced(value, after):
    expected = test_text(after).replace("import asyncio\n", "")
    check(test_text(value), expected)


def test_a_mock_around_a_mock_keeps_what_asserts_on_either():
    check(
        """
        from asyncio import coroutine
        from unittest.mock import Mock


        def coro_mock():
            coro = Mock(name="Inner")
            function = Mock(name="Outer", side_effect=coroutine(coro))
            function.coro = coro
            return function


        def test_f():
            f = coro_mock()
            f.coro.return_value = 5
            f.assert_not_called()
        """,
        """
        from unittest.mock import AsyncMock, Mock


        def coro_mock():
            coro = Mock(name="Inner")
            function = AsyncMock(name="Outer", side_effect=coro)
            function.coro = coro
            return function


        def test_f():
            f = coro_mock()
            f.coro.return_value = 5
            f.assert_not_called()
        """,
    )
