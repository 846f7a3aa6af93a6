"""Edits of parameters, annotations and returns, and of what makes a fixture."""

from __future__ import annotations

import pytest

from tests.transform.edited import check


def drop(*names: str):
    return ("FunctionDef", 0, "drop-parameters", {"names": [*names]})


def declared(to: str = "", **keywords: str):
    given = {"index": 0, "to": to, "keywords": [*map(list, keywords.items())]}
    return ("FunctionDef", 0, "fixture-decorator", given)


CASES = {
    "the only one": ([drop("x")], "def f(x): pass\n", "def f(): pass\n"),
    "the first": ([drop("x")], "def f(x, y=1): pass\n", "def f(y=1): pass\n"),
    "the last": ([drop("y")], "def f(self, x, y): pass\n", "def f(self, x): pass\n"),
    "all of a kind": (
        [drop("x", "z")],
        "def f(x, /, y, *, z): pass\n",
        "def f(y): pass\n",
    ),
    "beside a star": (
        [drop("y")],
        "def f(*x, y, **z): pass\n",
        "def f(*x, **z): pass\n",
    ),
    "on lines of their own": (
        [drop("x", "z")],
        """
        def f(
            x: int,  # gone
            y,
            z,
        ):
            pass
        """,
        """
        def f(
            y,
        ):
            pass
        """,
    ),
    "the only one, on its line": (
        [drop("x")],
        """
        def f(
            x,
        ):
            pass
        """,
        """
        def f():
            pass
        """,
    ),
    "one more": (
        [("FunctionDef", 0, "add-parameters", {"names": ["y", "z"]})],
        "def f(x): pass\n",
        "def f(x, y, z): pass\n",
    ),
    "one in place of another": (
        [drop("x"), ("FunctionDef", 0, "add-parameters", {"names": ["y"]})],
        "def f(x): pass\n",
        "def f(y): pass\n",
    ),
    "another annotation": (
        [("FunctionDef", 0, "set-returns", {"code": "B[int]"})],
        "def f() -> A[int, None]: pass\n",
        "def f() -> B[int]: pass\n",
    ),
    "a yield": (
        [("Return", 0, "to-yield")],
        """
        def f():
            return (  # why
                1
            )  # that
        """,
        """
        def f():
            yield (  # why
                1
            )  # that
        """,
    ),
    "a yield of nothing": (
        [("Return", 0, "to-yield")],
        "def f():\n    return\n",
        "def f():\n    yield\n",
    ),
    "a bare decorator": (
        [declared("b.fixture")],
        "@a.fixture  # why\ndef f(): pass\n",
        "@b.fixture  # why\ndef f(): pass\n",
    ),
    "a bare decorator that says more": (
        [declared("b.fixture", loop_scope='"module"')],
        "@a.fixture\ndef f(): pass\n",
        '@b.fixture(loop_scope="module")\ndef f(): pass\n',
    ),
    "a decorator with arguments": (
        [declared("b.fixture", loop_scope='"module"')],
        "@a.fixture(scope='module', params=[1,\n    2])\ndef f(): pass\n",
        "@b.fixture(scope='module', params=[1,\n    2], loop_scope=\"module\")\n"
        "def f(): pass\n",
    ),
    "a decorator with a line for each": (
        [declared("", loop_scope='"module"')],
        """
        @a.fixture(
            scope="module",
        )
        def f():
            pass
        """,
        """
        @a.fixture(
            scope="module",
            loop_scope="module",
        )
        def f():
            pass
        """,
    ),
    "fewer arguments": (
        [("Call", 0, "drop-arguments", {"indexes": [0, 2]})],
        "f(1, 2, 3)\n",
        "f(2)\n",
    ),
    "a name in place of a call": (
        [("Call", 0, "to-name", {"to": "x"})],
        'y = request.get("x").z\n',
        "y = x.z\n",
    ),
    "one function at the end of another": (
        [("FunctionDef", 1, "join", {"to": "f"})],
        """
        class T:
            def f(self): x()

            # above
            def g(self):
                y()  # why
                # below

            def h(self):
                pass
        """,
        """
        class T:
            def f(self):
                x()
                # above
                yield
                y()  # why
                # below

            def h(self):
                pass
        """,
    ),
}


@pytest.mark.parametrize(("edits", "before", "after"), CASES.values(), ids=CASES)
def test_edits(edits, before, after):
    check(before, edits, after)
