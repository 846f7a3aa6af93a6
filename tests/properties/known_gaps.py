"""What is known to go wrong: random projects do without it, and a test says when it is mended.

An entry goes as soon as `test_known_gaps` fails for it; the scenes that ask `unless`
then write the construct by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Gap:
    """A construct that loses a test, or that a check of ours refuses."""

    why: str
    test: str
    app: str = ""
    helpers: str = ""
    copies: int = 1
    """How many of the test it takes, where chance has a part."""

    def files(self, number: int) -> dict[str, str]:
        """Return a project with nothing else in it."""
        found = {
            **{
                f"tests/test_gap{number}_{copy}.py": self.test
                for copy in range(self.copies)
            },
            f"app{number}.py": self.app,
            f"tests/helpers{number}.py": self.helpers,
        }
        return {
            path: dedent(text).lstrip("\n").replace("$", str(number))
            for path, text in found.items()
            if text
        }


KNOWN_GAPS: dict[str, Gap] = {
    "exits from a task": Gap(
        "SystemExit in a task ends the loop, and the test no longer catches it",
        """
        import asyncio

        import pytest

        from app$ import gathered


        def test_it():
            with pytest.raises(SystemExit):
                asyncio.run(gathered())
        """,
        app="""
        import asyncio


        async def leave():
            raise SystemExit(3)


        async def gathered():
            await asyncio.gather(leave())
        """,
    ),
    "functions that read a context": Gap(
        "run(read) reads what the run before has set, as run(read()) does",
        """
        import asyncio

        from app$ import handle, read
        from helpers$ import run


        def test_it():
            asyncio.run(handle())
            assert run(read) == "none"
        """,
        app="""
        from contextvars import ContextVar

        variable = ContextVar("variable", default="none")


        async def handle():
            variable.set("set")


        async def read():
            return variable.get()
        """,
        helpers="""
        import asyncio


        def run(function, *args):
            return asyncio.run(function(*args))
        """,
    ),
    "comments within what goes": Gap(
        "a remark behind an argument of a call, or in a block of which nothing is "
        "left, goes with it; the check refuses the file",
        """
        import asyncio


        def call(function, *args):
            return asyncio.run(function(*args))


        def test_it():
            result = call(
                asyncio.sleep,  # quick
                0,
                1,
            )
            assert result == 1
        """,
    ),
    "current or new loop": Gap(
        "which of the loops of such a runner counts hangs on the order of a set; and "
        "the runner counts as code that asks for a loop after it has gone",
        """
        import asyncio


        def run(coro):
            try:
                loop = asyncio.get_event_loop()
            except RuntimeError:
                loop = asyncio.new_event_loop()
                asyncio.set_event_loop(loop)
            return loop.run_until_complete(coro)


        def test_called():
            assert run(asyncio.sleep(0, 1)) == 1


        def test_it():
            assert test_called() is None
        """,
        copies=8,
    ),
}


def unless(gap: str, *constructs: str) -> tuple[str, ...]:
    """Return `constructs`, none as long as they are known to go wrong."""
    return () if gap in KNOWN_GAPS else constructs
