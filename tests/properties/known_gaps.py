"""What is known to go wrong: random projects do without it, and a test says when it is mended.

An entry goes as soon as `test_known_gaps` fails for it; the scenes that ask `unless`
then write the construct by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent


@dataclass(frozen=True)
class Gap:
    """A construct that loses a test, or that a check of ours refuses."""

    why: str
    test: str
    app: str = ""
    helpers: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    def files(self, number: int) -> dict[str, str]:
        """Return a project with nothing else in it."""
        found = {
            f"tests/test_gap{number}.py": self.test,
            f"app{number}.py": self.app,
            f"tests/helpers{number}.py": self.helpers,
        }
        return {
            path: dedent(text).lstrip("\n").replace("$", str(number))
            for path, text in found.items()
            if text
        }


KNOWN_GAPS: dict[str, Gap] = {}


def unless(gap: str, *constructs: str) -> tuple[str, ...]:
    """Return `constructs`, none as long as they are known to go wrong."""
    return () if gap in KNOWN_GAPS else constructs
