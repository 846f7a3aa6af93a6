"""Edits of functions and classes."""

from __future__ import annotations

import pytest

from tests.transform.edited import check

ASYNC = ("FunctionDef", 0, "make-async")
MARK = ("FunctionDef", 0, "add-decorator", {"code": "@pytest.mark.asyncio"})


def drop(index: int):
    return ("FunctionDef", 0, "drop-decorator", {"index": index})


CASES = {
    "async": ([ASYNC], "def f(): pass\n", "async def f(): pass\n"),
    "async already": ([ASYNC], "async def f(): pass\n", "async def f(): pass\n"),
    "parameters stay aligned": (
        [ASYNC],
        """
        class T:
            def f(self,
                  x=g(1,
                      2),  # why
                  y=1):
                a(1,
                  2)
        """,
        """
        class T:
            async def f(self,
                        x=g(1,
                            2),  # why
                        y=1):
                a(1,
                  2)
        """,
    ),
    "hanging parameters stay": (
        [ASYNC],
        """
        def f(
            x,
        ):
            pass
        """,
        """
        async def f(
            x,
        ):
            pass
        """,
    ),
    "marker": (
        [MARK, ASYNC],
        """
        import a


        # why
        def f():
            pass
        """,
        """
        import a


        # why
        @pytest.mark.asyncio
        async def f():
            pass
        """,
    ),
    "marker nearest the def": (
        [MARK],
        """
        class T:
            @a
            # b
            @b(1,
               2)  # c
            # d
            def f(self):
                pass
        """,
        """
        class T:
            @a
            # b
            @b(1,
               2)  # c
            @pytest.mark.asyncio
            # d
            def f(self):
                pass
        """,
    ),
    "marker with arguments": (
        [("FunctionDef", 0, "add-decorator", {"code": "mark.asyncio(loop_scope='x')"})],
        "def f(): pass\n",
        "@mark.asyncio(loop_scope='x')\ndef f(): pass\n",
    ),
    "decorators go, others and comments stay": (
        [drop(0), drop(2), MARK, ASYNC],
        """
        # f
        @a  # a
        # b
        @b
        # c
        @c
        def f():
            pass
        """,
        """
        # f
        # b
        @b
        # c
        @pytest.mark.asyncio
        async def f():
            pass
        """,
    ),
    "comment above a decorator that goes": (
        [drop(1)],
        """
        @a
        # b
        @b
        # c
        @c
        def f():
            pass
        """,
        """
        @a
        # b
        # c
        @c
        def f():
            pass
        """,
    ),
    "edits in a decorator and below": (
        [
            ("Call", 0, "rename", {"to": "b"}),
            ("Call", 1, "await-call"),
            ASYNC,
        ],
        """
        @a(1)
        def f():
            return g()
        """,
        """
        @b(1)
        async def f():
            return await g()
        """,
    ),
    "base": (
        [
            (
                "ClassDef",
                0,
                "swap-base",
                {"index": 1, "code": "u.IsolatedAsyncioTestCase"},
            )
        ],
        "class T(M, u.TestCase, metaclass=X): pass\n",
        "class T(M, u.IsolatedAsyncioTestCase, metaclass=X): pass\n",
    ),
    "first base": (
        [("ClassDef", 0, "add-base", {"position": 0, "code": "B"})],
        "class T: pass\n",
        "class T(B): pass\n",
    ),
    "one more base": (
        [("ClassDef", 0, "add-base", {"position": 0, "code": "B"})],
        "class T(A, metaclass=M): pass\n",
        "class T(B, A, metaclass=M): pass\n",
    ),
    "last base": (
        [("ClassDef", 0, "add-base", {"position": 1, "code": "B"})],
        "class T(A, metaclass=M): pass\n",
        "class T(A, B, metaclass=M): pass\n",
    ),
    "base before a keyword": (
        [("ClassDef", 0, "add-base", {"position": 0, "code": "B"})],
        "class T(metaclass=M): pass\n",
        "class T(B, metaclass=M): pass\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str):
    edits, before, after = CASES[name]
    check(before, edits, after)
