"""Edits of what makes and configures mocks."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import Edit
from awaitify_codemods.transform import TransformError, carry_out
from tests.transform.edited import check


def made(value=None, keyword="return_value", kind="Assign", **extra: str):
    given = {
        "callee": "AsyncMock",
        "keyword": keyword,
        "extra": [*map(list, extra.items())],
        "value": value,
    }
    return (kind, 0, "to-constructor", given)


def keyword(name: str, code: str, number: int = 0):
    return ("Call", number, "set-keyword", {"name": name, "code": code})


def argument(index: int, code: str):
    return ("Call", 0, "set-argument", {"index": index, "code": code})


def code(text: str, kind: str = "Call", number: int = 0):
    return (kind, number, "replace-node", {"code": text})


def hop(number: int = 0):
    return ("Attribute", number, "drop-hop")


CONSTRUCTORS = {
    "a value": (
        [made()],
        "m.f.return_value = 1  # why\n",
        "m.f = AsyncMock(return_value=1)  # why\n",
    ),
    "another value": (
        [made("None")],
        "m.f.return_value = future()\n",
        "m.f = AsyncMock(return_value=None)\n",
    ),
    "no value": ([made("")], "m.f.return_value = fut\n", "m.f = AsyncMock()\n"),
    "more keywords": (
        [made(name='"f"', spec="F")],
        "m.f.return_value = 1\n",
        'm.f = AsyncMock(return_value=1, name="f", spec=F)\n',
    ),
    "more keywords, no value": (
        [made("", name='"f"')],
        "m.f.return_value = 1\n",
        'm.f = AsyncMock(name="f")\n',
    ),
    "an annotation": (
        [made(keyword="side_effect", kind="AnnAssign")],
        "m.f.side_effect: Any = [1]\n",
        "m.f: Any = AsyncMock(side_effect=[1])\n",
    ),
    "a tuple": (
        [made(keyword="side_effect")],
        "m.f.side_effect = 1, 2\n",
        "m.f = AsyncMock(side_effect=(1, 2))\n",
    ),
    "a yield": (
        [made()],
        "def f(): m.f.return_value = yield\n",
        "def f(): m.f = AsyncMock(return_value=(yield))\n",
    ),
    "brackets on one line": (
        [made()],
        "m.f.return_value = (1 + 2)\n",
        "m.f = AsyncMock(return_value=(1 + 2))\n",
    ),
    "brackets around the target": (
        [made()],
        "(m\n .f\n .return_value) = 1\n",
        "(m\n .f) = AsyncMock(return_value=1)\n",
    ),
    "a line break after the sign": (
        [made()],
        "m.f.return_value = \\\n    1\n",
        "m.f = \\\n    AsyncMock(return_value=1)\n",
    ),
    "a subscript": (
        [made()],
        "m[0]().f.return_value = 1\n",
        "m[0]().f = AsyncMock(return_value=1)\n",
    ),
    "a line for the value": (
        [made()],
        """
        def f():
            m.f.return_value = (  # one
                1
                # two
            )  # three
        """,
        """
        def f():
            m.f = AsyncMock(  # one
                return_value=1
                # two
            )  # three
        """,
    ),
    "a line for the value, and more keywords": (
        [made(name='"f"')],
        """
        m.f.return_value = (
            1  # one
        )
        """,
        """
        m.f = AsyncMock(
            return_value=1,  # one
            name="f"
        )
        """,
    ),
    "a value on several lines": (
        [made()],
        """
        m.f.return_value = {
            "a": 1,  # one
        }
        m.f.side_effect = [1,
                           2]
        """,
        """
        m.f = AsyncMock(return_value={
            "a": 1,  # one
        })
        m.f.side_effect = [1,
                           2]
        """,
    ),
    "a value that is aligned": (
        [made()],
        """
        m.f.return_value = [1,
                            2]
        """,
        """
        m.f = AsyncMock(return_value=[1,
                                      2])
        """,
    ),
    "edits within": (
        [made(), ("Call", 0, "rename", {"to": "Mock"}), keyword("a", "2")],
        "m().f.return_value = future(1)\n",
        "Mock(a=2).f = AsyncMock(return_value=future(1))\n",
    ),
    "a hop": (
        [made(), hop(1)],
        "m.f.mock.return_value = 1\n",
        "m.f = AsyncMock(return_value=1)\n",
    ),
}

OTHERS = {
    "a keyword": ([keyword("a", "2")], "f(1, a=1, **b)\n", "f(1, a=2, **b)\n"),
    "a keyword more": ([keyword("a", "2")], "f(1, **b)\n", "f(1, **b, a=2)\n"),
    "the first keyword": ([keyword("a", "2")], "f()\n", "f(a=2)\n"),
    "beside a generator": (
        [keyword("a", "2")],
        "f(x for x in y)\n",
        "f((x for x in y), a=2)\n",
    ),
    "beside a value with lines": (
        [keyword("a", "2")],
        "f({\n    1: 2,\n})\n",
        "f({\n    1: 2,\n}, a=2)\n",
    ),
    "a tuple as keyword": ([keyword("a", "1, 2")], "f(a=3)\n", "f(a=(1, 2))\n"),
    "the comments of arguments stay": (
        [keyword("c", "3")],
        """
        f(
            a,  # one
            b,  # two
            # end
        )
        """,
        """
        f(
            a,  # one
            b,  # two
            c=3,
            # end
        )
        """,
    ),
    "no comma at the end": (
        [keyword("c", "3")],
        """
        f(
            a,
            b  # two
        )
        """,
        """
        f(
            a,
            b,  # two
            c=3
        )
        """,
    ),
    "several keywords": (
        [keyword("a", "1"), keyword("c", "3"), keyword("d", "4")],
        "f(a=0,\n  b=2)\n",
        "f(a=1,\n  b=2,\n  c=3,\n  d=4)\n",
    ),
    "comments before a value": (
        [keyword("a", "2")],
        "f(a=(  # why\n    1\n))\n",
        "f(a=(  # why\n    2\n))\n",
    ),
    "a decorator": (
        [("Call", 0, "rename", {"to": "patch.object"}), keyword("new", "x()")],
        '@patch("a.b", spec=True)\ndef f(): pass\n',
        '@patch.object("a.b", spec=True, new=x())\ndef f(): pass\n',
    ),
    "an argument": ([argument(1, "3")], "f(1,  # a\n  2)\n", "f(1,  # a\n  3)\n"),
    "arguments": (
        [argument(0, "(x := 1)"), argument(1, "2, 3")],
        "f(1, 2, a=1)\n",
        "f((x := 1), (2, 3), a=1)\n",
    ),
    "a hop": ([hop(1)], "x.mock.y()\n", "x.y()\n"),
    "hops": (
        [hop(1), hop(2)],
        "assert x.mock.y == z.mock\n",
        "assert x.y == z\n",
    ),
    "a hop in brackets": ([hop()], "(x\n .mock) \n", "(x) \n"),
    "a hop from brackets": ([hop()], "f((await x).mock)\n", "f(await x)\n"),
    "a call": ([code("1")], "x = f(  a )  # why\n", "x = 1  # why\n"),
    "a call in brackets": ([code("(a, b)")], "x = (\n  f()\n)\n", "x = (\n  a, b\n)\n"),
    "what binds loosely": ([code("a or b")], "await f()\n", "await (a or b)\n"),
    "an attribute": ([code("a.b", "Attribute")], "x(y.z)\n", "x(a.b)\n"),
    "a list": ([code("[1, 2]", "List")], "x = [f(1), f(2)]\n", "x = [1, 2]\n"),
    "a lambda": ([code("f", "Lambda")], "g(h=lambda: f(1))\n", "g(h=f)\n"),
}


@pytest.mark.parametrize(
    ("edits", "before", "after"), CONSTRUCTORS.values(), ids=CONSTRUCTORS
)
def test_assignments_become_constructors(edits, before, after):
    check(before, edits, after)


@pytest.mark.parametrize(("edits", "before", "after"), OTHERS.values(), ids=OTHERS)
def test_edits(edits, before, after):
    check(before, edits, after)


@pytest.mark.parametrize(
    ("edit", "before"),
    [
        (made(), "a.f.return_value = b.f.return_value = 1\n"),
        (made(), "return_value = 1\n"),
        (made(kind="AnnAssign"), "m.f.return_value: int\n"),
        (argument(0, "1"), "f(*a)\n"),
        (argument(1, "1"), "f(a)\n"),
    ],
)
def test_what_does_not_fit_is_refused(edit, before):
    with pytest.raises(TransformError):
        carry_out([Edit(*edit)], before.encode())
