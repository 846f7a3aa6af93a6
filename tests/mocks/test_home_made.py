"""Which definitions are home-made async mocks, by their bodies."""

from __future__ import annotations

import ast

import pytest

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.values import Class, Function
from awaitify_codemods.mocks.home_made import HomeMade, home_made
from tests.support import source

_IMPORTS = "from unittest import mock\nfrom unittest.mock import MagicMock, Mock\n"


def _read(text: str) -> tuple[Index, HomeMade | None]:
    index = Index({"m.py": (_IMPORTS + source(text)).encode()}, ("",))
    module = index.module("m.py")
    assert module is not None
    for node in module.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return index, home_made(Function(module, node), index)
        if isinstance(node, ast.ClassDef):
            return index, home_made(Class(module, node), index)
    raise AssertionError("nothing is defined")


def _given(text: str, call: str) -> list[str] | None:
    index, made = _read(f"{source(text)}\n{call}\n")
    module = index.module("m.py")
    assert made is not None and module is not None
    statement = module.tree.body[-1]
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    found = made.given(statement.value, module)
    return found and [f"{each.name}={ast.unparse(each.value)}" for each in found]


FUNCTION = '''
    def anything(*args, **kwargs):
        """Return a mock."""
        m = mock.MagicMock(*args, **kwargs)

        async def mock_coro(*args, **kwargs):
            return m(*args, **kwargs)

        mock_coro.mock = m
        return mock_coro
'''
WRAPPING = """
    def anything(return_value=None, error=None):
        async def coro(*args, **kwargs):
            if error is not None:
                raise error
            return return_value

        return Mock(wraps=coro)
"""
SUBCLASS = """
    class Anything(MagicMock):
        async def __call__(self, *args, **kwargs):
            return super(Anything, self).__call__(*args, **kwargs)
"""


def test_a_function_around_a_mock():
    _, made = _read(FUNCTION)
    assert made and (made.kind, made.hop, made.inner) == (
        "function",
        "mock",
        "MagicMock",
    )


def test_the_hop_may_have_any_name():
    _, made = _read(FUNCTION.replace(".mock =", ".inner ="))
    assert made and made.hop == "inner"


def test_a_mock_around_a_coroutine_function():
    _, made = _read(WRAPPING)
    assert made and (made.kind, made.hop, made.inner) == ("wrapping", "", "Mock")


def test_a_subclass_of_a_mock():
    _, made = _read(SUBCLASS)
    assert made and (made.kind, made.inner) == ("subclass", "MagicMock")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (FUNCTION, "return mock_coro", "return mock_coro()"),
        (FUNCTION, "return m(", "await sleep(0); return m("),
        (FUNCTION, "return m(", "return other("),
        (FUNCTION, "return m(*args, **kwargs)", "return m(*args)"),
        (FUNCTION, "mock_coro.mock = m", "mock_coro.mock = other"),
        (FUNCTION, "mock_coro.mock = m", "mock_coro.mock = m; register(m)"),
        (FUNCTION, "mock.MagicMock(*args, **kwargs)", "mock.MagicMock(mock.ANY)"),
        (FUNCTION, "mock.MagicMock", "mock.NonCallableMock"),
        (FUNCTION, "mock.MagicMock", "made.MagicMock"),
        (FUNCTION, "(*args, **kwargs):", "(first, *args, **kwargs):"),
        (WRAPPING, "return return_value", "return await return_value()"),
        (WRAPPING, "return return_value", "return return_value.pop()"),
        (WRAPPING, "raise error", "raise ValueError(error)"),
        (WRAPPING, "(*args, **kwargs)", "(*args, **return_value)"),
        (WRAPPING, "(*args, **kwargs)", "(one)"),
        (WRAPPING, "wraps=coro", "wraps=coro, name='x'"),
        (WRAPPING, "wraps=coro", "wraps=other"),
        (WRAPPING, "return Mock(wraps=coro)", "return coro()"),
        (SUBCLASS, "(MagicMock)", "(MagicMock, Other)"),
        (SUBCLASS, "class", "@register\n    class"),
        (SUBCLASS, "async def", "counted = 0\n        async def"),
        (SUBCLASS, "async def", "def"),
        (SUBCLASS, "*args, **kwargs)\n", "*args, **kwargs).result()\n"),
        (SUBCLASS, "super(Anything, self)", "super(MagicMock, self)"),
    ],
)
def test_what_does_anything_else_is_not_one(text: str, old: str, new: str):
    assert old in text
    assert _read(text.replace(old, new))[1] is None


def test_arguments_are_handed_on():
    assert _given(FUNCTION, "anything(int, [1], name='x', **more)") == [
        "spec=int",
        "side_effect=[1]",
        "name='x'",
        "**=more",
    ]


def test_parameters_have_keywords():
    assert _given(WRAPPING, "anything(5)") == ["side_effect=None", "return_value=5"]
    assert _given(WRAPPING, "anything(error=E())") == [
        "side_effect=E()",
        "return_value=None",
    ]
    assert _given(WRAPPING, "anything(*both)") is None
    assert _given(WRAPPING, "anything(other=1)") is None


def test_a_function_may_have_parameters_of_its_own():
    text = FUNCTION.replace("(*args, **kwargs):", "(result=None):", 1).replace(
        "mock.MagicMock(*args, **kwargs)", "mock.MagicMock(return_value=result)"
    )
    assert _given(text, "anything(5)") == ["return_value=5"]
    assert _given(text, "anything()") == ["return_value=None"]
