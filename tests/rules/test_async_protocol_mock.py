"""AW431: what the examples in the rule itself are too plain to show."""

from __future__ import annotations

import pytest

from tests.support import check, check_unchanged, reported

USING = """
import asyncio
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

async def enter(session):
    async with session.get() as response:
        return response

async def rows(cursor):
    return [row async for row in cursor]

async def careful(cursor):
    try:
        return await rows(cursor)
    except Exception:
        return None

"""


def project(body: str) -> str:
    """Return a file with code under test and an async test of this body."""
    lines = [f"    {line}" if line else "" for line in body.strip().splitlines()]
    head = "@pytest.mark.asyncio\nasync def test_it(flag=False):\n"
    return USING.lstrip() + head + "\n".join(lines) + "\n"


def told(body: str) -> list[str]:
    """Return what is said of a test with this body, which has to stay as it is."""
    check_unchanged(project(body))
    found = [each.partition(" ")[2] for each in reported(project(body))]
    return [each for each in found if each.startswith("AW431")]


class TestLeft:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(
                "assert await careful(Mock()) is None", id="the error is handled"
            ),
            pytest.param(
                "with pytest.raises(TypeError):\n    await rows(Mock())",
                id="the error is expected",
            ),
            pytest.param(
                "task = asyncio.create_task(rows(Mock()))\nawait asyncio.wait([task])",
                id="the error stays in a task",
            ),
            pytest.param(
                "cursor = Mock()\nif flag:\n    await rows(cursor)",
                id="the path may not be taken",
            ),
            pytest.param(
                "cursor = Mock()\ncursor.__aiter__ = lambda self: gen()\n\n"
                "async def gen():\n    yield 1\n\nassert await rows(cursor) == [1]",
                id="it has what it needs",
            ),
            pytest.param(
                "session = Mock()\nsession.get.return_value = MagicMock()\n"
                "assert await enter(session)",
                id="another mock is entered",
            ),
            pytest.param(
                "cursor = Mock(spec=['close'])\nassert await rows(cursor) == []",
                id="a spec says what it has",
            ),
            pytest.param(
                "m = MagicMock()\nm.find.return_value = [1]\n"
                "assert await careful(m.find()) is None",
                id="a list, and the error is handled",
            ),
            pytest.param(
                "m = MagicMock()\nm.find.return_value = [1]\n"
                "assert m.find() == [1]\nassert await rows(m.find())",
                id="a list that is also used as such",
            ),
        ],
    )
    def test_a_mock(self, body: str):
        assert told(body) == []

    def test_a_mock_with_which_another_test_passes(self):
        text = project("await rows(shared())").replace(
            "@pytest.mark.asyncio\n",
            "def shared():\n    return Mock()\n\n"
            "def test_no_iterator():\n    assert not hasattr(shared(), '__aiter__')\n\n"
            "@pytest.mark.asyncio\n",
        )
        check_unchanged(text)

    def test_a_test_that_is_expected_to_fail(self):
        text = project("await rows(Mock())")
        mark = "@pytest.mark.xfail(strict=True)\n@pytest.mark.asyncio"
        check_unchanged(text.replace("@pytest.mark.asyncio", mark))

    @pytest.mark.parametrize(
        "iterator",
        ["lambda self: gen()", "lambda: iter([1])", "lambda self: iter(self.rows)"],
    )
    def test_an_iterator_that_may_be_right_or_is_wrong_otherwise(self, iterator: str):
        check_unchanged(project(f"m = MagicMock()\nm.__aiter__ = {iterator}"))

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(
                "m = MagicMock()\nm.__aiter__ = lambda self: iter([1])",
                id="nothing iterates it",
            ),
            pytest.param(
                "m = MagicMock()\nm.__aiter__ = lambda self: iter([1])\n"
                "assert await careful(m) is None",
                id="the error is handled",
            ),
            pytest.param(
                "m = MagicMock()\nm.__aiter__ = lambda self: iter(found)\n"
                "found = [1]\nassert await rows(m) == [1]",
                id="what it iterates is not there yet",
            ),
        ],
    )
    def test_an_iterator_is_told(self, body: str):
        assert told(body) == ["AW431 report"]


