"""Which parts of a plan make a test fail: bisection, for more than one culprit, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Part = str
"""A file, or a function ``path::TestX::test_y``."""

IsFine = Callable[[frozenset[Part]], bool]
"""Runs the suite without some parts of the plan; whether the test is fine then."""


def culprits(parts: Sequence[Part], is_fine: IsFine) -> frozenset[Part] | None:
    """Return a small set of parts without which a test is fine.

    One culprit among n parts takes about 2 log2(n) runs of the suite. Several that
    only together do harm are found, too (delta debugging: A. Zeller, 1999).

    Returns:
        None if the test is not fine without any of the parts.

    """
    if not parts or not is_fine(frozenset(parts)):
        return None
    return _narrowed(frozenset(), list(parts), is_fine)


def _narrowed(
    left: frozenset[Part], suspects: Sequence[Part], is_fine: IsFine
) -> frozenset[Part]:
    """Narrow suspects down, of which it is known that it helps to leave them all."""
    if len(suspects) == 1:
        return frozenset(suspects)
    half = len(suspects) // 2
    one, other = suspects[:half], suspects[half:]
    if is_fine(left | set(one)):
        return _narrowed(left, one, is_fine)
    if is_fine(left | set(other)):
        return _narrowed(left, other, is_fine)
    found = _narrowed(left | set(other), one, is_fine)
    return found | _narrowed(left | found, other, is_fine)
