"""Assertions that call a function, turned into `with` statements."""

from __future__ import annotations

import pytest

from tests.transform.edited import check


def to_with(
    kind: str, keep: int = 1, index: int = 1, statement: str = "Expr", ordinal: int = 0
):
    arguments = {"kind": kind, "keep": keep, "runner_index": index}
    return (statement, ordinal, "to-with", arguments)


INNER = ("Call", 1, "await-argument", {"position": 0})

CASES = {
    "call": (
        [to_with("call")],
        """
        pytest.raises(ValueError, run, f(1))
        """,
        """
        with pytest.raises(ValueError):
            await f(1)
        """,
    ),
    "keyword stays": (
        [to_with("call")],
        """
        pytest.raises(ValueError, run, f(), match="x")  # why
        """,
        """
        with pytest.raises(ValueError, match="x"):  # why
            await f()
        """,
    ),
    "comment and distance stay": (
        [to_with("call", ordinal=1)],
        """
        async def t():
            a()

            # why
            raises(ValueError, run, f())

            b()
        """,
        """
        async def t():
            a()

            # why
            with raises(ValueError):
                await f()

            b()
        """,
    ),
    "spread": (
        [to_with("spread")],
        """
        raises(ValueError, run, f, 1, *a, k=2)
        """,
        """
        with raises(ValueError):
            await f(1, *a, k=2)
        """,
    ),
    "factory": (
        [to_with("factory")],
        """
        raises(ValueError, run, f)
        """,
        """
        with raises(ValueError):
            await f()
        """,
    ),
    "callable": (
        [to_with("callable")],
        """
        raises(ValueError, f, 1, k=1)
        """,
        """
        with raises(ValueError):
            await f(1, k=1)
        """,
    ),
    "lambda": (
        [to_with("lambda"), INNER],
        """
        raises(ValueError, lambda: run(f()))
        """,
        """
        with raises(ValueError):
            await f()
        """,
    ),
    "lambda, not a drive alone": (
        [to_with("lambda"), INNER],
        """
        raises(ValueError, lambda: run(f()).x)
        """,
        """
        with raises(ValueError):
            (await f()).x
        """,
    ),
    "more arguments stay": (
        [to_with("lambda", 2, 2), INNER],
        """
        self.assertRaisesRegex(ValueError, "neg", lambda: run(f()))
        """,
        """
        with self.assertRaisesRegex(ValueError, "neg"):
            await f()
        """,
    ),
    "assigned": (
        [to_with("call", statement="Assign")],
        """
        info = raises(ValueError, run, f())
        """,
        """
        with raises(ValueError) as info:
            await f()
        """,
    ),
    "choice": (
        [to_with("call")],
        """
        raises(ValueError, run, a() or b())
        """,
        """
        with raises(ValueError):
            await (a() or b())
        """,
    ),
    "over lines": (
        [to_with("call")],
        """
        async def t():
            self.assertRaises(
                ValueError,
                run,
                f(
                    1,
                    2,
                ),
            )
        """,
        """
        async def t():
            with self.assertRaises(ValueError):
                await f(
                    1,
                    2,
                )
        """,
    ),
    "aligned": (
        [to_with("call")],
        """
        async def t():
            self.assertRaises(ValueError, run, f(1,
                                                 2))
        """,
        """
        async def t():
            with self.assertRaises(ValueError):
                await f(1,
                        2)
        """,
    ),
    "lambda over lines": (
        [to_with("lambda"), INNER],
        """
        async def t():
            raises(
                ValueError,
                lambda: run(
                    f(
                        1,
                    )
                ),
            )
        """,
        """
        async def t():
            with raises(ValueError):
                await f(
                    1,
                )
        """,
    ),
    "spread over lines": (
        [to_with("spread")],
        """
        raises(
            ValueError,
            run,
            f,
            1,
        )
        """,
        """
        with raises(ValueError):
            await f(1)
        """,
    ),
    "lines that are too long for one": (
        [to_with("call", 2, 2)],
        """
        self.assertRaisesRegex(
            ValueError,
            "something that is long enough for a line of its own",
            run,
            f(),
        )
        """,
        """
        with self.assertRaisesRegex(
            ValueError,
            "something that is long enough for a line of its own",
        ):
            await f()
        """,
    ),
    "comments between": (
        [to_with("call")],
        """
        raises(
            ValueError,  # this
            run,
            f(),  # why
        )
        """,
        """
        with raises(
            ValueError,  # this
        ):
            # why
            await f()
        """,
    ),
    "in a line": (
        [to_with("call")],
        """
        raises(ValueError, run, f()); a()
        """,
        """
        with raises(ValueError):
            await f()
        a()
        """,
    ),
    "one-line suite": (
        [to_with("call")],
        """
        async def t(): raises(ValueError, run, f())
        """,
        """
        async def t():
            with raises(ValueError):
                await f()
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str):
    edits, before, after = CASES[name]
    check(before, edits, after)