class TestChanged:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (
                "cursor = Mock()\nassert await rows(cursor) == []",
                "cursor = MagicMock()\nassert await rows(cursor) == []",
            ),
            (
                "session = Mock(name='s', closed=False)\nassert await enter(session)",
                "session = MagicMock(name='s', closed=False)\n"
                "assert await enter(session)",
            ),
            (
                "cursor = MagicMock()\ncursor.__aiter__ = lambda self: iter((1, 2))\n"
                "assert await rows(cursor) == [1, 2]",
                "cursor = MagicMock()\ncursor.__aiter__.return_value = (1, 2)\n"
                "assert await rows(cursor) == [1, 2]",
            ),
            (
                "cursor = AsyncMock()\nfound = [1]\n"
                "cursor.__aiter__ = lambda *_: iter(found)\n"
                "assert await rows(cursor) == [1]",
                "cursor = AsyncMock()\nfound = [1]\n"
                "cursor.__aiter__.return_value = found\n"
                "assert await rows(cursor) == [1]",
            ),
            (
                "m = MagicMock()\nm.find.return_value = [1, 2]\n"
                "assert await rows(m.find()) == [1, 2]",
                "m = MagicMock()\nm.find.return_value.__aiter__.return_value = [1, 2]\n"
                "assert await rows(m.find()) == [1, 2]",
            ),
        ],
    )
    def test_it(self, before: str, after: str):
        keep = "\nassert Mock"
        check(project(before + keep), project(after + keep))

    def test_layout_and_comments_stay(self):
        before = """
m = MagicMock()
m.__aiter__ = lambda self: iter(
    [
        1,  # one
        2,
    ]
)  # all
assert await rows(m)
"""
        after = """
m = MagicMock()
m.__aiter__.return_value = [
    1,  # one
    2,
]  # all
assert await rows(m)
"""
        check(project(before), project(after))


class TestSwallowed:
    @pytest.mark.parametrize(
        "line",
        [
            "m.__aexit__ = AsyncMock()",
            "m.get.return_value.__aexit__ = AsyncMock(name='x')",
            "m = MagicMock(__aexit__=AsyncMock())",
            "m = MagicMock(**{'get.return_value.__aexit__': AsyncMock()})",
            "m.configure_mock(__aexit__=AsyncMock())",
        ],
    )
    def test_is_told(self, line: str):
        assert told(f"m = MagicMock()\n{line}") == ["AW431 report"]

    @pytest.mark.parametrize(
        "lines",
        [
            "m.__aexit__ = AsyncMock(return_value=False)",
            "m.__aexit__ = AsyncMock(side_effect=leave)",
            "m.__aexit__ = AsyncMock()\nm.__aexit__.return_value = None",
            "m.__aexit__ = AsyncMock(**options)",
            "m.__aenter__ = AsyncMock()",
            "m.__aexit__.return_value = None",
        ],
    )
    def test_is_not(self, lines: str):
        assert told(f"m = MagicMock()\n{lines}") == []

    def test_on_an_object_it_is_never_used(self):
        assert told("class C:\n    pass\n\nc = C()\nc.__aexit__ = AsyncMock()") == []


class TestIgnored:
    @pytest.mark.parametrize("base", ["MagicMock", "AsyncMock"])
    @pytest.mark.parametrize(
        "member",
        [
            "async def __aenter__(self): pass",
            "def __aiter__(self): return self",
            "__aexit__ = AsyncMock(return_value=False)",
        ],
    )
    def test_is_told(self, base: str, member: str):
        assert told(f"class C({base}):\n    {member}") == ["AW431 report"]

    @pytest.mark.parametrize(
        "lines",
        [
            "class C(Mock):\n    async def __aenter__(self): pass",
            "class C:\n    async def __aenter__(self): pass",
            "class C(MagicMock):\n    def __enter__(self): pass",
            "class C(MagicMock):\n    async def __aenter__(self): pass\n"
            "    def __init__(self):\n        super().__init__(spec=object)",
            "class C(MagicMock):\n    async def __aenter__(self): pass\n"
            "    def __init__(self):\n        self.__aenter__ = AsyncMock()",
        ],
    )
    def test_is_not(self, lines: str):
        assert told(lines) == []


@pytest.mark.parametrize(
    "ask",
    [
        "if not hasattr(cursor, '__aiter__'):\n    return",
        "if getattr(cursor, '__aiter__', None) is None:\n    return",
        "for name in names().split():\n    setattr(cursor, name, lambda self: gen())",
    ],
)
def test_a_mock_that_is_asked_whether_it_can(ask: str):
    body = f"cursor = Mock()\n{ask}\nassert await rows(cursor) == [1]"
    assert told(body) == []
