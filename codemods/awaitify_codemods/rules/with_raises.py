"""AW107 with-raises."""

from collections.abc import Iterator

from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class WithRaises(Rule):
    """An assertion that calls the runner itself becomes a `with` statement.

    `pytest.raises(E, run, f())` would call `f()` and never await it, and would
    pass no more; `with pytest.raises(E): await f()` asserts the same.

    Left where the assertion is not a statement of its own.
    """

    META = Meta(
        code="AW107",
        name="with-raises",
        summary="Await inside `with raises(...)` instead of passing a runner.",
        safety=Safety.SAFE,
        triggers=(b"raises", b"assertRaises"),
        examples=(
            Example(
                "a runner and a lambda",
                before="""
                    import asyncio

                    import pytest

                    from app import square

                    def test_raises():
                        pytest.raises(ValueError, asyncio.run, square(-1))
                        pytest.raises(ValueError, lambda: asyncio.run(square(-2)))
                """,
                after="""
                    import pytest

                    from app import square

                    @pytest.mark.asyncio
                    async def test_raises():
                        with pytest.raises(ValueError):
                            await square(-1)
                        with pytest.raises(ValueError):
                            await square(-2)
                """,
            ),
            Example.unchanged(
                "the result is used in place",
                """
                    import asyncio

                    import pytest

                    from app import square

                    def test_raises():
                        assert "neg" in str(pytest.raises(ValueError, asyncio.run, square(-1)))
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Rewrite assertions around a lambda, and those that call a coloured function."""
        for drive in work.colouring.forms:
            if drive.shape == "raises-lambda":
                yield Decision(
                    drive.module,
                    drive.module.statement(drive.node),
                    "to-with",
                    {"runner_index": drive.keep, "kind": "lambda", "keep": drive.keep},
                    message="the assertion becomes a with statement",
                )
        for reference, assertion, keep in work.raised():
            kind = "lambda" if reference.call else "callable"
            yield Decision(
                reference.module,
                reference.module.statement(assertion),
                "to-with",
                {"runner_index": keep, "kind": kind, "keep": keep},
                message="the assertion becomes a with statement",
            )
