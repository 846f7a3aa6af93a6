"""What is different from one run of the same code to the next: order, processes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaitify.prove.run import Suite

XDIST, RANDOMLY, RANDOM_ORDER = "pytest-xdist", "pytest-randomly", "pytest-random-order"
_SEED = 20_240


@dataclass(frozen=True)
class Conditions:
    """How the n-th run of a suite differs from the first.

    Both sides have the same conditions, so that a test which depends on its order
    has failed before, too.
    """

    runs: int = 1
    """How many there are."""
    plugins: Collection[str] = frozenset()
    """The distributions of pytest's plugins that the project has."""
    shuffled: bool = False
    """Whether the runs after the first have another order."""

    def applied(self, suite: Suite, number: int) -> Suite:
        """Return the suite as it is run for the n-th time, from 0."""
        return replace(suite, arguments=(*self._more(suite, number), *suite.arguments))

    def notes(self) -> Iterator[str]:
        """Yield what is particular about the runs, in words."""
        if self.shuffled and not self._shuffles:
            yield (
                f"nothing is shuffled: neither {RANDOMLY} nor {RANDOM_ORDER} is "
                "installed"
            )
        elif self.shuffled:
            yield "the runs after the first are shuffled"
        if self._is_spread(self.runs - 1, ()):
            yield "the last run of each side uses all processors"

    @property
    def _shuffles(self) -> bool:
        return bool({RANDOMLY, RANDOM_ORDER} & {*self.plugins})

    def _more(self, suite: Suite, number: int) -> tuple[str, ...]:
        found: list[str] = []
        if RANDOMLY in self.plugins:
            # It shuffles every run, each in another way, unless it is told how. Tests
            # may rely on the seed that it sets.
            found.append(f"--randomly-seed={_SEED + number}")
            if not self.shuffled or not number:
                found.append("--randomly-dont-reorganize")
        elif self.shuffled and number and RANDOM_ORDER in self.plugins:
            found += ("--random-order", f"--random-order-seed={_SEED + number}")
        if self._is_spread(number, suite.arguments):
            found += ("-n", "auto")
        return tuple(found)

    def _is_spread(self, number: int, arguments: Collection[str]) -> bool:
        """Whether a run uses all processors: the last of several does."""
        told = any(each.startswith(("-n", "--numprocesses")) for each in arguments)
        last = number == self.runs - 1 and self.runs > 1
        return XDIST in self.plugins and last and not told
